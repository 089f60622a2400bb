import { TimeIsUp } from "../../errors.ts";
import type { SessionPlan } from "../../agent/converse.ts";
import { native, search } from "../../engines/all.ts";
import { roles } from "../../policy/roles.ts";
import { isTestConfigPath, testPathsWith } from "../../suite/test-paths.ts";
import { keepEnds } from "../../text.ts";
import type { FinishAnswer, FinishRequest } from "../../tools/tool.ts";
import { latest } from "../../views/run.ts";
import { workspaceFor } from "../checkouts.ts";
import { suspectsHint } from "../localise/hint.ts";
import { localise } from "../localise/localise.ts";
import { roleRoom } from "../role-for.ts";
import { openRoom } from "../sandboxes.ts";
import type { RunEnd, WorkDesk } from "../workflow.ts";
import { agentFor } from "./agent-for.ts";
import { type Bases, checkTree } from "./check.ts";
import { answerFinish, passedChanges, recordDiff } from "./patch-finish.ts";
import { handOver, sessionName, throughTiers } from "./escalate.ts";
import { environmentText, guideText, notesText } from "./context.ts";
import { endOf } from "./ends.ts";
import type { FixInput, Patch, Task } from "./input.ts";
import { searchLab } from "./search-lab.ts";

export type Patched = { readonly patch: Patch } | { readonly end: RunEnd };

/** The search cannot do without knowing where to look; this is the longest it may take. */
const LOCALISE_MS = 120_000;

/** What helps after a search in vain: more of the same only where its limits ended it. */
const searchHint = (desk: WorkDesk): string =>
  `${latest(desk.log.events, "search.tried")?.why === "limits" ? "let it try more changes with --timeout and --candidates" : "try more changes with --deep"}, or a model, which can make larger ones: --engine native --model <name>`;

/** An engine changes the code, in a workspace that holds the frozen reproduction, until claw's own check passes. */
export const patch = (desk: WorkDesk, input: FixInput, task: Task, bases: Bases): Promise<Patched> =>
  throughTiers(desk, "patch", () => attempt(desk, input, task, bases));

/** One model's attempt, in a workspace of its own. */
async function attempt(desk: WorkDesk, input: FixInput, task: Task, bases: Bases): Promise<Patched> {
  const { reproduction, setup } = bases;
  const session = sessionName(desk, "patch");
  const dir = await workspaceFor(desk, session, reproduction.tree);
  const room = await openRoom(desk, {
    purpose: "patch",
    dir,
    tree: reproduction.tree,
    dependencies: setup.dependencies,
    frozen: reproduction.files,
    ...(await roleRoom(desk, roles.patch)),
  });
  try {
    const finish = (request: FinishRequest): Promise<FinishAnswer> => answerFinish(desk, bases, dir, request);
    let leftAlone: readonly string[] = [];
    const ended = await (input.engine === "search" ? search : native).patch({
      session: () => patchSession(desk, task, bases),
      agent: () => agentFor(desk, roles.patch, { sandbox: room.sandbox, finish, dir, session }),
      lab: async () => {
        await startOver(desk, dir, reproduction.tree);
        await room.sandbox.handOver();
        const found = await localise(desk, bases, LOCALISE_MS);
        const lab = await searchLab(desk, { bases, found, options: input.search, room, finish });
        leftAlone = lab.leftAlone;
        return lab;
      },
      signal: desk.signal,
    });
    const accepted = ended.reason === "finished" && ended.detail.startsWith("done: ");
    const checked = passedChanges(desk).at(-1);
    // What passed once is not lost because the session went on, and astray, after the last look.
    if (checked)
      return {
        patch: await taken(
          desk,
          bases,
          checked.to,
          accepted
            ? ended.detail.slice("done: ".length)
            : `${checked.summary}\n(The session was stopped later: ${ended.detail})`,
        ),
      };
    const end = ended.reason === "finished" ? givenUp(ended.detail, bases) : endOf(ended, "no-patch");
    const hint = input.engine === "search" && ended.reason === "gave-up" ? searchHint(desk) : end.hint;
    const unseen = leftAlone.length > 0 ? `; left alone, too long or no text: ${leftAlone.join(", ")}` : "";
    return await afterwards(desk, bases, await desk.clone.snapshot(dir), { ...end, reason: end.reason + unseen, hint });
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
    guide: (await notesText(desk)) + (await guideText(desk)),
    reproduction: reproductionText(reproduction),
    failure: reproduction.failure,
    suspects: (await handOver(desk, "patch")) + (await suspectsHint(desk, bases)),
    source: task.source,
    issue: await desk.log.text(task.body),
  };
  return { id: sessionName(desk, "patch"), slots };
}

/** Where the test is, and what its author made of the bug: not checked by anyone. */
function reproductionText({ files, plan, existing, summary }: Bases["reproduction"]): string {
  if (files.length === 0) return plan.shell;
  if (existing) return files.join(", ");
  return `${files.join(", ")} (added on top of the base: git show HEAD). Its author thinks: ${keepEnds(summary, 600)}`;
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
  if (diff.files.length > 0) await recordDiff(desk, bases, { tree, diff }, { purpose: "rejected", summary: "" });
}

/** The accepted patch, as the record holds it. */
async function taken(desk: WorkDesk, bases: Bases, tree: string, summary: string): Promise<Patch> {
  const [whole, own] = await Promise.all([
    desk.clone.diff(desk.clone.base.tree, tree),
    desk.clone.diff(bases.reproduction.tree, tree),
  ]);
  const isTest = testPathsWith(desk.manifest.test.files);
  const tests = own.files.map(({ path }) => path).filter((path) => isTest(path) && !isTestConfigPath(path));
  return { tree, diff: desk.log.put(whole.patch), summary, tests };
}

/** The end that the words of an accepted finish stand for. */
function givenUp(detail: string, { reproduction }: Bases): RunEnd {
  const [kind = "", why = detail] = /^(blocked|unproven|refused): ([^]*)$/.exec(detail)?.slice(1) ?? [];
  if (kind === "unproven") {
    return {
      outcome: "unproven",
      reason: `the proof does not hold: ${why}`,
      hint: "read it with claw diff, the reproduction first: can it pass at all? Then more --attempts, or another --model",
    };
  }
  if (kind === "refused") {
    return {
      outcome: "blocked",
      reason: `a gate refused the change: ${why}`,
      hint: why.startsWith("regressions: ")
        ? "it mends the bug and breaks what worked: read it with claw diff; more --attempts, or another --model"
        : "look at it with claw diff; widen claw.yaml if the change is wanted",
    };
  }
  const kept = reproduction.existing ? "" : "the test that shows the bug is kept: claw diff; ";
  return { outcome: "no-patch", reason: why, hint: `${kept}give the issue more detail, or try another --model` };
}

/** A session that was stopped may have left a change that holds all the same: it is checked, and never lost. */
async function afterwards(desk: WorkDesk, bases: Bases, tree: string, end: RunEnd): Promise<Patched> {
  const diff = await desk.clone.diff(bases.reproduction.tree, tree);
  if (diff.files.length === 0) return { end };
  const stopped = end.outcome === "over-budget" || end.outcome === "stuck";
  if (stopped && !desk.signal.aborted) {
    const checked = await checkTree(desk, bases, tree);
    if (checked.holds) {
      await recordDiff(desk, bases, checked.taken, { purpose: "patch", summary: "" });
      return { patch: await taken(desk, bases, tree, `(the session was stopped: ${end.reason})`) };
    }
  }
  await recordDiff(desk, bases, { tree, diff }, { purpose: "rejected", summary: "" });
  return { end };
}
