import { z } from "zod";
import { type Outcome, SandboxUnavailable, WorkspaceError } from "../../errors.ts";
import { failureSignature } from "../../suite/failure-signature.ts";
import { testName } from "../../suite/failure-groups.ts";
import type { ReportDigest } from "../../suite/read-report.ts";
import { ownFile } from "../../suite/same-test.ts";
import { uniteFound } from "../../suite/unite.ts";
import { type SettleRule, type TriageVerdict, worstVerdict } from "../../suite/verdict.ts";
import { treeOf } from "../../repo/history.ts";
import { plural } from "../../text.ts";
import { latest } from "../../views/run.ts";
import { stage } from "../stage.ts";
import { type RunEnd, type WorkDesk, workflow } from "../workflow.ts";
import { bisect } from "./bisect.ts";
import { type Case, concluded, countRecorded, firstExecutions, type judged } from "./executions.ts";
import { Explained, explain } from "./explain.ts";
import { Judged, Suite, TriageInput } from "./input.ts";
import { observe, planSuite } from "./observe.ts";
import { rerun } from "./reruns.ts";

const Sources = z.object({ notes: z.array(z.string()) });
/** Failing tests, as a blob: there may be thousands. */
const Failing = z.object({ failing: z.string(), count: z.int(), notes: z.array(z.string()) });
const Planned = z.object({ suite: Suite.nullable(), notes: z.array(z.string()) });
export const Verdicts = z.object({
  verdicts: z.string(),
  counts: z.record(z.string(), z.int()),
  worst: z.string().nullable(),
  notes: z.array(z.string()),
});

/** Why is it red? Failing tests from reports, or from the suite run here, each with a verdict that rests on executions. */
export const triage = workflow({
  name: "triage",
  about: "classify failing tests by executing them again, at head and at base",
  input: TriageInput,
  async run(input, desk): Promise<RunEnd> {
    const read = await stage(desk, "read", Sources, () => readReports(desk, input));
    const planned = await stage(desk, "workspace", Planned, () => plan(desk, input));
    const { suite } = planned;
    const seen = await stage(desk, "suite", Failing, () => failingTests(desk, input, suite));
    const cases = await casesOf(desk, input, seen);
    const rule: SettleRule = {
      confidence: input.confidence,
      reruns: suite ? input.reruns : 0,
      hasBase: input.base !== null && suite !== null,
    };
    const from = latest(desk.log.events, "stage.finished")?.seq ?? 0;
    const again = await stage(desk, "reruns", Sources, () => reruns(desk, input, { suite, cases, rule }));
    await countRecorded(cases, desk, seen.count === 0 ? Infinity : stageStart(desk, "suite", from));
    const found = await stage(desk, "verdicts", Verdicts, () =>
      conclude(desk, input, {
        suite,
        cases,
        rule,
        notes: [...read.notes, ...planned.notes, ...seen.notes, ...again.notes],
      }),
    );
    // Words for people: what they say changes no verdict, and that they are missing neither.
    if (input.explain) await stage(desk, "explain", Explained, () => explain(desk, found.verdicts));
    return ending(found, seen.count, input.reports.find(({ complete }) => !complete)?.source);
  },
});

/** Where the failing tests were known: executions after that are reruns. */
function stageStart(desk: WorkDesk, name: string, otherwise: number): number {
  const done = desk.log.events.find((event) => event.type === "stage.finished" && event.stage === name);
  return done?.seq ?? otherwise;
}

async function readReports(
  desk: WorkDesk,
  { reports, notes: unread, baseBecause }: TriageInput,
): Promise<z.infer<typeof Sources>> {
  for (const { complete: _, ...report } of reports) await desk.log.append({ type: "report.read", ...report });
  return {
    notes: [
      ...(baseBecause === "" ? [] : [baseBecause]),
      ...unread,
      ...reports.flatMap(({ source, notes }) => notes.map((note) => `${source}: ${note}`)),
    ],
  };
}

/** How tests are run here. With reports at hand, not being able to is no error. */
async function plan(desk: WorkDesk, input: TriageInput): Promise<z.infer<typeof Planned>> {
  const given = input.reports.length > 0;
  if (given && (input.reruns === 0 || input.reports.every(({ found }) => found === 0)))
    return { suite: null, notes: [] };
  const hint = 'say how they are run: --test-command "…", or test.command in claw.yaml';
  try {
    const suite = await planSuite(desk, input.testCommand);
    if (suite) return { suite, notes: [] };
    if (given)
      return { suite: null, notes: [`nothing was run again: no tests were found in this repository; ${hint}`] };
    throw new WorkspaceError("no tests were found in this repository", hint);
  } catch (error) {
    if (!given || !(error instanceof SandboxUnavailable || error instanceof WorkspaceError)) throw error;
    return { suite: null, notes: [`nothing was run again: ${error.message}; ${error.hint}`] };
  }
}

async function failingTests(desk: WorkDesk, input: TriageInput, suite: Suite | null): Promise<z.infer<typeof Failing>> {
  const digests = await Promise.all(
    input.reports.map(async ({ digest }) => JSON.parse(await desk.log.text(digest)) as ReportDigest),
  );
  const given = digests.flatMap(({ found }, index) =>
    found.map((one) => ({ ...one, source: input.reports[index]?.source ?? null })),
  );
  const here = suite && input.reports.length === 0 ? await observe(desk, suite) : null;
  const all = uniteFound([...given, ...(here?.found ?? []).map((one) => ({ ...one, source: null }))]);
  return { failing: desk.log.putJson(all), count: all.length, notes: [...(here?.notes ?? [])] };
}

/** Failing tests beyond these are judged by what their reports say. */
const MOST_RERUN = 300;

async function casesOf(desk: WorkDesk, input: TriageInput, { failing }: z.infer<typeof Failing>): Promise<Case[]> {
  const all = JSON.parse(await desk.log.text(failing)) as (Case["found"] & { source: string | null })[];
  const files = new Set((await desk.clone.list(desk.clone.base.tree)).map(({ path }) => path));
  const scope = input.reports.length > 0 ? "report" : "suite";
  const base = input.base === null ? null : await treeOf(desk.repository, input.base);
  const atBase = base === null ? null : new Set((await desk.clone.list(base)).map(({ path }) => path));
  return all.map(({ source, ...found }) => {
    const file = found.file === null ? null : ownFile(found.file, files);
    const isNew = file !== null && atBase !== null && !atBase.has(file);
    const absent = { at: "base", scope: "file", result: "absent", ms: null } as const;
    // By its name here, whatever machine the report was made on: the same failure is then known again.
    return {
      found: { ...found, file: file ?? found.file },
      source,
      file,
      executions: [...firstExecutions(found, scope), ...(isNew ? [absent] : [])],
    };
  });
}

interface Looking {
  readonly suite: Suite | null;
  readonly cases: readonly Case[];
  readonly rule: SettleRule;
}

async function reruns(
  desk: WorkDesk,
  input: TriageInput,
  { suite, cases, rule }: Looking,
): Promise<z.infer<typeof Sources>> {
  if (!suite || rule.reruns === 0 || cases.length === 0) return { notes: [] };
  // A command that somebody names is about these tests; otherwise a report must name a file that is here.
  const meant = input.reports.length === 0 || (suite.plan.runner === "generic" && input.testCommand !== null);
  const wanted = cases.filter(({ found, file }) => ["test", "file"].includes(found.kind) && (file !== null || meant));
  const chosen = wanted.slice(0, MOST_RERUN);
  const notes: string[] = [];
  if (wanted.length > chosen.length)
    notes.push(`${wanted.length - chosen.length} failing tests were not run again: the first ${MOST_RERUN} were`);
  if (chosen.length === 0) {
    if (input.reports.length > 0)
      notes.push("nothing was run again: none of the failing tests is in a file of this repository");
    return { notes };
  }
  const trees = {
    head: desk.clone.base.tree,
    base: input.base === null ? null : await treeOf(desk.repository, input.base),
  };
  const working = chosen.map((one) => ({ ...one, executions: [...one.executions] }));
  await countRecorded(working, desk, stageStart(desk, "suite", 0));
  try {
    await rerun(desk, suite, working, trees, rule);
  } catch (error) {
    if (!(error instanceof SandboxUnavailable) || input.reports.length === 0) throw error;
    notes.push(`nothing was run again: ${error.message}; ${error.hint}`);
  }
  return { notes };
}

async function conclude(
  desk: WorkDesk,
  input: TriageInput,
  { suite, cases, rule, notes }: Looking & { readonly notes: readonly string[] },
): Promise<z.infer<typeof Verdicts>> {
  const all = cases.map((one) => ({ one, verdict: concluded(one, rule) }));
  const regressions = all.filter(({ verdict }) => verdict.verdict === "regression").map(({ one }) => one);
  const search =
    suite && input.base !== null && input.bisect > 0 && regressions.length > 0
      ? await bisect(desk, suite, regressions, { base: input.base, budget: input.bisect })
      : null;
  const judgements = all.map(({ one, verdict }) =>
    judgement(one, verdict, search?.first.get(testName(one.found)) ?? null),
  );
  const counts: Record<string, number> = {};
  for (const { verdict } of judgements) counts[verdict] = (counts[verdict] ?? 0) + 1;
  const worst = worstVerdict(judgements.map(({ verdict }) => verdict));
  const verdicts = desk.log.putJson(judgements);
  await desk.log.append({
    type: "failures.judged",
    head: desk.clone.base.commit,
    base: input.base,
    worst,
    counts,
    verdicts,
  });
  return { verdicts, counts, worst, notes: [...notes, ...(search?.notes ?? [])] };
}

/** A judgement from what was read and what was executed. */
export function judgement(
  { found, source }: Pick<Case, "found" | "source">,
  verdict: ReturnType<typeof judged>,
  first: { readonly commit: string; readonly subject: string; readonly author: string } | null,
): Judged {
  const { failures: _, passes: __, timedOut: ___, ...told } = found;
  const { next: ____, ...said } = verdict;
  const firstBad = first && { commit: first.commit, subject: first.subject, author: first.author };
  return {
    ...told,
    titles: [...told.titles],
    ...said,
    head: { ...said.head },
    base: { ...said.base },
    rate: said.rate && { ...said.rate },
    test: testName(found),
    source,
    signature: failureSignature(found),
    firstBad,
  };
}

/** What the shell sees. A build that is broken is a regression of everything; what failed before is nobody's news, but not green. */
const outcomes: Readonly<Record<TriageVerdict, Outcome>> = {
  regression: "regression",
  build: "regression",
  timeout: "timeout",
  unknown: "unknown",
  "pre-existing": "unknown",
  infrastructure: "environment",
  flaky: "flaky",
};

export const outcomeOfVerdict = (worst: TriageVerdict | null): Outcome => (worst === null ? "done" : outcomes[worst]);

/** "3 regressions, 1 flaky" */
const countsText = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .map(([verdict, count]) => `${count} ${verdict}`)
    .join(", ");

function ending({ worst, counts }: z.infer<typeof Verdicts>, count: number, incomplete: string | undefined): RunEnd {
  if (count === 0 && incomplete !== undefined)
    return {
      outcome: "unknown",
      reason: `nothing can be said: ${incomplete} tells of no test, or not of all`,
      hint: "name the report that the test runner wrote",
    };
  if (count === 0) return { outcome: "done", reason: "nothing fails", hint: "" };
  return {
    outcome: outcomeOfVerdict(worst as TriageVerdict | null),
    reason: `${plural(count, "failure")}: ${countsText(counts)}`,
    hint: worst === "regression" ? "have it mended: claw triage --fix" : "",
  };
}
