import type { App } from "../../app.ts";
import { systemClock } from "../../clock.ts";
import type { Keeper } from "../../fleet/schedules.ts";
import type { Priority } from "../../store/queue.ts";

/** Keeps the schedules of this machine's ledger. */
export async function keeperOf(app: App): Promise<Keeper> {
  return {
    ledger: await app.ledger(),
    clock: systemClock,
    jobFor: (task, { priority, repository }) => {
      const now = systemClock.now();
      const about = { kind: "task", subject: task, payload: "{}", dedupe: task, priority: priority as Priority };
      const anywhere = { lane: "", role: "", model: "" };
      return [{ kind: "add", now, job: { id: systemClock.newId(), ...about, ...anywhere, repository, at: now } }];
    },
  };
}
