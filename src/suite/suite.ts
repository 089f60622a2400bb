/** The test runners claw understands; `generic` is any command judged by its exit code alone. */
export type Runner =
  | "vitest"
  | "jest"
  | "mocha"
  | "node-test"
  | "pytest"
  | "go"
  | "cargo"
  | "rspec"
  | "maven"
  | "generic";

/** One way to run a repository's tests. */
export interface SuitePlan {
  readonly runner: Runner;
  /** What a person would type, for people. */
  readonly shell: string;
  /** Where the command was found: "package.json scripts.test", "--test-command", … */
  readonly source: string;
  readonly cwd: ".";
  /** The shell text that is really run, package scripts spelled out, before a reporter is added. */
  readonly script: string;
  /** Parts of the command that are not run because they are not tests: linters before it, anything after it. */
  readonly leftOut: readonly string[];
  /** Runner flags the repository's configuration makes necessary. */
  readonly flags: readonly string[];
  /** Some test never ends: tests are stopped after a few seconds, and fail. */
  readonly hangs?: boolean | undefined;
}

/** What one test did. */
export interface TestResult {
  /** `file > full name`, unique and stable between runs: what two results are compared by. */
  readonly id: string;
  /** Relative to the repository; null when the report does not say. */
  readonly file: string | null;
  readonly name: string;
  readonly status: "passed" | "failed" | "skipped";
  /** The file did not even load (import, syntax or collection error): its tests are unknown. */
  readonly loadError: boolean;
  readonly message: string | null;
}

/** What one execution of a suite did. */
export interface SuiteResult {
  readonly runner: Runner;
  /** Whether single tests are known; otherwise `tests` holds one entry for the whole command. */
  readonly structured: boolean;
  readonly exitCode: number;
  readonly tests: readonly TestResult[];
  /** The limit that ended the command early, by name. */
  readonly killed: string | null;
  /** The end of what the command printed, kept where no test tells why it failed. */
  readonly said?: string;
}

/** `broken`: nothing can be said, because the report is missing, empty, cut short, or at odds with the exit code. */
export type SuiteVerdict = "green" | "red" | "broken";

/** How many tests ended how. */
export interface SuiteCounts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** Counts the tests by status. */
export function counts(result: SuiteResult): SuiteCounts {
  const having = (status: TestResult["status"]): number => result.tests.filter((test) => test.status === status).length;
  return { passed: having("passed"), failed: having("failed"), skipped: having("skipped") };
}

/** The tests that failed, files that did not load included, in report order. */
export function failedTests(result: SuiteResult): TestResult[] {
  return result.tests.filter((test) => test.status === "failed");
}

/** Limits by name, as a clause. */
const stopped: Readonly<Record<string, string>> = {
  timeout: "it took too long",
  idle: "it neither printed anything nor used a processor for too long",
  output: "it printed too much",
  memory: "it used too much memory",
  processes: "it started too many processes",
  disk: "it filled its share of the disk",
};

/** Why nothing can be said about a result, in one clause; null when something can. */
export function brokenBecause(result: SuiteResult): string | null {
  const { passed, failed } = counts(result);
  if (result.killed !== null) return `the test command was stopped: ${stopped[result.killed] ?? result.killed}`;
  if (!result.structured && [126, 127].includes(result.exitCode))
    return `there is no such command, or it cannot be run (exit code ${result.exitCode})`;
  if (result.tests.length === 0) return `no test report was written (exit code ${result.exitCode})`;
  if (passed + failed === 0) return "every test was skipped";
  if (result.exitCode === 0 && failed > 0) return `the command ended with 0 although ${failed} failed`;
  if (result.exitCode !== 0 && failed === 0) return `the command ended with ${result.exitCode} although no test failed`;
  return null;
}

/** Green only when the exit code and at least one executed test agree that nothing failed. */
export function verdict(result: SuiteResult): SuiteVerdict {
  if (brokenBecause(result) !== null) return "broken";
  return counts(result).failed > 0 ? "red" : "green";
}
