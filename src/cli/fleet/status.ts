import { z } from "zod";
import { systemClock } from "../../clock.ts";
import { duration, plural } from "../../text.ts";
import { fleetHosts, type FleetHost } from "../../views/fleet.ts";
import { command } from "../command.ts";

/** More jobs than this at once are not looked at. */
const MANY = 100_000;

export const status = command({
  options: [["--json", "print one JSON object"]],
  more: `Says which machines work on the ledger, on what, and which have not been heard of: their work goes on elsewhere as soon as
their lease is over. Then what waits, by the label of the machines that may do it.

Examples:
  claw fleet status --store postgres://claw@db.example.com/claw
  claw fleet status --json | jq '.hosts[] | select(.gone)'`,
  input: z.object({ json: z.boolean().default(false) }),
  async run({ json }, desk) {
    const app = await desk.app();
    const ledger = await app.ledger();
    const now = systemClock.now();
    const [jobs, held, stats] = await Promise.all([
      ledger.queue.jobs({ state: "leased", limit: MANY }),
      ledger.held(),
      ledger.queue.stats(),
    ]);
    const hosts = fleetHosts(jobs, held, now);
    const waiting = [...Map.groupBy(stats, ({ lane }) => lane)].map(([label, rows]) => {
      const count = (state: string): number =>
        rows.filter((row) => row.state === state).reduce((sum, row) => sum + row.jobs, 0);
      return {
        label,
        ready: count("ready"),
        deferred: count("deferred"),
        running: count("leased"),
        dead: count("dead"),
      };
    });
    const place = ledger.place.shown;
    if (json) return desk.out(JSON.stringify({ type: "fleet.status", version: 1, place, hosts, waiting }));
    desk.out(`ledger  ${place}`);
    for (const host of hosts) desk.out(hostLine(host, now));
    if (hosts.length === 0) desk.out("nobody works on it right now");
    for (const { label, ready, deferred, running, dead } of waiting)
      desk.out(
        `${label === "" ? "any machine" : `machines labelled ${label}`}: ${ready} ready, ${deferred} later, ${running} being done, ${dead} given up`,
      );
  },
});

function hostLine({ name, jobs, runs, processes, until, gone }: FleetHost, now: number): string {
  const does = `${plural(jobs, "job")}, ${plural(runs.length, "run")} in ${plural(processes, "process", "processes")}`;
  return gone
    ? `✗ ${name}  not heard of: its lease was over ${duration(now - until)} ago; others take ${does}`
    : `· ${name}  ${does}`;
}
