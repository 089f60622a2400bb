import { z } from "zod";
import { systemClock } from "../../clock.ts";
import { listTasks } from "../../fleet/task-list.ts";
import { plural } from "../../text.ts";
import { command } from "../command.ts";
import { readIssue } from "../issue.ts";
import { beadOf, BeadsIssue, fromBeads, toBeads } from "./beads.ts";
import { refuseCircleOf } from "./refuse-circle.ts";
import { takeIn } from "./take-in.ts";
import { lineOf, readLines, TaskLine } from "./task-lines.ts";
import { rootAt } from "./root.ts";

const format = z.enum(["claw", "beads"], { error: "must be claw or beads" }).default("claw");

export const exportTasks = command({
  options: [
    ["--repo <path>", "only tasks of this repository"],
    ["--format <which>", "claw or beads (default: claw)"],
  ],
  more: `One task per line of JSON, in the order of their ids. The same tasks give the same bytes, so the file can be kept in git.

Examples:
  claw task export > tasks.jsonl
  claw task export --repo . --format beads > .beads/issues.jsonl`,
  input: z.object({ repo: z.string().optional(), format }),
  async run({ repo, format: which }, desk) {
    const app = await desk.app();
    const ledger = await app.ledger();
    const repository = repo === undefined ? undefined : await rootAt(app, desk.cwd, repo);
    const all = await listTasks(ledger, { repository });
    for (const task of all.toSorted((a, b) => (a.task < b.task ? -1 : 1))) {
      const body = task.body === null ? "" : await ledger.text(task.body).catch(() => "");
      desk.out(which === "claw" ? lineOf(task, body) : toBeads(task, body, all));
    }
  },
});

export const importTasks = command({
  arguments: "<file>",
  options: [
    ["--repo <path>", "with beads: the repository that they are for (default: this one)"],
    ["--format <which>", "claw or beads (default: claw)"],
    ["--json", "print one JSON object"],
  ],
  more: `Takes in what claw task export, or bd export, wrote; '-' reads standard input. A task that is here already is brought up to
date; what the file does not say of it stays.

Examples:
  claw task import tasks.jsonl
  bd export | claw task import - --format beads`,
  input: z.object({ file: z.string(), repo: z.string().optional(), format, json: z.boolean().default(false) }),
  async run({ file, repo, format: which, json }, desk) {
    const app = await desk.app();
    const { text } = await readIssue([file], desk);
    const lines =
      which === "claw"
        ? readLines(text, TaskLine, "task of claw task export")
        : fromBeads(
            readLines(text, BeadsIssue, "issue of bd export"),
            await rootAt(app, desk.cwd, repo),
            systemClock.now(),
          );
    const ledger = await app.ledger();
    refuseCircleOf(await listTasks(ledger), lines, (line) => (which === "beads" ? beadOf(line) : line.task));
    const { added, changed } = await takeIn(ledger, lines, app.config.initiator);
    const same = lines.length - added - changed;
    if (json) return desk.out(JSON.stringify({ type: "import", version: 1, added, changed, same }));
    desk.out(`${plural(added, "task")} added, ${changed} changed, ${same} as they were`);
  },
});
