import { type Execution, joinLines, type Lines } from "../../suite/coverage.ts";
import { lcovLines } from "../../suite/coverage-lcov.ts";
import { coveragePyLines, tracedTests } from "../../suite/coverage-python.ts";
import { v8Lines } from "../../suite/coverage-v8.ts";
import { selectTests } from "../../suite/select-tests.ts";
import { readResults } from "../../suite/read-results.ts";
import { suiteCommand } from "../../suite/command.ts";
import { failedTests, type SuitePlan, type SuiteResult, type TestResult } from "../../suite/suite.ts";
import type { Room } from "../sandboxes.ts";
import { nodeProbe, PROBE_DIR, pytestProbe } from "./probes.ts";

/** What is looked at, and for how long. */
export interface SpectrumRequest {
  readonly room: Room;
  /** How the whole suite is run, and what it said on the base. */
  readonly plan: SuitePlan;
  readonly baseResult: SuiteResult;
  /** How the tests that show the bug are run, and what they said. */
  readonly shown: {
    readonly plan: SuitePlan;
    readonly files: readonly string[];
    readonly failing: readonly string[];
    readonly result: SuiteResult;
  };
  /** May the whole suite be run once more, several times slower? */
  readonly whole: boolean;
  /** Milliseconds left. */
  readonly left: () => number;
  readonly signal: AbortSignal;
}

const ROOT = "/workspace";
/** Where coverage tools leave what a command of the project's own measured: lcov, or coverage.py's JSON. */
const OWN_REPORTS = "coverage/lcov.info lcov.info coverage.lcov coverage.json";
const MAX_BYTES = 128 * 2 ** 20;
/** Test files beyond those with the bug whose lines are looked at, each in a run of its own. */
const MAX_FILES = 24;

/** Which lines the failing tests run, and which the passing ones do. Empty when no probe could say. */
export async function spectrum(request: SpectrumRequest): Promise<Execution[]> {
  // No probe looks into these.
  if (["go", "cargo", "rspec", "maven"].includes(request.plan.runner)) return [];
  await putProbes(request);
  return request.plan.runner === "pytest" ? pytestSpectrum(request) : nodeSpectrum(request);
}

async function putProbes({ room, signal }: SpectrumRequest): Promise<void> {
  const texts = { "probe.mjs": nodeProbe, "claw_probe.py": pytestProbe };
  for (const [name, text] of Object.entries(texts)) {
    await room.sandbox.exec(["/bin/bash", "-c", `mkdir -p ${PROBE_DIR} && cat >${PROBE_DIR}/${name}`], {
      stdin: text,
      signal,
    });
  }
}

/** One run: the plugin tells the tests apart. Failures that have nothing to do with the bug say nothing about it. */
async function pytestSpectrum(request: SpectrumRequest): Promise<Execution[]> {
  const { plan, shown, whole } = request;
  const { written } = await probe(request, whole ? { plan, files: [] } : shown, ["-p", "claw_probe"]);
  const tests = tracedTests(written, ROOT);
  const wanted = new Set(shown.failing);
  const about = wanted.size === 0 ? tests : tests.filter(({ id, failed }) => !failed || wanted.has(id));
  return about.filter(({ lines }) => lines.size > 0);
}

/** Runs of whole files, with the failing tests of a file apart from its passing ones where the runner can select. */
async function nodeSpectrum(request: SpectrumRequest): Promise<Execution[]> {
  const { plan, baseResult, shown } = request;
  const failing = failedTests(shown.result).filter(
    ({ id }) => shown.failing.length === 0 || shown.failing.includes(id),
  );
  const passing = shown.result.tests.filter(({ status }) => status === "passed");
  const only = selectTests(shown.plan.runner, "only", failing);
  const without = selectTests(shown.plan.runner, "without", failedTests(shown.result));
  const run = async (what: Part, failed: boolean, flags: readonly string[], id: string): Promise<Execution | null> => {
    const { written, reports, result } = await probe(request, what, flags);
    // A selection that selects nothing, or too much, would point anywhere.
    const asMeant = !result.structured || failed === failedTests(result).length > 0;
    return asMeant ? { id, file: what.files[0] ?? null, failed, lines: linesOf(written, reports) } : null;
  };

  const found: (Execution | null)[] = [];
  const apart = passing.length > 0 && only && without ? await run(shown, true, only, "failing tests") : null;
  found.push(apart ?? (await run(shown, true, [], "tests with the bug")));
  if (apart && without && request.left() > 0) found.push(await run(shown, false, without, "passing tests beside them"));
  for (const file of otherFiles(baseResult, [...failing, ...passing]).slice(0, MAX_FILES)) {
    if (request.left() <= 0) break;
    found.push(await run({ plan, files: [file] }, false, [], file));
  }
  return found.filter((each) => each !== null).filter(({ lines }) => lines.size > 0);
}

/** What V8 counted; where no Node process ran the code, what a coverage tool of the project's own left behind. */
function linesOf(written: string, reports: string): Lines {
  const counted = v8Lines(written, ROOT);
  return counted.size > 0 ? counted : joinLines([lcovLines(reports, ROOT), coveragePyLines(reports, ROOT)]);
}

/** Files of the suite whose tests all pass, and which were not looked at yet. */
function otherFiles(baseResult: SuiteResult, seen: readonly TestResult[]): string[] {
  const taken = new Set([...seen, ...failedTests(baseResult)].map(({ file }) => file));
  const files = baseResult.tests.flatMap(({ file, status }) =>
    file !== null && status === "passed" && !taken.has(file) ? [file] : [],
  );
  return [...new Set(files)].toSorted();
}

interface Part {
  readonly plan: SuitePlan;
  readonly files: readonly string[];
}

/** Runs a part of the suite with the probes in it, and gives back what they wrote. */
async function probe(
  { room, left, signal }: SpectrumRequest,
  { plan, files }: Part,
  flags: readonly string[],
): Promise<{ readonly written: string; readonly reports: string; readonly result: SuiteResult }> {
  const report = `${PROBE_DIR}/report`;
  const command = suiteCommand({ ...plan, flags: [...plan.flags, ...flags] }, { files, report });
  const shell = [
    `rm -f ${PROBE_DIR}/*.json ${PROBE_DIR}/all ${OWN_REPORTS}`,
    `export NODE_OPTIONS="--import file://${PROBE_DIR}/probe.mjs?root=${ROOT}" PYTHONPATH="${PROBE_DIR}\${PYTHONPATH:+:$PYTHONPATH}"`,
    command.shell,
    `unset NODE_OPTIONS`,
    `for file in ${PROBE_DIR}/*.json; do [ -f "$file" ] && cat "$file" && echo; done >${PROBE_DIR}/all`,
    `for file in ${OWN_REPORTS}; do [ -f "$file" ] && cat "$file" && break; done >${PROBE_DIR}/reports`,
  ].join("\n");
  const { exitCode, killed } = await room.sandbox.exec(["/bin/bash", "-c", shell], {
    env: command.env,
    merge: true,
    signal,
    wallMs: Math.max(1000, left()),
  });
  const collect = async (path: string): Promise<string | null> =>
    (await room.sandbox.collect(path, MAX_BYTES))?.toString("utf8") ?? null;
  const [written, reports] = await Promise.all([collect(`${PROBE_DIR}/all`), collect(`${PROBE_DIR}/reports`)]);
  const result = readResults(plan, { report: await collect(report), exitCode, killed });
  return { written: written ?? "", reports: reports ?? "", result };
}
