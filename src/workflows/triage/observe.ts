import { detectSuite, planFromCommand } from "../../suite/detect.ts";
import { failure } from "../../suite/explain.ts";
import { openReport } from "../../suite/read-report.ts";
import type { Found } from "../../suite/readers/dialect.ts";
import { failedTests, type SuitePlan, verdict } from "../../suite/suite.ts";
import { isTestPath } from "../../suite/test-paths.ts";
import { plural } from "../../text.ts";
import { suiteTree } from "../fix/baseline.ts";
import { storable } from "../fix/reproduce.ts";
import { type Setup, setUp } from "../fix/setup.ts";
import { runSuite, type SuiteRun } from "../suite-run.ts";
import type { WorkDesk } from "../workflow.ts";
import type { Suite } from "./input.ts";

/** How the tests of this repository are run; null when nothing tells. */
export async function planSuite(desk: WorkDesk, testCommand: string | null): Promise<Suite | null> {
  const tree = await suiteTree(desk);
  const said = testCommand ?? desk.manifest.test.command;
  const plan = said
    ? planFromCommand(said, testCommand === null ? "claw.yaml" : "--test-command", tree)
    : detectSuite(tree)[0];
  if (!plan) return null;
  const setup: Setup = await setUp(desk);
  await desk.log.append({ type: "suite.planned", runner: plan.runner, command: plan.shell, source: plan.source });
  return { setup, plan: storable(plan) };
}

/** A suite that says nothing for so long is taken to have met a test that never ends. */
const SILENCE_MS = 30_000;
/** The same for a single file. */
const FILE_SILENCE_MS = 90_000;
/** Files that are executed one by one, where the suite as a whole cannot be judged. */
const MOST_FILES = 40;

/** What a whole execution says of each failing test, and how it was run. */
export interface Observed {
  readonly found: readonly Found[];
  readonly suite: Suite;
  /** Test files that were not executed, and why. */
  readonly notes: readonly string[];
}

/** Runs the whole suite at head. Where it hangs or its runner dies, the files one by one, so that one does not hide the others. */
export async function observe(desk: WorkDesk, suite: Suite): Promise<Observed> {
  const request = { purpose: "triage head suite", tree: desk.clone.base.tree, files: [] };
  const structured = suite.plan.runner !== "generic";
  const first = await runSuite(desk, benchOf(suite), { ...request, ...(structured && { silenceMs: SILENCE_MS }) });
  if (verdict(first.result) !== "broken" || !structured)
    return { found: await lastWords(desk, suite, first), suite, notes: [] };
  const hung = first.fact.killed === "timeout" || first.fact.killed === "idle";
  const plan: SuitePlan = hung ? { ...suite.plan, hangs: true } : suite.plan;
  const patient: Suite = { ...suite, plan: storable(plan) };
  const paths = (await desk.clone.list(desk.clone.base.tree)).map(({ path }) => path);
  const files = paths.filter((path) => isTestFile(path));
  if (files.length < 2 && !hung) return { found: await foundIn(desk, first), suite, notes: [] };
  const found: Found[] = [];
  let done = 0;
  for (const file of files.slice(0, MOST_FILES)) {
    if (desk.clock.now() > desk.deadline - 2 * FILE_SILENCE_MS && found.length > 0) break;
    done += 1;
    const limited = { ...request, files: [file], silenceMs: FILE_SILENCE_MS };
    const run = await runSuite(desk, benchOf(patient), limited);
    // A file that holds no tests of its own.
    if (run.result.tests.length === 0 && run.fact.killed === null && !saysWhy(run) && !wasKilled(run)) continue;
    found.push(...(await foundIn(desk, run)).map((one) => ({ ...one, file: one.file ?? file })));
  }
  const left = files.slice(done);
  // What made the whole suite end is then perhaps not among what was found.
  if (found.length === 0 || left.length > 0) found.push(...(await foundIn(desk, first)));
  return { found, suite: patient, notes: left.length > 0 ? [leftText(left)] : [] };
}

const leftText = (files: readonly string[]): string =>
  `the suite as a whole did not end well, and of its test files ${plural(files.length, "was", "were")} not run one by one: ${files.slice(0, 3).join(", ")}${files.length > 3 ? ", …" : ""}; a longer --timeout may help`;

/** A shell's status for a process that a signal ended, from 128 on. */
const wasKilled = ({ result }: SuiteRun): boolean => result.exitCode >= 128;

/**
 * The failures of a whole execution. Of files whose process died, node:test reports nothing but that; what they printed
 * stands anywhere in the output, so where several died, each is executed by itself.
 */
async function lastWords(desk: WorkDesk, suite: Suite, first: SuiteRun): Promise<Found[]> {
  const found = await foundIn(desk, first);
  const died = failedTests(first.result).flatMap(({ loadError, file }) => (loadError && file !== null ? [file] : []));
  if (suite.plan.runner !== "node-test" || died.length < 2) return found;
  const words = new Map<string, Found>();
  for (const file of died.slice(0, MOST_FILES)) {
    if (desk.clock.now() > desk.deadline - 2 * FILE_SILENCE_MS) break;
    const request = { purpose: "triage head file", tree: desk.clone.base.tree, files: [file], silenceMs: SILENCE_MS };
    const [one] = await foundIn(desk, await runSuite(desk, benchOf(suite), request));
    if (one) words.set(file, one);
  }
  return found.map((one) => (one.kind === "file" && one.file !== null ? (words.get(one.file) ?? one) : one));
}

const isTestFile = (path: string): boolean =>
  isTestPath(path) &&
  /(?:^|[/._-])(?:test|spec|tests|specs)[._/-].*\.(?:[cm]?[jt]sx?|py)$|\.(?:test|spec)\.[cm]?[jt]sx?$|(?:^|\/)test_[^/]*\.py$|_test\.py$/.test(
    path,
  ) &&
  !/(?:fixtures?|__snapshots__|__mocks__|support)\//.test(path);

const saysWhy = ({ result }: SuiteRun): boolean =>
  /heap out of memory|Killed|Cannot find module|Error: /.test(result.said ?? "");

export const benchOf = ({ plan, setup }: Suite): Parameters<typeof runSuite>[1] => ({
  plan,
  dependencies: setup.dependencies,
});

/** The words of the limits that ended a command, as the machine would say them. */
const killedBy: Readonly<Record<string, string>> = {
  timeout: "the test command timed out: it did not end, or said nothing for too long",
  idle: "the test command timed out: it did nothing for too long",
  memory: "Out of memory: Killed process (the sandbox's limit)",
  disk: "No space left on device (the sandbox's limit)",
  processes: "it started too many processes",
  output: "it printed too much",
};

/** The failures of one execution: by its report, else by what it printed, else by how it ended. */
async function foundIn(desk: WorkDesk, { fact, result }: SuiteRun): Promise<Found[]> {
  const output = await desk.log.text(fact.output);
  const printed = digestOf(output).found;
  const structured = result.structured ? failedTests(result).map((test) => fromResult(test, printed)) : [];
  if (structured.length > 0) return structured;
  if (fact.verdict === "green") return [];
  const killed = fact.killed === null ? undefined : killedBy[fact.killed];
  const [file = null] = fact.files;
  if (killed === undefined && printed.length > 0) return printed.map((one) => ({ ...one, file: one.file ?? file }));
  const said = result.said ?? "";
  const message = killed ?? (said.split("\n").slice(-8).join("\n") || `the test command ended with ${fact.exitCode}`);
  const titles = [file === null ? "(test command)" : "(file)"];
  const ended = failure({
    format: "suite",
    kind: file === null ? "job" : "file",
    titles,
    file,
    offset: 0,
    text: said || message,
    message: killed ?? deathIn(output) ?? whyIn(said),
    timedOut: fact.killed === "timeout" || fact.killed === "idle",
  });
  return [ended];
}

/** The line with which an interpreter says that it dies; null when none does. */
const deathIn = (output: string): string | null =>
  /^(?:Fatal Python error: |FATAL ERROR: |# Fatal ).*$/m.exec(output)?.[0] ?? null;

/** What the end of an output says of the cause: the line with the error, where there is one. */
function whyIn(said: string): string {
  const line = said
    .split("\n")
    .findLast((each) => /heap out of memory|Cannot find module|(?:^|\s)\w*(?:Error|Exception)\b/.test(each));
  return line?.trim() ?? (said.split("\n").slice(-4).join("\n") || "it failed without a word");
}

function fromResult(test: ReturnType<typeof failedTests>[number], printed: readonly Found[]): Found {
  const title = test.name.split(" > ").at(-1);
  const here = printed.filter(({ file }) => file === null || test.file === null || file.endsWith(test.file));
  const told = test.loadError
    ? here.find(({ kind, file }) => kind === "file" && file !== null)
    : here.find(({ titles }) => titles.at(-1) === title);
  // Of a file that died, its report says that it did, and its output why.
  const text = (test.loadError ? (told?.message ?? test.message) : (test.message ?? told?.message)) ?? "failed";
  return failure({
    format: "suite",
    kind: test.loadError ? "file" : "test",
    file: test.file,
    titles: test.name.split(" > "),
    offset: told?.offset ?? 0,
    text,
    message: text.replace(/\nat [^\n]*$/, ""),
    line: told?.line ?? null,
    ms: told?.ms ?? null,
    expected: told?.expected ?? null,
    actual: told?.actual ?? null,
    stack: told?.stack ?? "",
    excerpt: told?.excerpt ?? text,
  });
}

/** Reads a text that is in memory. */
export function digestOf(text: string): ReturnType<ReturnType<typeof openReport>["end"]> {
  const reader = openReport();
  let offset = 0;
  for (const line of text.split("\n")) {
    reader.piece(line, offset, true);
    offset += Buffer.byteLength(line) + 1;
  }
  return reader.end();
}
