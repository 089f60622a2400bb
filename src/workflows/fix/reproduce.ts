import { converse } from "../../agent/converse.ts";
import { WorkspaceError } from "../../errors.ts";
import type { EventOf } from "../../ledger/events.ts";
import { roles } from "../../policy/roles.ts";
import { planFromCommand } from "../../suite/detect.ts";
import { failureText } from "../../suite/failure-text.ts";
import { testOf } from "../../suite/same-test.ts";
import { failedTests, type SuitePlan, type SuiteResult } from "../../suite/suite.ts";
import { isTestConfigPath, testPathsWith } from "../../suite/test-paths.ts";
import { ofType } from "../../views/run.ts";
import { workspaceFor } from "../checkouts.ts";
import { roleRoom } from "../role-for.ts";
import { openRoom } from "../sandboxes.ts";
import { keepTree } from "../snapshots.ts";
import { recordedSuites, resultOf, runSuite, type SuiteRun } from "../suite-run.ts";
import type { FinishAnswer, FinishRequest } from "../../tools/tool.ts";
import type { RunEnd, WorkDesk } from "../workflow.ts";
import { agentFor } from "./agent-for.ts";
import { suiteTree } from "./baseline.ts";
import { environmentText, guideText, notesText } from "./context.ts";
import { handOver, sessionName, throughTiers } from "./escalate.ts";
import { endOf } from "./ends.ts";
import { gaveUp } from "./patch-finish.ts";
import type { Baseline, FixInput, Reproduction, Task } from "./input.ts";
import type { Setup } from "./setup.ts";

/** Executions on the base that must agree before a test counts as failing. */
const REPEATS = 3;

export interface ReproduceInput {
  readonly fix: FixInput;
  readonly task: Task;
  readonly setup: Setup;
  readonly baseline: Baseline;
}

export type Reproduced = { readonly reproduction: Reproduction } | { readonly end: RunEnd };

/** A test that fails on the base: the one the user names, or one a session writes. claw sees it fail itself. */
export const reproduce = (desk: WorkDesk, input: ReproduceInput): Promise<Reproduced> =>
  input.fix.repro === null
    ? throughTiers(desk, "reproduce", () => writeTest(desk, input))
    : namedTest(desk, input, input.fix.repro);

/** One word with an ending: no command looks like this. */
const looksLikeFile = /^[\w./@+-]+\.(?:[cm]?[jt]sx?|py)$/;

async function namedTest(desk: WorkDesk, { fix, setup, baseline }: ReproduceInput, repro: string): Promise<Reproduced> {
  const { tree } = desk.clone.base;
  const listed = await suiteTree(desk);
  const path = repro.split("::", 1)[0]?.replace(/^\.\//, "") ?? repro;
  const isFile = listed.files.includes(path);
  if (!isFile && looksLikeFile.test(path))
    return notReproduced(
      `there is no ${path} in the commit that the run starts from`,
      "commit it, or name another test or a command",
    );
  const { hangs } = baseline.plan;
  const plan: SuitePlan = isFile
    ? baseline.plan
    : { ...planFromCommand(repro, "--repro", listed), ...(hangs && { hangs }) };
  const files = isFile ? [path] : [];
  const seen = await repeat(desk, { plan, setup, tree, files });
  if ("problem" in seen)
    return notReproduced(`${repro} does not fail on the base: ${seen.problem}`, "name a test that fails there");
  const failing = failingOf(fix, isFile ? path : null, seen.result);
  if (failing.length === 0)
    return notReproduced(`what fails in ${repro} is not the test that was named`, "name a test that fails there");
  const reproduction = {
    tree,
    files,
    plan: storable(plan),
    failing,
    failure: failureText(seen.result, undefined, fix.only.length === 0 ? null : failing),
    summary: repro,
    existing: true,
  };
  return { reproduction };
}

/** Ids of the failing tests that show the bug: those that were named, else all. */
function failingOf({ only }: FixInput, file: string | null, result: SuiteResult): string[] {
  const tests =
    only.length === 0 || !result.structured
      ? failedTests(result)
      : only.flatMap((one) => testOf(one, file, result) ?? []).filter(({ status }) => status === "failed");
  return [...new Set(tests.map(({ id }) => id))];
}

async function writeTest(desk: WorkDesk, input: ReproduceInput): Promise<Reproduced> {
  const { task, setup, baseline } = input;
  const base = desk.clone.base.tree;
  const session = sessionName(desk, "reproduce");
  const baseResult = await baselineResult(desk, baseline);
  const dir = await workspaceFor(desk, session, base);
  const room = await openRoom(desk, {
    purpose: "reproduce",
    dir,
    tree: base,
    dependencies: setup.dependencies,
    ...(await roleRoom(desk, roles.reproduce)),
  });
  try {
    const finish = async ({ outcome, summary }: FinishRequest): Promise<FinishAnswer> =>
      outcome === "blocked"
        ? { accepted: true, detail: `blocked: ${gaveUp({ summary })}` }
        : checkReproduction(desk, { setup, plan: baseline.plan, dir, baseResult, summary });
    const agent = await agentFor(desk, roles.reproduce, { sandbox: room.sandbox, finish, dir, session });
    const slots = {
      environment: environmentText(desk, baseline.plan.shell),
      guide: (await handOver(desk, "reproduce")) + (await notesText(desk)) + (await guideText(desk)),
      source: task.source,
      issue: await desk.log.text(task.body),
    };
    const ended = await converse({ id: session, slots }, agent, desk.signal);
    const taken = takenReproduction(desk);
    // What failed as it should is not lost because the session went astray after it was asked for more.
    if (taken) return { reproduction: await recordedReproduction(desk, baseline, baseResult, taken) };
    if (ended.reason !== "finished") return { end: endOf(ended, "not-reproduced") };
    const reason = ended.detail.replace(/^blocked: /, "");
    return notReproduced(reason, "give the issue more detail, or name a failing test with --repro");
  } finally {
    await room.close();
  }
}

interface Check {
  readonly setup: Setup;
  readonly plan: SuitePlan;
  readonly dir: string;
  readonly baseResult: SuiteResult;
  readonly summary: string;
}

/** Is what the session left a reproduction? Either it is accepted, or the session is told what is missing. */
async function checkReproduction(
  desk: WorkDesk,
  { setup, plan, dir, baseResult, summary }: Check,
): Promise<FinishAnswer> {
  const refuse = (message: string): FinishAnswer => ({ accepted: false, message: `not accepted: ${message}` });
  const base = desk.clone.base.tree;
  const tree = await desk.clone.snapshot(dir);
  const { files, patch, refused } = await desk.clone.diff(base, tree);
  if (files.length === 0) return refuse("no test was added");
  const [forbidden] = refused;
  if (forbidden) return refuse(`${forbidden.path}: ${forbidden.why}`);
  const isTest = testPathsWith(desk.manifest.test.files);
  const others = files.map(({ path }) => path).filter((path) => !isTest(path) || isTestConfigPath(path));
  if (others.length > 0) return refuse(`${othersChanged(others)}${whatTestsAre(desk)}`);
  const rewritten = files.filter(({ deleted, status }) => (deleted ?? 0) > 0 || status === "deleted");
  if (rewritten.length > 0)
    return refuse(
      `existing tests may only be added to; lines were removed from ${rewritten.map(({ path }) => path).join(", ")}`,
    );

  if (takenReproduction(desk)?.to === tree) return { accepted: true, detail: summary };
  const paths = files.map(({ path }) => path);
  const seen = await repeat(desk, { plan, setup, tree, files: paths });
  if ("problem" in seen) return refuse(seen.problem);
  const shows = newFailures(seen.result, baseResult);
  if (shows.length === 0) return refuse("no new test fails: what fails also fails without it");
  const unloaded = shows.filter(({ loadError }) => loadError);
  if (unloaded.length > 0) {
    return refuse(`the test must load and fail by an assertion, but it does not load:\n${failureText(seen.result)}`);
  }
  const first = takenReproduction(desk) === undefined;
  await keepTree(desk, sessionName(desk, "reproduce"), tree);
  await desk.log.append({
    type: "diff.taken",
    purpose: "reproduction",
    from: base,
    to: tree,
    patch: desk.log.put(patch),
    files: files.length,
    added: files.reduce((sum, { added }) => sum + (added ?? 0), 0),
    deleted: 0,
    summary,
  });
  if (!first || shows.length > 1) return { accepted: true, detail: summary };
  return {
    accepted: false,
    message:
      "claw's checks pass: it fails as it should. But it is one test, it is frozen from here on, and a patch could be made for just this input. " +
      "Add tests for other inputs that the issue implies, then finish again; if there are none, just finish again.",
  };
}

const othersChanged = (paths: readonly string[]): string =>
  `only test files may change in this step; put these back: ${paths.slice(0, 8).join(", ")}`;

/** Without this, a session in a repository with names of its own cannot know what is wanted. */
function whatTestsAre({ manifest }: WorkDesk): string {
  const own = manifest.test.files.length > 0 ? `, or match ${manifest.test.files.join(", ")}` : "";
  return `\nTest files are those whose name or folder says test or spec, as in a.test.js, test_a.py or tests/${own}; people name others in claw.yaml (test.files).`;
}

/** The newest change of this session that was seen to fail as it should. */
const takenReproduction = (desk: WorkDesk): EventOf<"diff.taken"> | undefined =>
  ofType(desk.log.events, "diff.taken").findLast(({ purpose }) => purpose === "reproduction");

/** Tests that fail now and did not fail on the base. */
function newFailures(now: SuiteResult, base: SuiteResult) {
  const before = new Set(failedTests(base).map(({ id }) => id));
  return failedTests(now).filter(({ id }) => !before.has(id));
}

interface Repeated {
  readonly plan: SuitePlan;
  readonly setup: Setup;
  readonly tree: string;
  readonly files: readonly string[];
}

/** Runs a test several times on one tree. It must fail every time, and every time the same way. */
export async function repeat(
  desk: WorkDesk,
  { plan, setup, tree, files }: Repeated,
): Promise<SuiteRun | { readonly problem: string }> {
  const bench = { plan, dependencies: setup.dependencies };
  let first: SuiteRun | null = null;
  for (let turn = 1; turn <= REPEATS; turn++) {
    const run = await runSuite(desk, bench, { purpose: "red-on-base", tree, files });
    if (run.fact.verdict === "broken") return { problem: `the test could not be judged: ${failureText(run.result)}` };
    if (run.fact.verdict === "green") {
      return {
        problem: first
          ? "it is flaky: it failed once and passed once on the same code"
          : "the test passes on the base, so it does not show the bug",
      };
    }
    first ??= run;
    if (run.fact.signature !== first.fact.signature)
      return { problem: "it is flaky: it fails differently from run to run on the same code" };
  }
  if (!first) throw new WorkspaceError("the test was never run", "report this");
  return first;
}

export const baselineResult = async (desk: WorkDesk, { ran }: Baseline): Promise<SuiteResult> => {
  const fact = ofType(desk.log.events, "suite.ran").find(({ seq }) => seq === ran);
  if (!fact) throw new WorkspaceError("the run has no baseline on record", "start a new run");
  return resultOf(desk, fact);
};

/** The accepted reproduction, read back from the record: the same whether it was accepted now or before a crash. */
async function recordedReproduction(
  desk: WorkDesk,
  baseline: Baseline,
  baseResult: SuiteResult,
  { to: tree, summary }: EventOf<"diff.taken">,
): Promise<Reproduction> {
  const files = (await desk.clone.diff(desk.clone.base.tree, tree)).files.map(({ path }) => path);
  const [seen] = await recordedSuites(desk, { tree, files, plan: baseline.plan });
  if (!seen) throw new WorkspaceError("the run has no execution of its reproduction on record", "start a new run");
  return {
    tree,
    files,
    plan: baseline.plan,
    failing: newFailures(seen.result, baseResult).map(({ id }) => id),
    failure: failureText(seen.result),
    summary,
    existing: false,
  };
}

export const storable = (plan: SuitePlan) => ({ ...plan, leftOut: [...plan.leftOut], flags: [...plan.flags] });

export const notReproduced = (reason: string, hint: string): Reproduced => ({
  end: { outcome: "not-reproduced", reason, hint },
});
