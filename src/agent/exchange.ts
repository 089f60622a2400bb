import { hash } from "node:crypto";
import type { Exchange } from "../ledger/exchange.ts";
import type { RunLog } from "../ledger/ledger.ts";
import type { AssistantMessage } from "../ledger/message.ts";
import type { ModelError } from "../models/model-error.ts";
import type { Reply } from "../models/model.ts";
import type { Heard } from "../models/tape.ts";

/**
 * The wire behind a reply, for its event. In a stream a secret may be in pieces that no scrubber can find, so the bytes
 * are kept only where the message they became had nothing to take out: `stored` is the hash it was stored under.
 */
export function exchangeOfReply(log: RunLog, { heard, message }: Reply, stored: string, attempt: number) {
  return exchange(log, heard ?? null, attempt, isClean(message, stored));
}

/** The wire behind a failure. An error is one document, which can be scrubbed; what a broken reply said is not kept. */
export function exchangeOfFailure(log: RunLog, { heard }: ModelError, attempt: number) {
  const status = heard?.status ?? 0;
  return exchange(log, heard, attempt, status < 200 || status > 299);
}

const isClean = (message: AssistantMessage, stored: string): boolean =>
  hash("sha256", JSON.stringify(message)) === stored;

function exchange(log: RunLog, heard: Heard | null, attempt: number, keep: boolean): { exchange?: Exchange } {
  if (heard === null) return {};
  const { response, ...rest } = heard;
  if (response === null) return { exchange: { attempt, ...rest, response } };
  const { text, ...named } = response;
  const body = keep && text !== null ? { body: log.put(text) } : {};
  return { exchange: { attempt, ...rest, response: { ...named, ...body } } };
}
