import { createHmac } from "node:crypto";
import { z } from "zod";
import { systemClock } from "../clock.ts";
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
  const once = (): Promise<Response> =>
    fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json", "user-agent": "claw", ...sign },
      body: text,
      redirect: "manual",
      signal,
    });
  try {
    const first = await once();
    const wait = await pauseIn(first);
    if (wait === null) return await told(first);
    try {
      await systemClock.sleep(wait, signal);
    } catch {
      return failed("it answered 429, and wants to be asked later");
    }
    return await told(await once());
  } catch (error) {
    return refused(error) ? failed("it could not be reached") : { state: "unknown", detail: "no answer in time" };
  }
}

/** What came of it. The answer's own words may hold anything: only what is a code of theirs is told. */
async function told(answer: Response): Promise<Sent> {
  const code = answer.ok ? null : codeIn(await beginning(answer));
  await answer.body?.cancel().catch(() => {});
  if (answer.ok) return { state: "sent", detail: `answered ${answer.status}` };
  return { state: "failed", detail: `it answered ${answer.status}${code === null ? "" : ` (${code})`}` };
}

/** The longest pause that a server may ask for before it is asked once more. */
const LONGEST_PAUSE_MS = 3_000;

/**
 * Milliseconds after which it takes what it did not take for now: seconds in the header of a 429, or in Discord's body
 * (https://discord.com/developers/docs/topics/rate-limits#exceeding-a-rate-limit); null where it asks for none, or for too many.
 */
async function pauseIn(answer: Response): Promise<number | null> {
  if (answer.status !== 429) return null;
  const named = Number(answer.headers.get("retry-after") ?? Number.NaN);
  const ms =
    1000 *
    (Number.isNaN(named)
      ? (RateLimited.safeParse(jsonIn(await beginning(answer))).data?.retry_after ?? Infinity)
      : named);
  return ms >= 0 && ms <= LONGEST_PAUSE_MS ? ms : null;
}

const RateLimited = z.object({ retry_after: z.number() });
/** Discord numbers what is wrong: https://discord.com/developers/docs/topics/opcodes-and-status-codes#json */
const Numbered = z.object({ code: z.int().positive() });

/** Slack says one word: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks#handling_errors */
function codeIn(text: string): string | null {
  if (/^[a-z]+(?:_[a-z]+)+$/.test(text) && text.length <= 40) return text;
  const { data } = Numbered.safeParse(jsonIn(text));
  return data ? `code ${data.code}` : null;
}

const jsonIn = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
};

/** The first piece of an answer's text: its errors are short. */
async function beginning(answer: Response): Promise<string> {
  const reader = answer.body?.getReader();
  const { value } = (await reader?.read()) ?? {};
  reader?.releaseLock();
  return value ? new TextDecoder().decode(value.subarray(0, 4096)) : "";
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
