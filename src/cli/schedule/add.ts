import { z } from "zod";
import { UsageError } from "../../errors.ts";
import { addSchedule } from "../../fleet/schedules.ts";
import { Schedule, scheduleName } from "../../policy/schedule.ts";
import { headline } from "../../text.ts";
import { command } from "../command.ts";
import { deciderOf } from "../decision.ts";
import { readIssue } from "../issue.ts";
import { numberOption } from "../number-option.ts";
import { personOption } from "../person-option.ts";
import { repositoryHere } from "../prompts/lock.ts";
import { keeperOf } from "./keeper.ts";
import { scheduleLine, scheduleObject } from "./render.ts";

const given = z.string().trim().min(1, "must not be empty").optional();

export const add = command({
  arguments: "<name> <task...>",
  options: [
    ["--cron <expression>", 'five fields: minute, hour, day, month, weekday; or "@daily" and the like'],
    ["--rrule <rule>", "a recurrence rule of RFC 5545, counted from now"],
    ["--zone <zone>", "the time zone of its hours (default: this machine's)"],
    [
      "--missed <policy>",
      "times at which nothing was running: once makes up for all of them, skip does not (default: once)",
    ],
    ["--workflow <name>", "what is done: fix or triage (default: fix)"],
    ["--priority <n>", "0 is the most urgent, 4 can wait (default: 2)"],
    ["--label <label...>", "labels of its tasks"],
    [
      "--as <name>",
      "who enables it (default: who commits in the repository by its git settings, else your login name)",
    ],
    ["--json", "print one JSON object"],
  ],
  more: `Each time it is due, a task is added for the repository you are in, and whoever works takes it: claw work, claw nightly. The
task is a file, - for standard input, or its text. A time that comes while the last task is not done is left out.

Where clocks are put forward, an hour that is not there is made up for right after; a recurrence rule leaves it out.

Examples:
  claw schedule add deps DEPS.md --cron "0 3 * * 1" --zone Europe/Berlin
  claw schedule add docs "Check the docs" --rrule "FREQ=WEEKLY;BYDAY=FR"
  claw schedule add flaky "Look for flaky tests" --cron @daily --missed skip

Exit codes: 0 added and enabled; 2 times that mean nothing, or a name that another repository has`,
  input: z.object({
    name: scheduleName,
    task: z.array(z.string()),
    cron: given,
    rrule: given,
    zone: given,
    missed: given,
    workflow: given,
    priority: numberOption({ min: 0, max: 4, whole: true }),
    label: z.array(z.string()).default([]),
    as: personOption,
    json: z.boolean().default(false),
  }),
  times: true,
  async run({ name, task, as, json, label: labels, ...when }, desk) {
    const app = await desk.app();
    const repository = await repositoryHere(app, desk.cwd);
    const { text } = await readIssue(task, desk);
    const title = headline(text.replace(/^#+ */, ""));
    const zone = when.zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
    const told = Object.fromEntries(
      Object.entries({ ...when, zone, title, labels }).filter(([, value]) => value !== undefined),
    );
    const says = Schedule.safeParse({ ...told, body: text.trim() === title ? "" : text });
    if (!says.success) {
      const [issue] = says.error.issues;
      throw new UsageError(`--${String(issue?.path[0] ?? "cron")}: ${issue?.message}`, "see: claw schedule add --help");
    }
    const person = await deciderOf(app.config, repository.root, as);
    const state = await addSchedule(await keeperOf(app), {
      name,
      says: says.data,
      repository: repository.root,
      person,
    });
    desk.out(json ? JSON.stringify(scheduleObject(state)) : scheduleLine(state, desk.times));
  },
});
