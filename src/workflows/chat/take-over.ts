import type { Merged } from "../../repo/merge-trees.ts";
import { applyPatch } from "../../repo/apply.ts";
import { diffstat, renderDiffstat } from "../../reports/diffstat.ts";
import { plural } from "../../text.ts";
import type { WorkDesk } from "../workflow.ts";
import type { News } from "./person.ts";

/**
 * Takes what a session changed over into the person's own files: three-way, so that what they changed meanwhile stays. They
 * are asked first, and shown what will be. The verdict is on record before, the result after.
 */
export async function takeOver(desk: WorkDesk, start: string, tree: string): Promise<News> {
  const { clone, repository, log, screen } = desk;
  if (tree === start) return { kind: "refused", text: "the session has changed nothing" };
  const ours = await clone.snapshot(repository.root);
  const merged = await clone.merge({ base: start, ours, theirs: tree });
  const { patch, files, refused } = await clone.diff(ours, merged.tree);
  const [first] = refused;
  if (first) return { kind: "refused", text: `${first.path} must not leave the session: ${first.why}` };
  if (files.length === 0 && merged.left.length === 0)
    return { kind: "done", text: "your files have these changes already" };
  if (files.length === 0) return { kind: "refused", text: leftAlone(merged.left) };
  const agreed = await screen.confirm?.(questionOf(repository.root, patch, merged), desk.signal);
  const key = `${log.run}:apply:${merged.tree}`;
  const verdict = agreed === true ? ("allow" as const) : ("deny" as const);
  const rule = agreed === true ? "a person at the terminal wants it" : "a person at the terminal does not want it";
  await log.append({ type: "effect.judged", effect: "apply", key, verdict, rule, target: repository.root });
  if (agreed !== true) return { kind: "refused", text: "nothing was changed" };
  const { ok, conflicts } = await applyPatch(repository.root, patch, {
    check: false,
    searchPath: repository.searchPath,
  });
  if (!ok) return { kind: "refused", text: `your files changed just now; nothing was written: ${conflicts}` };
  const result = `${plural(files.length, "file")} changed`;
  await log.append({ type: "effect.done", effect: "apply", key, result });
  const open = merged.conflicts.length > 0 ? [`settle the conflicts in ${merged.conflicts.join(", ")}`] : [];
  const rest = merged.left.length > 0 ? [leftAlone(merged.left)] : [];
  return { kind: "done", text: [`${result} in ${repository.root}`, ...open, ...rest].join("; ") };
}

const leftAlone = (paths: readonly string[]): string =>
  `you and the session both changed or deleted ${paths.join(", ")}: left as it is, settle it by hand`;

function questionOf(root: string, patch: Buffer, { conflicts, left }: Pick<Merged, "conflicts" | "left">): string {
  const lines = [
    `Write these changes into ${root}?`,
    renderDiffstat(diffstat(patch.toString("utf8"))).replace(/^/gm, "  "),
    ...(conflicts.length > 0
      ? [
          `You both changed the same lines of ${conflicts.join(", ")}: both will stand there, between <<<<<<< and >>>>>>>.`,
        ]
      : []),
    ...(left.length > 0 ? [leftAlone(left)] : []),
  ];
  return lines.join("\n");
}
