import type { App } from "../../app.ts";
import { systemClock } from "../../clock.ts";
import { aboutOf, jobOf } from "../../fleet/feed.ts";
import type { Keeper } from "../../fleet/schedules.ts";

/** Keeps the schedules of this machine's ledger. */
export async function keeperOf(app: App): Promise<Keeper> {
  const { config } = app;
  return {
    ledger: await app.ledger(),
    clock: systemClock,
    jobFor: (task, added) => {
      const now = systemClock.now();
      const about = aboutOf(added, config.model ?? config.user.model ?? "");
      return [{ kind: "add", now, job: jobOf({ ...added, task }, about, { id: systemClock.newId(), now }) }];
    },
  };
}
