import { withdraw } from "../../fleet/withdraw.ts";
import type { EventOf } from "../../ledger/events.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import type { TaskEvent } from "../../ledger/task-events.ts";
import { foldTask, type TaskState } from "../../views/task.ts";
import type { TaskLine } from "./task-lines.ts";

/** Takes in tasks from elsewhere: new ones with their times there, others by what has changed. */
export async function takeIn(
  ledger: Ledger,
  lines: readonly TaskLine[],
  by: string,
): Promise<{ readonly added: number; readonly changed: number }> {
  let [added, changed] = [0, 0];
  for (const line of lines) {
    const body = line.body === "" ? null : await ledger.keep(line.body);
    if (await ledger.addTask(line.task, addedOf(line, body, by))) {
      added += 1;
      continue;
    }
    const task = foldTask((await ledger.read(line.task)).events);
    const facts = task ? changesOf(task, line, body, by) : [];
    if (facts.length === 0) continue;
    await ledger.tellTask(line.task, facts);
    await withdraw(ledger, [line.task, ...line.links.map(({ to }) => to)]);
    changed += 1;
  }
  return { added, changed };
}

const kinds: readonly string[] = [
  "person",
  "issue",
  "file",
  "text",
  "ci",
  "schedule",
  "import",
  "run",
  "review",
  "report",
];

function addedOf(line: TaskLine, body: string | null, by: string): EventOf<"task.added"> {
  const { task: _, body: __, status: ___, source, created, updated, closed, ...about } = line;
  const kind = (kinds.includes(source.kind) ? source.kind : "import") as EventOf<"task.added">["source"]["kind"];
  return {
    type: "task.added",
    ...about,
    body,
    source: { kind, ref: source.ref },
    by,
    imported: { created, updated, closed },
  };
}

function changesOf(task: TaskState, line: TaskLine, body: string | null, by: string): TaskEvent[] {
  const { title, priority, labels, acceptance, due, held } = line;
  const told = { title, priority, labels, acceptance, due, held, body };
  const differ = Object.entries(told).filter(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(task[name as keyof typeof told]),
  );
  const has = (links: readonly { kind: string; to: string }[], { kind, to }: { kind: string; to: string }): boolean =>
    links.some((link) => link.kind === kind && link.to === to);
  return [
    ...(differ.length > 0 ? [{ type: "task.changed", ...Object.fromEntries(differ), by } as const] : []),
    ...line.links.filter((link) => !has(task.links, link)).map((link) => ({ type: "task.linked", link, by }) as const),
    ...(line.closed && task.status !== "closed"
      ? [{ type: "task.closed", outcome: line.closed.outcome, reason: line.closed.reason, by } as const]
      : []),
    ...(!line.closed && task.status === "closed" ? [{ type: "task.reopened", reason: "imported", by } as const] : []),
  ];
}
