import { hash } from "node:crypto";
import type { EventOf } from "../ledger/events.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { taskId } from "../ledger/tasks.ts";
import { titleOf } from "../workflows/fix/intake.ts";
import type { WantedWork } from "../workflows/start.ts";

type Added = EventOf<"task.added">;

/** What a person says of a task besides its words. */
export type TaskDetails = Pick<Added, "priority" | "labels" | "acceptance" | "due" | "held" | "links">;

export const noDetails: TaskDetails = { priority: 2, labels: [], acceptance: null, due: null, held: false, links: [] };

/** The task that wanted work is, for a repository: the same issue, or the same words there, are one task, whoever brings them. */
export async function wantedTask(
  ledger: Pick<Ledger, "keep">,
  { known, text, source, trust, wish }: WantedWork,
  at: { readonly repository: string; readonly by: string; readonly details?: TaskDetails },
): Promise<{ readonly task: string; readonly added: Added }> {
  const { repository, by, details = noDetails } = at;
  const body = await ledger.keep(text);
  const about = { source, trust, repository, workflow: "fix", wish, by, body, title: titleOf(text) };
  const task = taskId(...(known ?? [repository, hash("sha256", text.trim())]));
  return { task, added: { type: "task.added", ...about, ...details } };
}
