/** What octokit gives for a question that leads elsewhere. */
export interface LeadingAnswer {
  readonly data: unknown;
  readonly headers: Readonly<Record<string, string | undefined>>;
}

/**
 * The bytes that the forge answers with, or leads to: asked for there without any credential, over TLS unless it is on this
 * machine, and not followed further. Null when they cannot be had. Reading them rejects when they break off, or time is up.
 */
export async function blobOf(
  { data, headers }: LeadingAnswer,
  patienceMs: number,
  signal?: AbortSignal,
): Promise<AsyncIterable<Uint8Array> | null> {
  const leads = headers["location"];
  if (leads === undefined) return atHand(data);
  const url = URL.canParse(leads) ? new URL(leads) : null;
  if (!url || !(url.protocol === "https:" || url.hostname === "127.0.0.1")) return null;
  const time = AbortSignal.timeout(patienceMs);
  const both = signal ? AbortSignal.any([signal, time]) : time;
  try {
    const answer = await fetch(url, { redirect: "error", signal: both });
    return answer.ok ? answer.body : null;
  } catch {
    signal?.throwIfAborted();
    return null;
  }
}

async function* atHand(data: unknown): AsyncGenerator<Uint8Array> {
  if (typeof data === "string") yield Buffer.from(data);
  else if (data instanceof ArrayBuffer) yield new Uint8Array(data);
}
