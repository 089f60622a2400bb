import type { Usage } from "../ledger/message.ts";
import { ModelError } from "./model-error.ts";
import type { ConnectedModel, Reply } from "./model.ts";

/** What was sent, in bytes of JSON, and what the server says it read of it. */
export interface Sent {
  readonly bytes: number;
  readonly usage: Usage;
}

/** No text has so many bytes for each token; source code has three or four. */
const MOST_BYTES_PER_TOKEN = 8;
/** Below this a server may be counting only what it had not read before. */
const LEAST_READ = 1_500;

const readOf = ({ usage }: Sent): number => usage.inputUncached + usage.inputCacheRead + usage.inputCacheWrite;

const isCut = (sent: Sent): boolean =>
  sent.usage.source === "provider" && readOf(sent) >= LEAST_READ && sent.bytes > MOST_BYTES_PER_TOKEN * readOf(sent);

/**
 * Some servers of one's own answer a request that does not fit their context as if it did, having read a part of it
 * (Ollama cuts its beginning, LM Studio answers nonsense). Two replies in a row that count far too few tokens tell:
 * the second is not used. Null when there is nothing to say. `before` is the session's last request and its usage.
 */
export function silentlyCut(
  reply: Reply,
  bytes: number,
  before: Sent | null,
  { info }: Pick<ConnectedModel, "info">,
): ModelError | null {
  const now = { bytes, usage: reply.usage };
  if (!info.selfHosted || info.wire === "scripted" || before === null || !isCut(now) || !isCut(before)) return null;
  const message = `${info.endpoint} read ${readOf(now)} tokens of a request of some ${Math.round(bytes / 3.6)}: it cuts off what does not fit its context, and does not say so`;
  const error = new ModelError("context_overflow", message, {
    where: { name: info.endpoint, baseUrl: "", model: info.model },
  });
  error.usage = reply.usage;
  error.heard = reply.heard ?? null;
  return error;
}
