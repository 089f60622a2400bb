import { z } from "zod";
import type { App } from "../../app.ts";
import {
  addSchedule,
  enableSchedule,
  endSchedule,
  type Keeper,
  readSchedule,
  runSchedule,
} from "../../fleet/schedules.ts";
import type { Decider } from "../../policy/approval.ts";
import { scheduleName } from "../../policy/schedule.ts";
import { printable } from "../../text.ts";
import type { ScheduleState } from "../../views/schedule.ts";
import { command, type CommandDesk } from "../command.ts";
import { deciderOf } from "../decision.ts";
import { personOption } from "../person-option.ts";
import { keeperOf } from "./keeper.ts";
import { proposalsHere } from "./list.ts";
import { scheduleLine, scheduleObject } from "./render.ts";

const input = z.object({ name: scheduleName, as: personOption, json: z.boolean().default(false) });
const options = (what: string) =>
  [
    [
      "--as <name>",
      `who ${what} it (default: who commits in the repository by its git settings, else your login name)`,
    ],
    ["--json", "print one JSON object"],
  ] as const;

/** A command that changes one schedule on a person's word. */
const changing = (
  what: string,
  more: string,
  change: (keeper: Keeper, name: string, person: Decider, here: Here) => Promise<ScheduleState>,
) =>
  command({
    arguments: "<name>",
    options: options(what),
    more,
    input,
    times: true,
    async run({ name, as, json }, desk) {
      const app = await desk.app();
      const keeper = await keeperOf(app);
      const person = await deciderOf(app.config, (await readSchedule(keeper, name))?.repository ?? desk.cwd, as);
      const state = await change(keeper, name, person, { app, desk });
      desk.out(json ? JSON.stringify(scheduleObject(state)) : scheduleLine(state, desk.times));
    },
  });

interface Here {
  readonly app: App;
  readonly desk: CommandDesk;
}

export const enable = changing(
  "enables",
  `A schedule that was disabled comes again from now on. One that claw.yaml of the repository you are in proposes is taken over
as it is there at the newest commit, and enabled: read it first. When claw.yaml changes later, nothing changes here before
somebody enables it again.

Examples:
  claw schedule enable deps
  claw schedule enable deps --as "Ada Lovelace"`,
  async (keeper, name, person, { app, desk }) => {
    const proposal = (await proposalsHere(app, desk.cwd)).find((one) => one.name === name);
    if (!proposal) return enableSchedule(keeper, name, person);
    const { says, repository, commit: proposed } = proposal;
    return addSchedule(keeper, { name, says, repository, proposed, person });
  },
);

export const disable = changing(
  "disables",
  "It is kept, and does nothing until it is enabled again.\n\nExample:\n  claw schedule disable deps",
  (keeper, name, person) => endSchedule(keeper, name, "schedule.disabled", person),
);

export const remove = changing(
  "removes",
  "Its history stays on record: claw audit.\n\nExample:\n  claw schedule remove deps",
  (keeper, name, person) => endSchedule(keeper, name, "schedule.removed", person),
);

export const run = command({
  arguments: "<name>",
  options: options("runs"),
  more: `Adds its task now, whatever time it is, and whether it is enabled or not; when it comes next stays as it is. Nothing is added while
the task of the last time is not done.

Example:
  claw schedule run deps && claw work --drain`,
  input,
  async run({ name, as, json }, desk) {
    const app = await desk.app();
    const keeper = await keeperOf(app);
    const person = await deciderOf(app.config, (await readSchedule(keeper, name))?.repository ?? desk.cwd, as);
    const firing = await runSchedule(keeper, name, person);
    if (json) return desk.out(JSON.stringify({ type: "schedule-run", version: 1, ...firing }));
    desk.out(
      firing.skipped === null
        ? printable(`task ${firing.task} is added; it is done by: claw work`)
        : `nothing is added: its last task ${firing.task} is not done yet`,
    );
  },
});
