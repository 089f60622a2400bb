import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { ClawError } from "../../errors.ts";
import { judgeBranch } from "../../policy/judge.ts";
import { commitMessage } from "../../repo/commit-message.ts";
import { fixReport } from "../../reports/fix-report.ts";
import { latest, ofType } from "../../views/run.ts";
import { keepCommit } from "../snapshots.ts";
import type { WorkDesk } from "../workflow.ts";
import type { Patch, Task } from "./input.ts";

export const Published = z.object({ branch: z.string(), commit: z.string(), report: z.string() });
export type Published = z.infer<typeof Published>;

/** One commit on one new branch of the user's repository, and a report. The verdict is on record before the branch exists. */
export async function publish(desk: WorkDesk, task: Task, patch: Patch): Promise<Published> {
  const { log, clone } = desk;
  const branch = `claw/${task.slug}-${log.run}`;
  const { verdict, rule } = judgeBranch(branch);
  const begun = ofType(log.events, "effect.judged").findLast(({ effect }) => effect === "branch");
  if (!begun) await refuseOtherChange(desk, patch);
  const commit = begun ? begun.target : await makeCommit(desk, task, patch);
  const key = `${log.run}:publish:branch`;
  if (!begun) {
    await keepCommit(desk, { tree: patch.tree, commit });
    await log.append({
      type: "effect.judged",
      effect: "branch",
      key,
      verdict,
      rule,
      target: commit,
    });
  }
  if (verdict === "deny") {
    throw new ClawError(`the branch ${branch} may not be written: ${rule}`, {
      outcome: "blocked",
      hint: "see the change with claw diff",
    });
  }
  if (!ofType(log.events, "effect.done").some((done) => done.key === key)) {
    // Doing it twice does no harm: after a crash before it is on record it is simply done again.
    await clone.publish(commit, branch);
    await log.append({ type: "effect.done", effect: "branch", key, result: branch });
  }

  const text = fixReport({ run: log.run, events: log.events, head: log.head, diff: await log.text(patch.diff) });
  await log.append({ type: "report.written", report: log.put(text) });
  const report = join(desk.dir, "report.md");
  await writeFile(report, text, { mode: 0o600 });
  return { branch, commit, report };
}

/** What leaves the run is what was judged, shown and, where it was asked for, approved: byte for byte. */
async function refuseOtherChange({ log, clone }: WorkDesk, { tree, diff }: Patch): Promise<void> {
  const { patch } = await clone.diff(clone.base.tree, tree);
  if (log.put(patch) === diff) return;
  throw new ClawError("the change is no longer the one that was judged, so no approval holds for it", {
    outcome: "blocked",
    hint: `see what was judged with claw diff ${log.run}, and start a new run`,
  });
}

/** What worked in a model's place. */
const nobody = ({ log }: WorkDesk): string => latest(log.events, "run.started")?.model?.model ?? "none";

function makeCommit(desk: WorkDesk, task: Task, patch: Patch): Promise<string> {
  const { log, clone, clock } = desk;
  const served = [...new Set(ofType(log.events, "model.replied").map(({ servedModel }) => servedModel))];
  const message = commitMessage({
    subject: `Fix: ${task.title}`,
    body: `${patch.summary}\n\n(The explanation is the model's own. What claw checked: the test fails on the base, passes with this change, and fails again without it.)`,
    trailers: { assistedBy: `claw:${served.join(",") || nobody(desk)}`, run: log.run, record: log.head },
  });
  return clone.commit({
    tree: patch.tree,
    parent: clone.base.commit,
    message,
    author: { name: "claw", email: "claw@localhost" },
    at: clock.now(),
    signing: desk.signing,
  });
}
