import type { Context } from "hono";
import { streamSSE } from "hono/streaming";
import type { Clock } from "../../clock.ts";
import type { ApiHands } from "./route.ts";

export const followPath = "/v1/runs/{id}/events";

/** Milliseconds between two looks at a run, and between two signs of life where nothing happens. */
const POLL_MS = 500;
const SIGN_MS = 15_000;

export interface Follower {
  readonly hands: Pick<ApiHands, "events">;
  readonly clock: Pick<Clock, "now" | "sleep">;
  /** Takes secrets out of what is sent. */
  readonly clean: (text: string) => string;
  /** Aborted when the server ends. */
  readonly signal: AbortSignal;
  /** Told when nobody is followed for this caller any more. */
  readonly onEnd: () => void;
}

/** A run's facts as they come, until it rests or nobody listens any more. Null: there is no such run. */
export async function follow(
  context: Context,
  run: string,
  { hands, clock, clean, signal, onEnd }: Follower,
): Promise<Response | null> {
  const seen = /^\d{1,15}$/.exec(context.req.header("last-event-id") ?? "");
  let from = seen ? Number(seen[0]) + 1 : 0;
  let found = await hands.events(run, from);
  if (!found) {
    onEnd();
    return null;
  }
  // So a browser's EventSource does not ask again and again after the end.
  if (found.events.length === 0 && !found.more) {
    onEnd();
    return context.body(null, 204);
  }
  return streamSSE(context, async (stream) => {
    try {
      const gone = new AbortController();
      stream.onAbort(() => gone.abort());
      const left = AbortSignal.any([signal, gone.signal]);
      let spoke = clock.now();
      while (!left.aborted && found) {
        for (const event of found.events) {
          await stream.writeSSE({ id: String(event.seq), event: "event", data: clean(JSON.stringify(event)) });
          from = event.seq + 1;
        }
        if (!found.more) {
          await stream.writeSSE({ event: "end", data: JSON.stringify({ run }) });
          return;
        }
        if (found.events.length > 0) spoke = clock.now();
        else if (clock.now() - spoke > SIGN_MS) {
          await stream.write(": still there\n\n");
          spoke = clock.now();
        }
        await clock.sleep(POLL_MS, left).catch(() => {});
        if (!left.aborted) found = await hands.events(run, from);
      }
    } finally {
      onEnd();
    }
  });
}
