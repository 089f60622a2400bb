import type { Recorded } from "../../ledger/events.ts";
import type { Merged } from "../../repo/merge-trees.ts";
import { applyPatch } from "../../repo/apply.ts";
import { protectedAmong } from "../../gates/protected-paths.ts";
import { diffstat, renderDiffstat } from "../../reports/diffstat.ts";
import { plural } from "../../text.ts";
import { ofType } from "../../views/run.ts";
import type { WorkDesk } from "../workflow.ts";
import type { News } from "./person.ts";

/** What is to be taken over. */
interface Wanted {
  /** The files that the session began with, as a git tree, and those it has now. */
  readonly start: string;
  readonly tree: string;
  /** The person wants its changes as they come: they are asked about files that steer builds or agents alone. */
  readonly standing: boolean;
}

/** The session's files that the person's own had last taken over, as a git tree; undefined before the first time. */
export const takenTree = (events: readonly Recorded[]): string | undefined =>
  ofType(events, "effect.done").findLast(({ effect, tree }) => effect === "apply" && tree !== undefined)?.tree;

/**
 * Takes what a session changed over into the person's own files: three-way, so that what they changed meanwhile stays. They
 * are asked first, and shown what will be. The verdict is on record before, the result after. What was taken over before is
 * not merged a second time.
 */
export async function takeOver(desk: WorkDesk, { start, tree, standing }: Wanted): Promise<News> {
  const { clone, repository, log } = desk;
  const taken = takenTree(log.events);
  const base = taken === undefined || taken === tree ? start : taken;
  if (tree === base) return { kind: "refused", text: "the session has changed nothing" };
  const ours = await clone.snapshot(repository.root);
  const merged = await clone.merge({ base, ours, theirs: tree });
  const { patch, files, refused } = await clone.diff(ours, merged.tree);
  const [first] = refused;
  if (first) return { kind: "refused", text: `${first.path} must not leave the session: ${first.why}` };
  const key = `${log.run}:apply:${merged.tree}`;
  const nothing = files.length === 0;
  if (nothing && merged.left.length > 0) return { kind: "refused", text: leftAlone(merged.left) };
  if (nothing && taken === tree) return { kind: "done", text: hasThem };
  const paths = files.map(({ path }) => path);
  const { verdict, rule } = nothing
    ? ({ verdict: "allow", rule: hasThem } as const)
    : await judged(desk, { standing, paths, patch, question: questionOf(repository.root, patch, merged) });
  await log.append({ type: "effect.judged", effect: "apply", key, verdict, rule, target: repository.root });
  if (verdict === "deny") return { kind: "refused", text: standing ? rule : "nothing was changed" };
  const { ok, conflicts } = await applyPatch(repository.root, patch, {
    check: false,
    searchPath: repository.searchPath,
  });
  if (!ok) return { kind: "refused", text: `your files changed just now; nothing was written: ${conflicts}` };
  const open = merged.conflicts.length > 0 ? [`settle the conflicts in ${merged.conflicts.join(", ")}`] : [];
  const rest = merged.left.length > 0 ? [leftAlone(merged.left)] : [];
  const result = [nothing ? hasThem : `${plural(files.length, "file")} changed`, ...open, ...rest];
  await log.append({ type: "effect.done", effect: "apply", key, result: result.join("; "), tree });
  const [what = "", ...more] = result;
  const text = [nothing ? what : `${what} in ${repository.root}`, ...more].join("; ");
  return { kind: "done", text, partly: more.length > 0 };
}

const hasThem = "your files have these changes already";

const leftAlone = (paths: readonly string[]): string =>
  `you and the session both changed or deleted ${paths.join(", ")}: left as it is, settle it by hand`;

interface Question {
  readonly standing: boolean;
  readonly paths: readonly string[];
  readonly question: string;
  readonly patch: Buffer;
}

interface Judged {
  readonly verdict: "allow" | "deny";
  readonly rule: string;
}

/** Whether these changes may be written, and who says so. */
async function judged(desk: WorkDesk, { standing, paths, question, patch }: Question): Promise<Judged> {
  const { screen, manifest, signal } = desk;
  const steering = standing ? protectedAmong(paths, manifest) : [];
  if (standing && steering.length === 0)
    return { verdict: "allow", rule: "the person wants the session's changes as they come" };
  const why = steering.length > 0 ? `${steering.join(", ")}: files that steer builds or agents are asked about.\n` : "";
  const agreed = await screen.confirm?.(why + question, signal, patch.toString("utf8"));
  if (agreed === true) return { verdict: "allow", rule: "a person at the terminal wants it" };
  if (steering.length === 0) return { verdict: "deny", rule: "a person at the terminal does not want it" };
  const whose = agreed === undefined ? "nobody at a terminal allowed" : "a person at the terminal did not allow";
  const rest = agreed === undefined ? "nothing was written" : "nothing was written; /apply asks again";
  return { verdict: "deny", rule: `${whose} a change of ${steering.join(", ")}; ${rest}` };
}

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
