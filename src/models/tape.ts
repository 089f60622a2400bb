import { hash } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import type { Exchange } from "../ledger/exchange.ts";

/** What an attempt hears, while it hears it. */
export interface Tape {
  /** Null until a reply begins. */
  status: number | null;
  headers: IncomingHttpHeaders;
  readonly chunks: Uint8Array[];
  /** The key that was used: a reply that holds it is not kept. */
  key: string | undefined;
}

export const blankTape = (): Tape => ({ status: null, headers: {}, chunks: [], key: undefined });

/** How a request is sent, besides what it says. */
export type Manner = Pick<Exchange, "streamed" | "leftOut" | "mostTokens" | "temperature" | "serviceTier">;

/** One attempt as the connection saw it. The ledger turns `text` into a body, or leaves it out. */
export interface Heard extends Omit<Exchange, "attempt" | "response"> {
  readonly response: { readonly sha: string; readonly bytes: number; readonly text: string | null } | null;
}

/** Headers worth keeping. None of them carries a credential. */
const kept =
  /^(?:x-request-id|request-id|openai-(?:version|processing-ms)|server|retry-after(?:-ms)?|content-type|(?:x|anthropic)-ratelimit-[a-z-]+|cf-ray|x-should-retry)$/;

/** Sums an attempt up. `sent` is the body as it went out, `said` what was read from the reply: a stream may bring a key in pieces. */
export function heardOn(
  tape: Tape,
  sent: { readonly body: string } & Pick<Exchange, "path" | "ms"> & Manner,
  { fingerprint, said }: { readonly fingerprint?: string | null | undefined; readonly said?: unknown } = {},
): Heard {
  const { body, ...rest } = sent;
  const bytes = Buffer.concat(tape.chunks);
  const text = bytes.toString("utf8");
  const { key } = tape;
  const whole = key === undefined || !(text.includes(key) || JSON.stringify(said ?? "").includes(key));
  return {
    ...rest,
    request: { sha: hash("sha256", body), bytes: Buffer.byteLength(body) },
    status: tape.status,
    headers: headersOf(tape),
    response:
      tape.status === null ? null : { sha: hash("sha256", bytes), bytes: bytes.length, text: whole ? text : null },
    ...(fingerprint ? { fingerprint: fingerprint.slice(0, 200) } : {}),
  };
}

function headersOf({ headers, key }: Tape): Record<string, string> {
  const entries = Object.entries(headers).flatMap(([name, value]): [string, string][] =>
    kept.test(name) && typeof value === "string" && (key === undefined || !value.includes(key))
      ? [[name, value.slice(0, 200)]]
      : [],
  );
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
