import type { Ledger } from "../ledger/ledger.ts";

/** Jobs that one task has had. */
const MANY = 1000;

/**
 * Takes tasks out of the queue that nobody works on right now: closed, held, or blocked since they were put in. One that is ready
 * after all is put in again by whoever works next.
 */
export async function withdraw({ queue }: Pick<Ledger, "queue">, tasks: readonly string[]): Promise<void> {
  for (const subject of tasks) {
    const jobs = await queue.jobs({ subject, limit: MANY });
    const waiting = jobs.filter(({ state }) => state === "ready" || state === "deferred");
    if (waiting.length > 0) await queue.drop(waiting.map(({ id }) => id));
  }
}
