import type { RunLog } from "../ledger/ledger.ts";
import type { Message } from "../ledger/message.ts";
import { readMessage } from "../ledger/read-body.ts";

/** Reads a session's messages from their bodies. A body never changes, so each is parsed once. */
export function transcriptReader(log: RunLog): (shas: readonly string[]) => Promise<Message[]> {
  const parsed = new Map<string, Message>();
  return async (shas) => {
    const messages: Message[] = [];
    for (const sha of shas) {
      const known = parsed.get(sha) ?? readMessage(await log.text(sha));
      parsed.set(sha, known);
      messages.push(known);
    }
    return messages;
  };
}

/** Stages a message's body and names it. */
export const putMessage = (log: RunLog, message: Message): string => log.putJson(message);
