import { existsSync } from "node:fs";
import { availableParallelism, totalmem } from "node:os";
import type { App } from "../../app.ts";
import { systemClock } from "../../clock.ts";
import { aboutOf } from "../../fleet/feed.ts";
import type { PoolDesk } from "../../fleet/pool.ts";
import { stopNote } from "../../workflows/stop.ts";
import type { CommandDesk } from "../command.ts";
import { runTask } from "../run-task.ts";
import { canBeginAnew } from "./begin-anew.ts";
import { keeperOf } from "../schedule/keeper.ts";
import { limitsOf } from "./limits.ts";
import { mayWorkIn } from "./may-work-in.ts";

/** What a caller of the pool chooses. */
export type PoolChoice = Pick<PoolDesk, "drain" | "until" | "onNews" | "signal"> & {
  readonly jobs: number | undefined;
};

const MB = 2 ** 20;
/** As much of the machine's memory is left to others. */
const SPARE = 0.1;

/** The pool of this installation: what the user's configuration allows, on tasks as they say themselves. */
export async function poolDesk(
  app: App,
  desk: Pick<CommandDesk, "err" | "times">,
  choice: PoolChoice,
): Promise<PoolDesk> {
  const { config } = app;
  const { jobs, ...rest } = choice;
  const settings = config.user.work;
  const ledger = await app.ledger();
  const { headroom } = await import("../../models/headroom.ts");
  const [{ fireDue }, keeper] = await Promise.all([import("../../fleet/schedules.ts"), keeperOf(app)]);
  const model = config.model ?? config.user.model ?? "";
  const total = Math.min(process.constrainedMemory() || Infinity, totalmem());
  return {
    ...rest,
    ledger,
    clock: systemClock,
    most: jobs ?? settings.jobs ?? availableParallelism(),
    least: settings.warm,
    limits: limitsOf(settings),
    lanes: settings.labels,
    fire: () => fireDue(keeper),
    about: (task) => aboutOf(task, model),
    // In a ledger of its own a machine says what is wrong; in one that many share another may have it.
    isHere(named) {
      const path = config.user.fleet.repositories[named] ?? named;
      return (!app.inDatabase || existsSync(path)) && mayWorkIn(path, settings.labels);
    },
    headroom: () => headroom(config, { change: ledger.change, clock: systemClock }).catch(() => null),
    memory: {
      used: () => total - process.availableMemory(),
      most: total * (1 - SPARE),
      session: settings.sessionMb * MB,
    },
    renewal: canBeginAnew()
      ? {
          idleMs: settings.idleSeconds * 1000,
          mostBytes: settings.memoryMb * MB,
          usedBytes: () => process.memoryUsage.rss(),
        }
      : null,
    isStopped: () => stopNote(config.home) !== null,
    work: (task, watch) => runTask(task, { app, err: desk.err, times: desk.times, signal: watch.signal }, watch),
  };
}
