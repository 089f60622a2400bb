import { z } from "zod";
import { UsageError } from "../../errors.ts";
import { linkKinds } from "../../ledger/task-events.ts";
import { listTasks } from "../../fleet/task-list.ts";
import { withdraw } from "../../fleet/withdraw.ts";
import { command } from "../command.ts";
import { tell } from "./change.ts";
import { refuseCircle } from "./refuse-circle.ts";
import { findTask } from "./find-task.ts";

const kinds = [...linkKinds, "blocked-by"] as const;

export const link = command({
  arguments: "<task> <kind> <other>",
  options: [
    ["--remove", "it is not so any more"],
    ["--json", "print one JSON object"],
  ],
  more: `The kind is one of:
  blocks        the other task cannot begin before this one is closed
  blocked-by    this one cannot begin before the other is closed
  duplicates    this one is the same as the other: only the other one is worked on
  parent        the other task is the whole that this one is a part of: it can begin when all parts are closed

Examples:
  claw task link t-3fk2 blocks t-9xa1
  claw task link t-3fk2 duplicates t-9xa1 --remove`,
  input: z.object({
    task: z.string(),
    kind: z.enum(kinds, { error: `must be one of ${kinds.join(", ")}` }),
    other: z.string(),
    remove: z.boolean().default(false),
    json: z.boolean().default(false),
  }),
  async run({ task, kind, other, remove, json }, desk) {
    const ledger = await (await desk.app()).ledger();
    const [one, two] = [(await findTask(ledger, task)).task, (await findTask(ledger, other)).task];
    if (one === two) throw new UsageError("a task cannot depend on itself", "see: claw task link --help");
    const [prefix, to] = kind === "blocked-by" ? [two, one] : [one, two];
    const said = { kind: kind === "blocked-by" ? ("blocks" as const) : kind, to };
    if (!remove) refuseCircle(await listTasks(ledger), prefix, said);
    const type = remove ? ("task.unlinked" as const) : ("task.linked" as const);
    await tell(desk, { prefix, json }, (by) => [{ type, link: said, by }]);
    // Whichever of them has to wait now; the other one comes back by itself.
    await withdraw(ledger, [one, two]);
  },
});
