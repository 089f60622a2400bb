import { z } from "zod";
import { asItStands, listTasks } from "../../fleet/task-list.ts";
import { printable } from "../../text.ts";
import { foldTimeline } from "../../views/timeline.ts";
import { blockersIn } from "../../views/task.ts";
import { command } from "../command.ts";
import { renderLine } from "../progress.ts";
import { hasColours, styleFor } from "../style.ts";
import { findTask } from "./find-task.ts";
import { standing } from "./render-tasks.ts";
import { moment, taskObject } from "./task-object.ts";

export const show = command({
  arguments: "<task>",
  options: [
    ["--events", "with --json: its events, one per line"],
    ["--json", "print one JSON object"],
  ],
  more: `Examples:
  claw task show t-3fk2
  claw task show t-3fk2 --json --events`,
  times: true,
  input: z.object({ task: z.string(), events: z.boolean().default(false), json: z.boolean().default(false) }),
  async run({ task: prefix, events: wantsEvents, json }, desk) {
    const app = await desk.app();
    const ledger = await app.ledger();
    const { events, ...told } = await findTask(ledger, prefix);
    const task = await asItStands(ledger, told);
    const body = task.body === null ? "" : await ledger.text(task.body).catch(() => "(its text was taken out)");
    const blockers = blockersIn(await listTasks(ledger));
    const by = blockers.of(task.task);
    if (json) {
      if (wantsEvents) for (const event of events) desk.out(JSON.stringify({ type: "event", task: task.task, event }));
      else desk.out(JSON.stringify({ ...taskObject(task, by), body }));
      return;
    }
    const style = styleFor(hasColours(app.config, desk.terminal.stdout && desk.terminal.colour));
    const { source, due } = task;
    const facts: readonly (readonly [string, string])[] = [
      ["status", `${standing(task, blockers)}${by.length > 0 ? ` by ${by.join(", ")}` : ""}`],
      ["priority", `P${task.priority}`],
      ["labels", task.labels.join(", ")],
      ["from", `${source.kind} ${source.ref}`],
      ["repository", task.repository],
      ["done when", task.acceptance ?? ""],
      ["due", moment(due) ?? ""],
      ["links", task.links.map(({ kind, to }) => `${kind} ${to}`).join(", ")],
      ["runs", task.runs.join(", ")],
      ["last", task.end ? `${task.end.outcome}: ${task.end.reason}` : ""],
      ["next", task.end?.hint ?? ""],
    ];
    desk.out(`${style.strong(task.task)}  ${printable(task.title)}`);
    for (const [name, value] of facts)
      if (value.trim() !== "") desk.out(`  ${style.faint(name.padEnd(10))}  ${printable(value)}`);
    if (body.trim() !== "" && body.trim() !== task.title) desk.out(`\n${printable(body).trimEnd()}`);
    desk.out("");
    for (const line of foldTimeline(events)) desk.out(renderLine(line, style, desk.times));
  },
});
