import { z } from "zod";
import { UsageError } from "../../errors.ts";
import { command } from "../command.ts";
import { wantedTask } from "../../fleet/wanted-task.ts";
import { FixFlags, wantedOf } from "../fix-work.ts";
import { readIssue } from "../issue.ts";
import { rootAt } from "../task/root.ts";
import { readLines } from "../task/task-lines.ts";

/** Wanted work as another program says it. */
const Line = z.strictObject({
  title: z.string().min(1),
  body: z.string().default(""),
  priority: z.int().min(0).max(4).default(2),
  labels: z.array(z.string()).default([]),
  acceptance: z.string().nullable().default(null),
  /** Inside the repository that it is for; the current directory when it is left out. */
  repository: z.string().optional(),
  /** Flags of claw fix, as they are typed. */
  flags: z.record(z.string(), z.union([z.string(), z.boolean()])).default({}),
});

export const enqueue = command({
  arguments: "<file>",
  options: [["--json", "print one JSON object per task"]],
  more: `Adds tasks from lines of JSON; '-' reads standard input. Each line has a title, and may have body, priority, labels,
acceptance, repository and flags (those of claw fix, by their long names in camel case). The same words for the same
repository are one task. claw work does the rest.

Example:
  echo '{"title":"sum([]) throws","priority":1,"flags":{"engine":"search"}}' | claw enqueue -`,
  input: z.object({ file: z.string(), json: z.boolean().default(false) }),
  async run({ file, json }, desk) {
    const app = await desk.app();
    const ledger = await app.ledger();
    const { source, text } = await readIssue([file], desk);
    const lines = readLines(text, Line, "task");
    // All of them are looked at before the first is taken.
    const checked = lines.map(({ flags, ...line }) => ({ ...line, flags: flagsOf(flags) }));
    const roots = new Map<string | undefined, string>();
    for (const { repository: named } of checked)
      if (!roots.has(named)) roots.set(named, await rootAt(app, desk.cwd, named));
    for (const { title, body, priority, labels, acceptance, repository, flags } of checked) {
      const issue = { source, text: body === "" ? title : `${title}\n\n${body}` };
      const details = { priority, labels, acceptance, due: null, held: false, links: [] };
      const at = { repository: roots.get(repository) ?? desk.cwd, by: app.config.initiator, details };
      const { task, added } = await wantedTask(ledger, wantedOf(flags, issue), at);
      const isNew = await ledger.addTask(task, added);
      desk.out(
        json
          ? JSON.stringify({ type: "task", version: 1, task, title: added.title, isNew })
          : `${task}  ${added.title}`,
      );
    }
  },
});

/** Throws UsageError for a flag that claw fix has not. */
function flagsOf(flags: object): FixFlags {
  const parsed = FixFlags.strict().safeParse(flags);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new UsageError(`flags: ${issue?.path.join(".") ?? ""} ${issue?.message ?? ""}`, "see: claw fix --help");
}
