import type { Clock } from "../../clock.ts";
import type { Usage } from "../../ledger/message.ts";
import type { Endpoint } from "../endpoint.ts";
import type { ConnectedModel, ModelRequest } from "../model.ts";
import { estimateTokens } from "../usage.ts";
import type { Change } from "./limited.ts";
import { giveBack, type Rates, take } from "./rate.ts";

/** Tokens of a usual reply: what is taken for one until it is there. */
const USUAL_REPLY = 500;

/**
 * The same model, sent no more requests and tokens in a minute than its user allows, over all claw processes of this ledger. A
 * request waits before it is sent, so that no deadline runs meanwhile; who comes first goes first.
 */
export function rated(
  model: ConnectedModel,
  { name }: Pick<Endpoint, "name">,
  { change, clock, rates }: { readonly change: Change; readonly clock: Clock; readonly rates: Rates | null },
): ConnectedModel {
  if (!rates) return model;
  const key = `rate:${name}`;
  const give = (requests: number, tokens: number): Promise<null> =>
    change(key, (body) => giveBack(body, clock.now(), rates, { requests, tokens }));
  return {
    ...model,
    async ask(request, signal, onDelta) {
      const share = { requests: 1, tokens: rates.tokens === null ? 0 : tokensOf(request) };
      const waitMs = await change(key, (body) => take(body, clock.now(), rates, share));
      if (waitMs > 0) {
        onDelta?.({ kind: "waiting", text: `the rate of ${name}: ${Math.ceil(waitMs / 1000)} s` });
        try {
          await clock.sleep(waitMs, signal);
        } catch (error) {
          await give(share.requests, share.tokens);
          throw error;
        }
      }
      const reply = await model.ask(request, signal, onDelta);
      if (rates.tokens !== null) await give(0, share.tokens - total(reply.usage));
      return { ...reply, ...(waitMs > 0 && { queuedMs: (reply.queuedMs ?? 0) + waitMs }) };
    },
  };
}

const tokensOf = ({ messages, tools }: ModelRequest): number =>
  estimateTokens(Buffer.byteLength(JSON.stringify([messages, tools]))) + USUAL_REPLY;

const total = (usage: Usage): number =>
  usage.inputUncached + usage.inputCacheRead + usage.inputCacheWrite + usage.outputVisible + usage.outputReasoning;
