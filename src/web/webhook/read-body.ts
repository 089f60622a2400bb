/** Why a body was not read. */
export type Unread = "too large" | "too slow";

/**
 * The bytes of a request, at most so many, within so many milliseconds; what goes beyond is left unread. An empty body for a
 * request without one.
 */
export async function readBody(
  request: Request,
  { maxBytes, patienceMs }: { readonly maxBytes: number; readonly patienceMs: number },
): Promise<Uint8Array | Unread> {
  if (Number(request.headers.get("content-length") ?? 0) > maxBytes) return "too large";
  const reader = request.body?.getReader();
  if (!reader) return new Uint8Array();
  const late = AbortSignal.timeout(patienceMs);
  const over = new Promise<"too slow">((resolve) =>
    late.addEventListener("abort", () => resolve("too slow"), { once: true }),
  );
  const parts: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const next = await Promise.race([reader.read(), over]);
    if (next === "too slow" || size > maxBytes) {
      void reader.cancel().catch(() => {}); // nobody reads on
      return next === "too slow" ? next : "too large";
    }
    if (next.done) return Buffer.concat(parts);
    size += next.value.byteLength;
    if (size <= maxBytes) parts.push(next.value);
  }
}
