import { z } from "zod";
import { asItStands, listTasks } from "../../fleet/task-list.ts";
import { blockersIn, byUrgency, type NamedTask, openStatuses, readyTasks } from "../../views/task.ts";
import { command, type CommandDesk } from "../command.ts";
import { numberOption } from "../number-option.ts";
import { hasColours, styleFor } from "../style.ts";
import { renderTasks } from "./render-tasks.ts";
import { taskObject } from "./task-object.ts";
import { rootAt } from "./root.ts";

const statuses = [...openStatuses, "closed"] as const;

const shared = {
  label: z.string().optional(),
  repo: z.string().optional(),
  number: numberOption({ min: 1, max: 1_000_000, whole: true }),
  json: z.boolean().default(false),
};
const sharedOptions: readonly (readonly [string, string])[] = [
  ["--label <label>", "only tasks with this label"],
  ["--repo <path>", "only tasks of this repository"],
  ["-n, --number <n>", "how many (default: 50)"],
  ["--json", "print one object per line"],
];

interface Filter {
  readonly label?: string | undefined;
  readonly repo?: string | undefined;
  readonly number?: number | undefined;
  readonly json: boolean;
}

export const list = command({
  options: [["--all", "closed ones, too"], ["--status <status>", `only: ${statuses.join(", ")}`], ...sharedOptions],
  more: `Examples:
  claw task list
  claw task list --status failed --repo .
  claw task list --all --json`,
  input: z.object({
    ...shared,
    all: z.boolean().default(false),
    status: z.enum(statuses, { error: `must be one of ${statuses.join(", ")}` }).optional(),
  }),
  async run({ all, status, ...filter }, desk) {
    await show(desk, filter, (tasks) =>
      tasks
        .filter((task) => (status === undefined ? all || task.status !== "closed" : task.status === status))
        .toSorted(byUrgency),
    );
  },
});

export const ready = command({
  options: sharedOptions,
  more: `What a worker could begin or go on with right now, the most urgent first: not held, and blocked by nothing.

Examples:
  claw task ready
  claw task ready --label parser --json | head -1`,
  input: z.object(shared),
  run: (filter, desk) => show(desk, filter, readyTasks),
});

async function show(
  desk: CommandDesk,
  { label, repo, number = 50, json }: Filter,
  choose: (tasks: readonly NamedTask[]) => readonly NamedTask[],
): Promise<void> {
  const app = await desk.app();
  const ledger = await app.ledger();
  const all = await Promise.all((await listTasks(ledger)).map((task) => asItStands(ledger, task)));
  const repository = repo === undefined ? undefined : await rootAt(app, desk.cwd, repo);
  const wanted = choose(all).filter(
    (task) =>
      (label === undefined || task.labels.includes(label)) &&
      (repository === undefined || task.repository === repository),
  );
  const page = wanted.slice(0, number);
  const blockers = blockersIn(all);
  if (json) {
    for (const task of page) desk.out(JSON.stringify(taskObject(task, blockers.of(task.task))));
    return;
  }
  if (page.length === 0) return desk.err('no such tasks; add one with: claw task add "what is wanted"');
  const { terminal } = desk;
  const style = styleFor(hasColours(app.config, terminal.stdout && terminal.colour));
  desk.out(renderTasks(page, { columns: terminal.stdout ? terminal.columns : 200, style, blockers }));
  if (wanted.length > page.length) desk.err(`${wanted.length - page.length} more: --number`);
}
