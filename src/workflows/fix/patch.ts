import { TimeIsUp } from "../../errors.ts";
import type { SessionPlan } from "../../agent/converse.ts";
import { native, search } from "../../engines/all.ts";
import { roles } from "../../policy/roles.ts";
import { keepEnds, plural } from "../../text.ts";
import type { FinishAnswer, FinishRequest } from "../../tools/tool.ts";
import { ofType } from "../../views/run.ts";
import { workspaceFor } from "../checkouts.ts";
import { suspectsHint } from "../localise/hint.ts";
import { localise } from "../localise/localise.ts";
import { openRoom } from "../sandboxes.ts";
import type { RunEnd, WorkDesk } from "../workflow.ts";
import { agentFor } from "./agent-for.ts";
import type { TakenChange } from "./change.ts";
import { type Bases, checkTree } from "./check.ts";
import { environmentText, guideText } from "./context.ts";
import { endOf } from "./ends.ts";
import type { FixInput, Patch, Task } from "./input.ts";
import { searchLab } from "./search-lab.ts";

export type Patched = { readonly patch: Patch } | { readonly end: RunEnd };

const MAX_DIFF_SHOWN = 6000;
const MAX_FINDINGS = 1500;
/** The search cannot do without knowing where to look; this is the longest it may take. */
const LOCALISE_MS = 120_000;

/** An engine changes the code, in a workspace that holds the frozen reproduction, until claw's own check passes. */
export async function patch(desk: WorkDesk, input: FixInput, task: Task, bases: Bases): Promise<Patched> {
  const { reproduction, setup } = bases;
  const dir = await workspaceFor(desk, "patch", reproduction.tree);
  const room = await openRoom(desk, {
    purpose: "patch",
    dir,
    tree: reproduction.tree,
    dependencies: setup.dependencies,
    frozen: reproduction.files,
  });
  try {
    const finish = (request: FinishRequest): Promise<FinishAnswer> => answer(desk, bases, dir, request);
    const ended = await (input.engine === "search" ? search : native).patch({
      session: () => patchSession(desk, task, bases),
      agent: () => agentFor(desk, roles.patch, { sandbox: room.sandbox, finish }),
      lab: async () => {
        await startOver(desk, dir, reproduction.tree);
        const found = await localise(desk, bases, LOCALISE_MS);
        return searchLab(desk, { bases, found, options: input.search, room, finish });
      },
      signal: desk.signal,
    });
    const accepted = ended.reason === "finished" && ended.detail.startsWith("done: ");
    const checked = checkedTrees(desk).at(-1);
    // What passed once is not lost because the session went on, and astray, after the last look.
    if (checked)
      return {
        patch: await taken(
          desk,
          checked,
          accepted ? ended.detail.slice("done: ".length) : `(stopped after its change had passed: ${ended.detail})`,
        ),
      };
    const end = ended.reason === "finished" ? givenUp(ended.detail) : endOf(ended, "no-patch");
    return await afterwards(desk, bases, await desk.clone.snapshot(dir), end);
  } catch (error) {
    if (desk.signal.reason instanceof TimeIsUp) await keepUnfinished(desk, bases, dir);
    throw error;
  } finally {
    await room.close();
  }
}

/** What a session is told about the bug and where it is. */
async function patchSession(desk: WorkDesk, task: Task, bases: Bases): Promise<SessionPlan> {
  const { reproduction, baseline } = bases;
  const slots = {
    environment: environmentText(desk, baseline.plan.shell),
    guide: await guideText(desk),
    reproduction: reproduction.files.join(", ") || reproduction.plan.shell,
    failure: reproduction.failure,
    suspects: await suspectsHint(desk, bases),
    source: task.source,
    issue: await desk.log.text(task.body),
  };
  return { id: "patch", slots };
}

/** The search keeps nothing of itself: after a crash it begins again, with the same result, in a clean workspace. */
async function startOver(desk: WorkDesk, dir: string, tree: string): Promise<void> {
  const now = await desk.clone.snapshot(dir);
  if (now !== tree) await desk.clone.update(dir, now, tree);
}

/** Time is up in the middle of the work: what there is stays readable with `claw diff`. */
async function keepUnfinished(desk: WorkDesk, bases: Bases, dir: string): Promise<void> {
  const tree = await desk.clone.snapshot(dir);
  const diff = await desk.clone.diff(bases.reproduction.tree, tree);
  if (diff.files.length > 0) await recordDiff(desk, bases, { tree, diff }, "rejected");
}

/** The answer to `finish`: what is missing, a last look at the diff, or acceptance. */
async function answer(desk: WorkDesk, bases: Bases, dir: string, request: FinishRequest): Promise<FinishAnswer> {
  if (request.outcome === "blocked") return { accepted: true, detail: `blocked: ${request.summary}` };
  const tree = await desk.clone.snapshot(dir);
  if (checkedTrees(desk).includes(tree)) return { accepted: true, detail: `done: ${request.summary}` };
  const checked = await checkTree(desk, bases, tree);
  if (checked.holds) {
    await recordDiff(desk, bases, checked.taken);
    return desk.hasModel && firstAcceptance(desk)
      ? { accepted: false, message: lastLook(checked.taken) }
      : { accepted: true, detail: `done: ${request.summary}` };
  }
  const left = desk.limits.attempts - failedFinishes(desk) - 1;
  const why = keepEnds(checked.why, MAX_FINDINGS);
  if (left <= 0) return { accepted: true, detail: `${checked.refused ? "refused" : "unproven"}: ${why}` };
  return { accepted: false, message: `not accepted (${plural(left, "attempt")} left): ${why}` };
}

/** Trees of the patch that passed claw's check. */
const checkedTrees = (desk: WorkDesk): string[] =>
  ofType(desk.log.events, "diff.taken")
    .filter(({ purpose }) => purpose === "patch")
    .map(({ to }) => to);

const firstAcceptance = (desk: WorkDesk): boolean => checkedTrees(desk).length === 1;

/** Finishes whose check failed; the last look that follows a passed check is not one. */
function failedFinishes(desk: WorkDesk): number {
  const refused = ofType(desk.log.events, "call.finished").filter(
    ({ session, tool, ok }) => session === "patch" && tool === "finish" && !ok,
  );
  return refused.length - Math.min(1, checkedTrees(desk).length);
}

/** A pause before the end finds what tests do not. */
const lastLook = ({ diff }: TakenChange): string =>
  `claw's checks pass. Before it is accepted, read your change once more:
<diff>
${keepEnds(diff.patch.toString("utf8"), MAX_DIFF_SHOWN)}
</diff>
- Does it mend the cause, for inputs the tests do not cover too?
- Is the same mistake made elsewhere?
- Is anything in it that the issue does not need?
Mend what is wrong, or call finish again.`;

async function recordDiff(
  desk: WorkDesk,
  { reproduction }: Bases,
  { tree, diff }: Pick<TakenChange, "tree" | "diff">,
  purpose: "patch" | "rejected" = "patch",
): Promise<void> {
  const sum = (count: "added" | "deleted") => diff.files.reduce((total, file) => total + (file[count] ?? 0), 0);
  await desk.log.append({
    type: "diff.taken",
    purpose,
    from: reproduction.tree,
    to: tree,
    patch: desk.log.put(diff.patch),
    files: diff.files.length,
    added: sum("added"),
    deleted: sum("deleted"),
  });
}

/** The accepted patch, as the record holds it. */
async function taken(desk: WorkDesk, tree: string, summary: string): Promise<Patch> {
  const diff = await desk.clone.diff(desk.clone.base.tree, tree);
  return { tree, diff: desk.log.put(diff.patch), summary };
}

/** The end that the words of an accepted finish stand for. */
function givenUp(detail: string): RunEnd {
  const [kind = "", why = detail] = /^(blocked|unproven|refused): ([^]*)$/.exec(detail)?.slice(1) ?? [];
  if (kind === "unproven") {
    return {
      outcome: "unproven",
      reason: `the proof does not hold: ${why}`,
      hint: "look at it with claw diff; allow more --attempts, or try another --model",
    };
  }
  if (kind === "refused") {
    return {
      outcome: "blocked",
      reason: `a gate refused the change: ${why}`,
      hint: "look at it with claw diff; widen claw.yaml if the change is wanted",
    };
  }
  return { outcome: "no-patch", reason: why, hint: "give the issue more detail, or try another --model" };
}

/** A session that was stopped may have left a change that holds all the same: it is checked, and never lost. */
async function afterwards(desk: WorkDesk, bases: Bases, tree: string, end: RunEnd): Promise<Patched> {
  const diff = await desk.clone.diff(bases.reproduction.tree, tree);
  if (diff.files.length === 0) return { end };
  const stopped = end.outcome === "over-budget" || end.outcome === "stuck";
  if (stopped && !desk.signal.aborted) {
    const checked = await checkTree(desk, bases, tree);
    if (checked.holds) {
      await recordDiff(desk, bases, checked.taken);
      return { patch: await taken(desk, tree, `(the session was stopped: ${end.reason})`) };
    }
  }
  await recordDiff(desk, bases, { tree, diff }, "rejected");
  return { end };
}
