import { z } from "zod";
import { UsageError } from "../../errors.ts";
import { linkKinds } from "../../ledger/task-events.ts";
import { command } from "../command.ts";
import { listTasks } from "../../fleet/task-list.ts";
import { wantedTask } from "../../fleet/wanted-task.ts";
import { withdraw } from "../../fleet/withdraw.ts";
import { FixFlags, given, readWanted, wantedOf } from "../fix-work.ts";
import { engineOption } from "../engine-choice.ts";
import { numberOption } from "../number-option.ts";
import { dueOption } from "./due-option.ts";
import { refuseCircle } from "./refuse-circle.ts";
import { findTask } from "./find-task.ts";
import { rootAt } from "./root.ts";
import { taskObject } from "./task-object.ts";

const many = z
  .array(z.string().trim().min(1, "must not be empty"))
  .default([])
  .transform((texts) =>
    texts.flatMap((text) => text.split(",").map((part) => part.trim())).filter((part) => part !== ""),
  );

/** How tasks say how urgent they are. */
export const priorityOption = z
  .string()
  .regex(/^[Pp]?[0-4]$/, "must be 0 (most urgent) to 4")
  .transform((text) => Number(text.replace(/\D/g, "")))
  .optional();

export const add = command({
  arguments: "<what...>",
  options: [
    ["-p, --priority <n>", "0 (most urgent) to 4 (can wait) (default: 2)"],
    ["-l, --label <label...>", "labels"],
    ["--blocks <task...>", "tasks that cannot begin before this one is closed"],
    ["--blocked-by <task...>", "tasks that must be closed before this one begins"],
    ["--parent <task>", "the task that this one is a part of"],
    ["--acceptance <text>", "how a person will know that it is done"],
    ["--due <when>", "wanted by then: 2026-12-24, or 2026-12-24T18:00Z"],
    ["--hold", "no worker begins it until: claw task change <task> --release"],
    ["--engine <name>", "who writes the patch: native (a model) or search"],
    ["--model <name>", "the model to work with"],
    ["--base <ref>", "commit, branch or tag to start from"],
    ["--repro <test>", "a failing test that exists: a test file, or a command"],
    ["--test-command <command>", "how the whole test suite is run"],
    ["--attempts <n>", "changes that may fail claw's check"],
    ["--budget-usd <n>", "most money in US dollars"],
    ["--timeout <minutes>", "most time"],
    ["--pr", "open a draft pull request when the fix is proven (default for an issue on a forge)"],
    ["--no-pr", "leave it on a local branch"],
    ["--json", "print one JSON object"],
  ],
  more: `Adds wanted work to this repository's tasks: an issue of its forge by number or address, a file, '-' for standard input,
or the text itself. The same issue, or the same words, is one task: adding it again changes nothing.
claw work does what is ready, the most urgent first.

Examples:
  claw task add 123
  claw task add "sum([]) throws instead of giving 0" --priority 1
  claw task add ISSUE.md --engine search --repro test/sum.test.js
  claw task add ISSUE.md --blocked-by t-3fk2 --label parser`,
  input: FixFlags.pick({
    base: true,
    model: true,
    repro: true,
    testCommand: true,
    attempts: true,
    budgetUsd: true,
  }).extend({
    what: z.array(z.string()).default([]),
    engine: engineOption,
    timeout: numberOption({ min: 0.1, max: 10_080 }),
    pr: z.boolean().optional(),
    priority: priorityOption,
    label: many,
    blocks: many,
    blockedBy: many,
    parent: given,
    acceptance: given,
    due: dueOption,
    hold: z.boolean().default(false),
    json: z.boolean().default(false),
  }),
  async run(
    { what, priority = 2, label, blocks, blockedBy, parent, acceptance = null, due = null, hold, json, ...flags },
    desk,
  ) {
    const app = await desk.app();
    const ledger = await app.ledger();
    const issue = await readWanted(what, desk, false);
    const named = async (prefix: string): Promise<string> => (await findTask(ledger, prefix)).task;
    const links = [
      ...(await Promise.all(blocks.map(async (to) => ({ kind: linkKinds[0], to: await named(to) })))),
      ...(parent === undefined ? [] : [{ kind: linkKinds[2], to: await named(parent) }]),
    ];
    const blockers = await Promise.all(blockedBy.map(named));
    const details = { priority, labels: label, acceptance, due, held: hold, links };
    const repository = await rootAt(app, desk.cwd);
    const at = { repository, by: app.config.initiator, details };
    const wanted = await wantedTask(ledger, wantedOf(FixFlags.parse(stringsOf(flags)), issue), at);
    if (blockers.includes(wanted.task)) throw new UsageError("a task cannot block itself", "see: claw task add --help");
    // One that is there already keeps its own links.
    const others = blockers.length === 0 ? [] : await listTasks(ledger);
    const present = others.some(({ task }) => task === wanted.task) ? [] : [{ task: wanted.task, links }];
    for (const blocker of blockers) refuseCircle([...others, ...present], blocker, { kind: "blocks", to: wanted.task });
    const isNew = await ledger.addTask(wanted.task, wanted.added);
    const by = app.config.initiator;
    for (const blocker of blockers)
      await ledger.tellTask(blocker, [{ type: "task.linked", link: { kind: "blocks", to: wanted.task }, by }]);
    await withdraw(ledger, [wanted.task, ...links.map(({ to }) => to)]);
    const task = await findTask(ledger, wanted.task);
    if (json) return desk.out(JSON.stringify({ ...taskObject(task, blockers), isNew }));
    desk.out(isNew ? `${task.task}  ${task.title}` : `${task.task} is there already (${task.status}): ${task.title}`);
  },
});

/** Flags as they are typed: they are checked once more where they are used. */
const stringsOf = (
  flags: Readonly<Record<string, string | number | boolean | undefined>>,
): Record<string, string | boolean> =>
  Object.fromEntries(
    Object.entries(flags).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, typeof value === "boolean" ? value : String(value)]],
    ),
  );
