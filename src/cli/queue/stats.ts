import { z } from "zod";
import { systemClock } from "../../clock.ts";
import { readGate } from "../../fleet/gate.ts";
import { duration, printable } from "../../text.ts";
import { command } from "../command.ts";
import { moment } from "../task/task-object.ts";

/** For how long ended jobs count for the rate, in milliseconds. */
const HOUR_MS = 3_600_000;
const MANY = 1_000_000;

export const stats = command({
  options: [["--json", "print one JSON object"]],
  more: `What waits, is being done, was given up or is done, by workflow, model and repository; for how long the oldest waits, and
how long work takes.

Examples:
  claw queue stats
  claw queue stats --json`,
  input: z.object({ json: z.boolean().default(false) }),
  async run({ json }, desk) {
    const ledger = await (await desk.app()).ledger();
    const [gate, lanes] = [await readGate(ledger), await ledger.queue.stats()];
    const now = systemClock.now();
    const total = (state: string): number =>
      lanes.filter((lane) => lane.state === state).reduce((sum, { jobs }) => sum + jobs, 0);
    const done = await ledger.queue.jobs({ state: "done", limit: MANY });
    const doneLastHour = done.filter(({ ended }) => ended > now - HOUR_MS).length;
    if (json) {
      const rows = lanes.map(({ oldest, ...lane }) => ({ ...lane, oldest: moment(oldest) }));
      const totals = Object.fromEntries(
        ["ready", "deferred", "leased", "done", "dead"].map((state) => [state, total(state)]),
      );
      return desk.out(
        JSON.stringify({ type: "queue", version: 1, gate: gate.state, totals, doneLastHour, lanes: rows }),
      );
    }
    desk.out(
      `${gate.state === "open" ? "open" : `${gate.state} by ${printable(gate.by)}`}: ${total("ready")} ready, ${total("deferred")} later, ` +
        `${total("leased")} being done, ${total("dead")} given up, ${total("done")} done (${doneLastHour} in the last hour)`,
    );
    for (const { lane, role, model, repository, state, jobs, oldest, tookMs } of lanes) {
      const where = [role, model, repository, ...(lane === "" ? [] : [`on ${lane}`])]
        .filter((word) => word !== "")
        .join(" · ");
      const time = tookMs === null ? `oldest ${duration(Math.max(0, now - oldest))}` : `took ${duration(tookMs)}`;
      desk.out(printable(`  ${String(jobs).padStart(6)} ${state.padEnd(8)}  ${time.padEnd(14)}  ${where}`));
    }
  },
});
