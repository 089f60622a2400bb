import { z } from "zod";
import { UsageError } from "../../errors.ts";
import { withdraw } from "../../fleet/withdraw.ts";
import type { TaskEvent } from "../../ledger/task-events.ts";
import { command, type CommandDesk } from "../command.ts";
import { given } from "../fix-work.ts";
import { priorityOption } from "./add.ts";
import { dueOption } from "./due-option.ts";
import { findTask } from "./find-task.ts";
import { taskObject } from "./task-object.ts";

export const change = command({
  arguments: "<task>",
  options: [
    ["--title <text>", "another title"],
    ["-p, --priority <n>", "0 (most urgent) to 4 (can wait)"],
    ["-l, --label <label...>", "labels instead of those it has"],
    ["--acceptance <text>", "how a person will know that it is done"],
    ["--due <when>", "wanted by then: 2026-12-24, or 2026-12-24T18:00Z"],
    ["--hold", "no worker begins it"],
    ["--release", "workers may begin it"],
    ["--json", "print one JSON object"],
  ],
  more: `Examples:
  claw task change t-3fk2 --priority 0
  claw task change t-3fk2 --release`,
  input: z.object({
    task: z.string(),
    title: given,
    priority: priorityOption,
    label: z.array(z.string().trim().min(1, "must not be empty")).optional(),
    acceptance: given,
    due: dueOption,
    hold: z.boolean().default(false),
    release: z.boolean().default(false),
    json: z.boolean().default(false),
  }),
  async run({ task: prefix, label: labels, hold, release, json, ...changed }, desk) {
    if (hold && release) throw new UsageError("--hold and --release exclude each other", "leave one of them out");
    const held = hold || release ? { held: hold } : {};
    const fields = { ...changed, ...(labels && { labels }), ...held };
    if (Object.values(fields).every((value) => value === undefined))
      throw new UsageError("nothing to change was given", "see: claw task change --help");
    await tell(desk, { prefix, json, rests: hold }, (by) => [{ type: "task.changed", ...fields, by }]);
  },
});

export const close = command({
  arguments: "<task>",
  options: [
    ["--outcome <word>", "how it ended, in a word (default: done)"],
    ["--reason <text>", "why"],
    ["--json", "print one JSON object"],
  ],
  more: `A run that delivers what a task asks for closes it by itself. What it blocked can begin then.

Examples:
  claw task close t-3fk2
  claw task close t-3fk2 --outcome wontfix --reason "works as meant"`,
  input: z.object({
    task: z.string(),
    outcome: given.default("done"),
    reason: z.string().default(""),
    json: z.boolean().default(false),
  }),
  run: ({ task: prefix, outcome, reason, json }, desk) =>
    tell(desk, { prefix, json, unless: "closed", rests: true }, (by) => [{ type: "task.closed", outcome, reason, by }]),
});

export const reopen = command({
  arguments: "<task>",
  options: [
    ["--reason <text>", "why"],
    ["--json", "print one JSON object"],
  ],
  more: `A task that is closed, that failed or was given up is wanted again. Its next run begins afresh.

Examples:
  claw task reopen t-3fk2 --reason "it is back in 2.1"`,
  input: z.object({ task: z.string(), reason: z.string().default(""), json: z.boolean().default(false) }),
  run: ({ task: prefix, reason, json }, desk) =>
    tell(desk, { prefix, json, unless: "open" }, (by) => [{ type: "task.reopened", reason, by }]),
});

interface Telling {
  readonly prefix: string;
  readonly json: boolean;
  /** Nothing is told of a task that stands so. */
  readonly unless?: string;
  /** No worker begins it from now on. */
  readonly rests?: boolean;
}

/** Records what a person says of a task, unless it stands so already, and shows how it stands then. */
export async function tell(
  desk: CommandDesk,
  { prefix, json, unless, rests = false }: Telling,
  facts: (by: string) => readonly TaskEvent[],
): Promise<void> {
  const app = await desk.app();
  const ledger = await app.ledger();
  const before = await findTask(ledger, prefix);
  if (before.status !== unless) await ledger.tellTask(before.task, facts(app.config.initiator));
  else desk.err(`${before.task} is ${before.status} already`);
  if (rests) await withdraw(ledger, [before.task]);
  const { events: _, ...task } = await findTask(ledger, before.task);
  desk.out(json ? JSON.stringify(taskObject(task)) : `${task.task} (${task.status})  ${task.title}`);
}
