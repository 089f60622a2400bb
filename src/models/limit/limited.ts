import type { Clock } from "../../clock.ts";
import type { Capabilities } from "../capabilities.ts";
import type { Endpoint } from "../endpoint.ts";
import type { ConnectedModel } from "../model.ts";
import { ModelError } from "../model-error.ts";
import { look } from "../probe/look.ts";
import { readGauges } from "../probe/metrics.ts";
import type { Bounds } from "./aimd.ts";
import { ask, type Asked, type Ending, leave, readings } from "./places.ts";

/** Changes the note under a key in one step, whoever else does: `Notes` of the store. */
export type Change = <T>(key: string, next: (body: string | null) => { body: string | null; result: T }) => Promise<T>;

export interface LimitDesk {
  readonly change: Change;
  readonly clock: Clock;
  /** The most requests at once, as the user set it; null leaves it to the server. */
  readonly most: number | null;
}

/** Where nothing is known of a server. */
const START = 4;
const MOST = 64;
/** Tokens of a session when it asks, taken for three quarters of all. */
const USUAL_TOKENS = 32_000;
/** How long to wait before asking again for a place, and between signs of life of one that is held. */
const POLL_MS = 150;
const RENEW_MS = 10_000;
const READ_LIMIT_MS = 2_000;

/** Where to begin: the server's slots, or as many sessions as its cache holds with a tenth to spare. */
export function boundsFor(known: Pick<Capabilities, "slots" | "kvTokens"> | null, most: number | null): Bounds {
  const cached = known?.kvTokens == null ? null : Math.max(1, Math.floor((0.9 * known.kvTokens) / USUAL_TOKENS));
  const start = Math.min(known?.slots ?? cached ?? START, cached ?? Infinity, most ?? MOST);
  return { start, most: most ?? Math.max(start, MOST) };
}

/** The note of a server: all models of one address share its places. */
export const placesKey = ({ baseUrl }: Pick<Endpoint, "baseUrl">): string => `places:${new URL(baseUrl).origin}`;

const refusals: ReadonlySet<string> = new Set(["rate", "overloaded", "timeout_headers", "timeout_total"]);

/**
 * The same model, sent no more requests at once than its server takes, over all claw processes of this machine: a request
 * waits for its place before it is sent, so that no deadline runs meanwhile. How many that are follows the server's own
 * numbers, or how long replies take. Only for servers of one's own: in the cloud, limits say themselves when to wait.
 */
export function limited(model: ConnectedModel, endpoint: Endpoint, { change, clock, most }: LimitDesk): ConnectedModel {
  if (!endpoint.selfHosted) return model;
  const key = placesKey(endpoint);
  const bounds = boundsFor(model.capabilities ?? null, most);
  const wish = (id: string): Promise<Asked> => change(key, (body) => ask(body, id, clock.now(), bounds));
  const give = (id: string, ending: Ending) => change(key, (body) => leave(body, id, ending, clock.now(), bounds));
  const readServer = async (): Promise<void> => {
    const signal = AbortSignal.timeout(READ_LIMIT_MS);
    const seen = await look(endpoint, { path: "/metrics", root: true, limitMs: READ_LIMIT_MS, signal });
    const gauges = seen.status === 200 ? readGauges(seen.text) : null;
    if (gauges) await change(key, (body) => readings(body, gauges, clock.now(), bounds));
  };
  /** Nobody waits for the numbers; that they do not come is no failure of the request. */
  const lookAfter = ({ read }: Asked): void => void (read && readServer().catch(() => undefined));

  return {
    ...model,
    async ask(request, signal, onDelta) {
      const id = clock.newId();
      let ending: Ending = "other";
      const cameAt = clock.now();
      const renewing = new AbortController();
      try {
        let place = await wish(id);
        lookAfter(place);
        while (!place.granted) {
          const text = `a place at ${endpoint.name}: ${place.held} of ${place.limit} are taken, ${place.queued} wait`;
          onDelta?.({ kind: "waiting", text });
          await clock.sleep(POLL_MS * (0.5 + clock.random()), signal).catch(() => signal.throwIfAborted());
          place = await wish(id);
          lookAfter(place);
        }
        const queuedMs = clock.now() - cameAt;
        void renew(() => wish(id).then(lookAfter), clock, renewing.signal);
        const reply = await model.ask(request, signal, onDelta);
        ending = { firstByteMs: reply.firstByteMs, ms: reply.ms };
        const { limit, held, queued } = place;
        return { ...reply, queuedMs, places: { limit, held, queued } };
      } catch (error) {
        if (error instanceof ModelError && refusals.has(error.kind)) ending = "refused";
        throw error;
      } finally {
        renewing.abort();
        await give(id, ending);
      }
    },
  };
}

/** Signs of life, until the signal fires. */
async function renew(sign: () => Promise<void>, clock: Clock, signal: AbortSignal): Promise<void> {
  try {
    for (;;) {
      await clock.sleep(RENEW_MS, signal);
      await sign();
    }
  } catch {
    // Ended, or the store is gone: then the place falls free by itself.
  }
}
