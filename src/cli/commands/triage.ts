import { z } from "zod";
import { ClawError, exitCodes, UsageError, WorkspaceError } from "../../errors.ts";
import { triageGroups } from "../../reports/triage-rows.ts";
import type { Repository } from "../../repo/repository.ts";
import { judge, type TriageVerdict, worstVerdict } from "../../suite/verdict.ts";
import { uniteFound } from "../../suite/unite.ts";
import type { FinishedRun } from "../../workflows/start.ts";
import { command, type CommandDesk } from "../command.ts";
import { notifyOptions } from "../notify-options.ts";
import { numberOption } from "../number-option.ts";
import { engineOption } from "../engine-choice.ts";
import { findBase } from "../triage/find-base.ts";
import { forRecord } from "../triage/for-record.ts";
import { fixAndTell } from "../triage/tell-fixes.ts";
import { explainLimits, explainModel } from "../triage/explain-wish.ts";
import { tellHistory } from "../triage/history.ts";
import { tellTriage } from "../triage/outputs.ts";
import { type ReadReport, readReports } from "../triage/read-files.ts";
import { commentOf, refuseLonely, tryComment } from "../triage/comment.ts";
import { refuseMixed } from "../triage/refuse-mixed.ts";
import { refuseElsewhere, refuseStale } from "../triage/stale.ts";
import { tellRun, totalsOf } from "../triage/tell-run.ts";
import { watchRun } from "../watch-run.ts";

const given = z.string().trim().min(1, "must not be empty").optional();
const DEFAULT_RERUNS = 10;
const DEFAULT_BISECT = 20;
const DEFAULT_MINUTES = 30;
const CONFIDENCE = 0.95;

const Input = z.object({
  report: z.array(z.string()).default([]),
  against: given,
  reruns: numberOption({ min: 0, max: 100, whole: true }),
  confidence: numberOption({ min: 50, max: 99.9 }),
  bisect: numberOption({ min: 0, max: 1000, whole: true }),
  testCommand: given,
  timeout: numberOption({ min: 0.1, max: 10_080 }),
  allowStale: z.boolean().default(false),
  junit: given,
  sarif: given,
  markdown: given,
  json: z.boolean().default(false),
  exitZero: z.boolean().default(false),
  run: given,
  quarantine: given,
  history: z.boolean().default(false),
  yes: z.boolean().default(false),
  notify: z.boolean().optional(),
  explain: z.boolean().default(false),
  fix: z.boolean().default(false),
  engine: engineOption,
  model: given,
  budgetUsd: numberOption({ min: 0.01, max: 10_000 }),
  comment: z.boolean().default(false),
  pr: given,
  of: given,
});
type Input = z.infer<typeof Input>;

const more = `Without a report the suite is run here. Reports are files, folders, or - for standard input: JUnit XML, TAP, JSON of jest,
vitest, mocha, playwright, pytest and rspec, go test -json, and logs in which anything may be mixed. What they are is seen
in their content. Failing tests of this repository are executed again in the sandbox, at head and at base. No model decides.

Examples:
  claw triage
  claw triage report.xml build.log
  claw triage --against origin/main --reruns 5
  claw triage --run https://github.com/o/r/actions/runs/123
  gh run view 123 --log-failed | claw triage -
  claw triage reports/ --junit verdicts.xml --sarif verdicts.sarif
  claw triage --explain
  claw triage --fix --budget-usd 5
  claw triage --history
  claw triage report.xml --comment --pr 12

A fix is never published by this: it stays on a local branch (claw publish <run>), and the exit code stays that of the
verdicts, because what is checked out still fails. claw tree shows which run fixed what.

Exit codes, by the worst verdict; --exit-zero gives 0 instead:
   0 nothing fails
  30 regression: fails at head and not at base; or it does not build
  33 timeout
  34 unknown, or failing at base as well
  32 infrastructure: network, disk, memory, a missing tool, a lost runner
  31 flaky: both results at one commit`;

export const triage = command({
  arguments: "[report...]",
  options: [
    ["--run <url>", "read what this GitHub Actions run left: logs of failed jobs, and reports in its artifacts"],
    ["--against <ref>", "what head is compared with (default: where it left the default branch)"],
    ["--reruns <n>", `executions of a failing test at one commit, at most; 0 for none (default: ${DEFAULT_RERUNS})`],
    ["--confidence <percent>", "how sure a verdict shall be (default: 95)"],
    ["--bisect <n>", `commits tried for the first bad one, at most; 0 for none (default: ${DEFAULT_BISECT})`],
    ["--test-command <command>", "how the whole test suite is run"],
    ["--timeout <minutes>", `most time (default: ${DEFAULT_MINUTES})`],
    ["--allow-stale", "read reports that are older than the commit they are read for"],
    ["--junit <file>", "write the failures with their verdicts as JUnit XML"],
    ["--sarif <file>", "write them as SARIF"],
    ["--markdown <file>", "write what GITHUB_STEP_SUMMARY gets"],
    [
      "--quarantine <file>",
      "write a proposal to leave flaky tests out, with owner, reason, expiry and task; nothing is skipped by it",
    ],
    ["--history", "tell the failures of this repository that were triaged before: first seen, last seen, how often"],
    ["--json", "print events and, at last, the verdicts and the result as lines of JSON"],
    ["--explain", "have the model say what probably lies behind the failures; one request, and it decides nothing"],
    ["--fix", "then try a fix of each regression, whose reproduction is the failing test; of nothing else"],
    ["--engine <name>", "--fix: who writes the patch, native (a model) or search"],
    ["--model <name>", "--fix, --explain: <endpoint>/<model>, a model, or scripted:<file>"],
    ["--budget-usd <n>", "--fix: most money for all fixes together, in US dollars (default: from config.yaml, 2)"],
    ["--comment", "say it on the pull request, in one comment that is edited in place (forge.publish in config.yaml)"],
    ["--pr <n>", "--comment: the pull request, by its number or address (default: that of the GitHub event)"],
    ["--of <run>", "--comment: say what this run found; nothing is executed"],
    ["--exit-zero", "end with 0 whatever the verdicts are"],
    ...notifyOptions,
    ["--yes", "ask nothing: install packages from their registry when they are needed"],
  ],
  more,
  times: true,
  input: Input,
  async run(input, desk) {
    if (input.fix) await (await import("../event-issue.ts")).refuseEvent(desk);
    refuseLonely(input);
    if (input.of !== undefined) return commentOf(input, desk);
    const repository = await repositoryHere(desk);
    refuseMixed(input, repository);
    if (input.history) return tellHistory(repository, input, desk);
    const fetched =
      input.run === undefined ? null : await (await import("../triage/read-ci-run.ts")).readCiRun(input.run, desk);
    const reports = [...(await readReports(input.report, desk)), ...(fetched?.reports ?? [])];
    const notes = fetched?.notes ?? [];
    if (fetched && reports.length === 0) {
      for (const note of notes) desk.err(note);
      if (fetched.red) desk.err("the run failed, and nothing that it left can be read");
      else desk.err("no job of that run failed");
      return fetched.red && !input.exitZero ? exitCodes.unknown : 0;
    }
    if (repository === null && reports.length === 0)
      throw new WorkspaceError(
        "this is no git repository, and no report was given",
        "name reports: claw triage report.xml, or go into a repository",
      );
    if (repository && !input.allowStale) {
      await refuseStale(repository, reports);
      if (fetched) await refuseElsewhere(repository, fetched.commit, fetched.reports);
    }
    const code = repository
      ? await here(input, { repository, reports, notes }, desk)
      : await elsewhere(input, { reports, notes }, desk);
    return input.exitZero && code >= exitCodes.regression && code <= exitCodes.unknown ? 0 : code;
  },
});

async function repositoryHere(desk: CommandDesk): Promise<Repository | null> {
  const { openRepository } = await import("../../repo/repository.ts");
  const { config } = await desk.app();
  return openRepository(desk.cwd, { searchPath: config.path, home: config.userHome }).catch((error: unknown) => {
    if (error instanceof ClawError && error.outcome === "workspace") return null;
    throw error;
  });
}

interface Given {
  readonly reports: readonly ReadReport[];
  /** What was to be read and was not, and why. */
  readonly notes: readonly string[];
}

/** A run in the ledger, with executions. */
async function here(
  input: Input,
  { repository, reports, notes }: Given & { readonly repository: Repository },
  desk: CommandDesk,
): Promise<number> {
  const app = await desk.app();
  const { triage: workflow } = await import("../../workflows/triage/triage.ts");
  const base = await findBase(repository, input.against, app.config);
  const wallMs = Math.round((input.timeout ?? DEFAULT_MINUTES) * 60_000);
  const yes = input.yes || reports.some(({ source }) => source === "standard input");
  let interrupted: number | null = null;
  let unsaid = 0;
  const tell = async (finished: FinishedRun): Promise<void> => {
    const triaged = await tellRun(finished, input, desk);
    if (input.comment && triaged) unsaid = await tryComment(triaged, input, desk);
    if (input.fix && triaged) interrupted = await fixAndTell(triaged, { ...input, yes }, desk);
  };
  const code = await watchRun(desk, { json: input.json, yes, tell, notify: input.notify }, (_, watch) =>
    app.start({
      ...watch,
      workflow,
      cwd: desk.cwd,
      baseRef: undefined,
      model: input.explain ? explainModel(input, app.config) : { label: null },
      limits: {
        ...(input.explain ? explainLimits(app.config.user) : { usdNano: null, turns: 0, tokens: 0 }),
        wallMs,
        attempts: 1,
      },
      tokenCap: app.config.user.budget.tokens !== undefined,
      input: (put) => ({
        reports: reports.map((report) => forRecord(report, put)),
        notes,
        testCommand: input.testCommand ?? null,
        base: base.commit,
        baseBecause: base.because,
        reruns: input.reruns ?? DEFAULT_RERUNS,
        confidence: (input.confidence ?? CONFIDENCE * 100) / 100,
        bisect: input.bisect ?? DEFAULT_BISECT,
        explain: input.explain,
        fix: input.fix ? fixWanted(input) : null,
      }),
    }),
  );
  return interrupted ?? (unsaid > 0 && (code === 0 || input.exitZero) ? unsaid : code);
}

/** How fixes are to be made, for the record: whoever resumes the run makes them so. */
const fixWanted = ({ engine, model, budgetUsd }: Input) => ({
  ...(engine !== undefined && { engine }),
  ...(model !== undefined && { model }),
  ...(budgetUsd !== undefined && { budgetUsd }),
});

/** Outside of any repository: what the reports say, and nothing is executed or recorded. */
async function elsewhere(input: Input, { reports, notes: unread }: Given, desk: CommandDesk): Promise<number> {
  const { firstExecutions } = await import("../../workflows/triage/executions.ts");
  const { judgement, outcomeOfVerdict } = await import("../../workflows/triage/triage.ts");
  if (reports.length === 0) throw new UsageError("no report was given", "claw triage report.xml");
  const all = uniteFound(reports.flatMap(({ source, digest }) => digest.found.map((found) => ({ ...found, source }))));
  const failures = all.map((found) => {
    const rule = { confidence: CONFIDENCE, reruns: 0, hasBase: false };
    return judgement(
      { found, source: "source" in found ? String(found.source) : null },
      judge(found, firstExecutions(found, "report"), rule),
      null,
    );
  });
  const notes = [
    ...unread,
    ...reports.flatMap(({ source, digest }) => digest.notes.map((note) => `${source}: ${note}`)),
    "this is no git repository: nothing was run again, and nothing is recorded",
  ];
  await tellTriage(
    { run: null, head: null, base: null, failures, groups: triageGroups(failures), notes, totals: totalsOf(reports) },
    input,
    desk,
  );
  // What tells of no test does not tell that none fails.
  if (failures.length === 0 && reports.some(({ digest }) => !digest.complete)) return exitCodes.unknown;
  return exitCodes[outcomeOfVerdict(worstVerdict(failures.map(({ verdict }) => verdict as TriageVerdict)))];
}
