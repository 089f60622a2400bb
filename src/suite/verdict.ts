import { troubleOf } from "./infrastructure.ts";
import { type Found, NOT_LOADED } from "./readers/dialect.ts";

/** What a failing test is, by its executions. */
const verdicts = ["regression", "build", "timeout", "unknown", "pre-existing", "infrastructure", "flaky"] as const;
export type TriageVerdict = (typeof verdicts)[number];

/** One execution of one test. */
export interface TestExecution {
  readonly at: "head" | "base";
  /** What ran with it: the job of the report, the suite, its file, only it, or its file with nothing beside it. */
  readonly scope: "report" | "suite" | "file" | "alone" | "serial";
  readonly shuffled?: boolean;
  /** "absent": the test does not exist there. "broken": nothing can be said, for the command as a whole failed. */
  readonly result: "passed" | "failed" | "timeout" | "absent" | "broken";
  readonly ms: number | null;
  readonly signature?: string | null;
}

/** What is known of a failing test. */
export interface TestVerdict {
  readonly verdict: TriageVerdict;
  /** One clause for people. */
  readonly because: string;
  readonly head: { readonly failed: number; readonly passed: number };
  readonly base: { readonly failed: number; readonly passed: number };
  /** How often it fails at head, with 95 % confidence; null when it was executed once. */
  readonly rate: { readonly low: number; readonly high: number } | null;
  /** Would another execution be worth its time? Where it would be, the commit. */
  readonly next: "head" | "base" | null;
}

/** Wilson's interval of a rate: 95 % confidence with z = 1.96. https://doi.org/10.1080/01621459.1927.10502953 */
export function wilson(hits: number, trials: number, z = 1.96): { readonly low: number; readonly high: number } {
  if (trials === 0) return { low: 0, high: 1 };
  const rate = hits / trials;
  const scale = 1 + (z * z) / trials;
  const centre = (rate + (z * z) / (2 * trials)) / scale;
  const half = (z / scale) * Math.sqrt((rate * (1 - rate)) / trials + (z * z) / (4 * trials * trials));
  return { low: Math.max(0, centre - half), high: Math.min(1, centre + half) };
}

/** The most that any rate of failing makes `failures` and `passes` in a row likely: r^f (1-r)^p at r = f / (f + p). */
export function likeliest(failures: number, passes: number): number {
  const all = failures + passes;
  if (all === 0) return 1;
  const rate = failures / all;
  return rate ** failures * (1 - rate) ** passes;
}

/** A test that fails more often than this by chance is not taken for one that may pass. */
const FLAKIEST = 0.5;

/** Enough executions that a flaky test would show the same in so few cases; half of the doubt goes to each of two verdicts. */
export interface SettleRule {
  /** How sure a verdict shall be: 0.95 leaves one in twenty wrong, for a test that fails half of the time. */
  readonly confidence: number;
  /** Executions of a test at one commit at most. */
  readonly reruns: number;
  /** Can the base be executed? */
  readonly hasBase: boolean;
}

const isFailure = ({ result }: TestExecution): boolean => result === "failed" || result === "timeout";

function count(executions: readonly TestExecution[], at: TestExecution["at"]): { failed: number; passed: number } {
  const own = executions.filter((each) => each.at === at);
  return { failed: own.filter(isFailure).length, passed: own.filter(({ result }) => result === "passed").length };
}

/** It fails with the whole suite only, again and again, and passes by itself: then only executions of the suite are alike. */
function onlyInSuite(executions: readonly TestExecution[]): boolean {
  const head = executions.filter(({ at }) => at === "head");
  const suite = head.filter(({ scope }) => scope === "suite");
  const narrow = head.filter(({ scope }) => scope === "file" || scope === "alone" || scope === "serial");
  return (
    suite.length > 1 && suite.every(isFailure) && narrow.length > 1 && narrow.every(({ result }) => result === "passed")
  );
}

/** What is known of a failing test while its verdict is looked for. */
interface Evidence {
  readonly found: Failing;
  readonly executions: readonly TestExecution[];
  readonly head: TestVerdict["head"];
  readonly base: TestVerdict["base"];
  readonly rule: SettleRule;
  /** Executions at head since the report. */
  readonly again: number;
  /** "failed 2 of 3 at head, 0 of 2 at base" */
  readonly counts: string;
}
type Failing = Pick<Found, "kind" | "message" | "timedOut"> & Partial<Pick<Found, "expected" | "titles">>;
type Ending = Pick<TestVerdict, "verdict" | "because" | "next">;
const ending = (verdict: TriageVerdict, because: string, next: TestVerdict["next"] = null): Ending => ({
  verdict,
  because,
  next,
});

/**
 * The verdict on one failing test, from its executions alone. What the machine did wrong is never called a bug, however
 * often it does it; both results at one commit are flaky; always failing here and never there is a regression. The failure
 * that started it is no evidence of how often it fails, since only failing tests are looked at.
 */
export function judge(found: Failing, executions: readonly TestExecution[], rule: SettleRule): TestVerdict {
  const grouped = onlyInSuite(executions);
  const alike = grouped ? executions.filter(({ scope, at }) => scope === "suite" || at === "base") : executions;
  const head = count(alike, "head");
  const base = count(alike, "base");
  const trials = head.failed + head.passed;
  const compared = base.failed + base.passed;
  const counts = [
    `failed ${head.failed} of ${trials} at head`,
    ...(compared > 0 ? [`${base.failed} of ${compared} at base`] : []),
  ].join(", ");
  const again = executions.filter(({ scope, at }) => scope !== "report" && at === "head").length;
  const suffix = grouped ? "; only in the whole suite, not by itself" : "";
  const evidence: Evidence = { found, executions: alike, head, base, rule, again, counts: `${counts}${suffix}` };
  const { verdict, because, next } =
    machine(evidence) ?? built(evidence) ?? bothResults(evidence, executions) ?? overtime(evidence) ?? settle(evidence);
  return { verdict, because, head, base, rate: trials > 1 ? wilson(head.failed, trials) : null, next };
}

/** The machine's fault. Weak signs of it are believed unless the test fails here each time, and never at base. */
function machine({ found, head, base, again, rule, counts }: Evidence): Ending | null {
  const trouble = troubleOf(found);
  if (!trouble) return null;
  if (!trouble.weak) return ending("infrastructure", trouble.what);
  if (head.passed > 0) return ending("infrastructure", `${trouble.what}; ${counts}`);
  if (again === 0) return ending("infrastructure", trouble.what, rule.reruns > 0 ? "head" : null);
  return base.failed > 0 ? ending("infrastructure", `${trouble.what}, at base too`) : null;
}

/** What never came to run. */
function built({ found, head, base }: Evidence): Ending | null {
  const unloaded = isLoad(found.message) || found.titles?.[0] === NOT_LOADED;
  const lost = found.kind === "file" && unloaded && head.passed === 0;
  const missing = found.kind === "job" && isMissing.test(found.message);
  if (found.kind !== "build" && !lost && !missing) return null;
  const what = lost ? "the file does not load" : "it does not build";
  if (base.passed > 0) return ending("build", `${what} here, and does at base`);
  return ending("build", base.failed > 0 ? `${what}, at base neither` : `${what}, so none of its tests ran`);
}

/** Both results at one commit. */
function bothResults({ head, base, counts }: Evidence, all: readonly TestExecution[]): Ending | null {
  const mixed = [head, base].some(({ failed, passed }) => failed > 0 && passed > 0);
  if (!mixed) return null;
  const serial = all.filter(({ scope }) => scope === "serial");
  const beside = all.filter(({ scope, at }) => at === "head" && scope !== "serial");
  const contended =
    serial.length > 0 &&
    serial.every(({ result }) => result === "passed") &&
    beside.length > 1 &&
    beside.every(isFailure);
  return ending("flaky", `${counts}${contended ? "; only beside other tests, not by itself" : ""}`);
}

/** It took too long each time that it failed. */
function overtime({ found, executions, head, again, rule, counts }: Evidence): Ending | null {
  const failed = executions.filter(({ at }) => at === "head").filter(isFailure);
  const each = failed.every(({ result, scope }) => result === "timeout" || scope === "report");
  if (!found.timedOut || !each) return null;
  const because = head.failed > 1 ? `it ran out of time each time: ${counts}` : "it ran out of time";
  return ending("timeout", because, again === 0 && rule.reruns > 0 ? "head" : null);
}

/** A step that ended because something it imports is not there, or cannot be parsed. */
const isMissing =
  /ModuleNotFoundError|Cannot find (?:module|package) '|ERR_MODULE_NOT_FOUND|(?:^|\s)(?:SyntaxError|IndentationError): /;

/** Errors of loading rather than of what is loaded: imports, syntax, collection. */
const isLoad = (message: string): boolean =>
  /Cannot find (?:module|package)|ERR_MODULE_NOT_FOUND|ModuleNotFoundError|ImportError|SyntaxError|IndentationError|No module named|cannot import name|LoadError|NameError: uninitialized constant|Failed to (?:resolve|load|parse|import)|Unexpected token|Transform failed|collection failure|does not (?:load|provide an export)|error during collection|ReferenceError|TypeError|error TS\d+|Test suite failed to run|No test suite found|Your test suite must contain at least one test/i.test(
    message,
  );

/** It failed at head each time: a regression, pre-existing, or not known yet. */
function settle(evidence: Evidence): Ending {
  const { head, base, executions, rule, again, counts } = evidence;
  if (head.failed === 0) return ending("unknown", "it was not seen failing here");
  const doubt = (1 - rule.confidence) / 2;
  // The first failure was no draw: it is why the test is looked at.
  const fails = head.failed - 1;
  const atBase = executions.filter(({ at }) => at === "base");
  const more = {
    head: again < rule.reruns ? ("head" as const) : null,
    base: rule.hasBase && atBase.length < rule.reruns ? ("base" as const) : null,
  };
  const lasting = FLAKIEST ** (fails + base.failed) <= doubt;
  if (base.failed > 0)
    return ending(
      "pre-existing",
      counts,
      lasting ? null : fails <= base.failed ? (more.head ?? more.base) : (more.base ?? more.head),
    );
  const isNew = base.passed === 0 && atBase.some(({ result }) => result === "absent");
  if (isNew || !rule.hasBase) {
    const next = lasting ? null : more.head;
    if (fails === 0) return ending("unknown", "it failed once, and was not run again", next);
    if (isNew && next === null) return ending("regression", `${counts}; the test is new, base does not have it`);
    return ending("unknown", `${counts}; it fails each time, and there is no base to compare with`, next);
  }
  if (fails > 0 && base.passed > 0 && likeliest(fails, base.passed) <= doubt) return ending("regression", counts);
  const next =
    fails < 3
      ? (more.head ?? (base.passed < 2 ? more.base : null))
      : base.passed < 2
        ? (more.base ?? more.head)
        : (more.head ?? more.base);
  if (next === null && fails > 0 && base.passed > 0)
    return ending("regression", `${counts}, as far as so few executions tell`);
  const because = fails + base.passed === 0 ? "it failed once, and was not run again" : `${counts}: not enough to tell`;
  return ending("unknown", because, next);
}

/** What a script sees: the worst verdict decides, in the order of `verdicts`. */
export const worstVerdict = (all: readonly TriageVerdict[]): TriageVerdict | null =>
  verdicts.find((verdict) => all.includes(verdict)) ?? null;
