import { createHmac } from "node:crypto";
import type { Sent } from "./notice.ts";

/** Resolves an address or a secret at the moment of use; undefined where it is not set. Rejects where it cannot be had. */
export type Find = () => Promise<string | undefined>;

const local = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\]|\[?::ffff:127\.)/;

/** Posts JSON to an address that is a secret: no message names it. A redirect is not followed, it would carry the text elsewhere. */
export async function post(
  find: Find,
  body: unknown,
  { secret, signal }: { readonly secret?: Find | undefined; readonly signal: AbortSignal },
): Promise<Sent> {
  const failed = (detail: string): Sent => ({ state: "failed", detail });
  let url: URL;
  let key: string | undefined;
  try {
    const found = await find();
    if (found === undefined) return failed("its address is not set");
    url = new URL(found.trim());
    key = await secret?.();
  } catch {
    return failed("its address cannot be had, or is none; see claw doctor notify");
  }
  if (url.protocol !== "https:" && !(url.protocol === "http:" && local.test(url.hostname)))
    return failed("its address is not https");
  if (secret && key === undefined) return failed("its secret is not set");
  const text = JSON.stringify(body);
  const sign = key === undefined ? {} : { "x-claw-signature": `sha256=${hmac(key, text)}` };
  try {
    const answer = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json", "user-agent": "claw", ...sign },
      body: text,
      redirect: "manual",
      signal,
    });
    await answer.body?.cancel().catch(() => {});
    return answer.ok ? { state: "sent", detail: `answered ${answer.status}` } : failed(`it answered ${answer.status}`);
  } catch (error) {
    return refused(error) ? failed("it could not be reached") : { state: "unknown", detail: "no answer in time" };
  }
}

const hmac = (key: string, text: string): string => createHmac("sha256", key).update(text).digest("hex");

/** Nothing was sent at all: there is no such host, or nobody listens. */
const NEVER_SENT = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ERR_TLS_CERT_ALTNAME_INVALID",
]);

function refused(error: unknown): boolean {
  const cause = error instanceof Error ? (error.cause as { code?: unknown; errors?: unknown } | undefined) : undefined;
  const codes = Array.isArray(cause?.errors) ? cause.errors.map((one: { code?: unknown }) => one.code) : [cause?.code];
  return codes.length > 0 && codes.every((code) => typeof code === "string" && NEVER_SENT.has(code));
}
