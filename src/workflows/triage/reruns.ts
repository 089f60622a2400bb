import { selectTests } from "../../suite/select-tests.ts";
import type { SuitePlan } from "../../suite/suite.ts";
import type { SettleRule, TestExecution, TestVerdict } from "../../suite/verdict.ts";
import { runSuite } from "../suite-run.ts";
import type { WorkDesk } from "../workflow.ts";
import { type Case, countIn, judged, purposeOf } from "./executions.ts";
import type { Suite } from "./input.ts";
import { benchOf } from "./observe.ts";

/** Trees to execute tests at. */
export interface Trees {
  readonly head: string;
  readonly base: string | null;
}

/** Time that is left for what follows. */
const SPARE_MS = 60_000;
/** Files in one execution: more would not fit on a command line in every shell. */
const MOST_FILES = 200;

/** Of an execution of some files, without a word. */
const SILENCE_MS = 30_000;

const hasTime = (desk: WorkDesk): boolean => desk.clock.now() < desk.deadline - SPARE_MS;

/** Flags that put tests into another order, where the runner can. */
const shuffling: Partial<Record<SuitePlan["runner"], readonly string[]>> = {
  vitest: ["--sequence.shuffle.tests"],
  jest: ["--randomize"],
};

/** Flags that run one test after the other, where the runner would run several at once. */
const serial: Partial<Record<SuitePlan["runner"], readonly string[]>> = {
  vitest: ["--no-file-parallelism"],
  jest: ["--runInBand"],
  "node-test": ["--test-concurrency=1"],
};

/**
 * Executes failing tests until their verdicts are settled, time or executions are used up: first only they, then their
 * files, in another order too, at head and at base; at last those that are called regressions or flaky by themselves.
 */
export async function rerun(
  desk: WorkDesk,
  suite: Suite,
  cases: readonly Case[],
  trees: Trees,
  rule: SettleRule,
): Promise<void> {
  const bench: Bench = { desk, suite, cases, trees, rule };
  const many = (verdict: TestVerdict): boolean =>
    verdict.next !== null && (verdict.next === "head" || trees.base !== null);
  for (let round = 0; round < 4 * rule.reruns && hasTime(desk); round++) {
    const open = cases.map((one) => ({ one, verdict: judged(one, rule) })).filter(({ verdict }) => many(verdict));
    const at = open.some(({ verdict }) => verdict.next === "head") ? "head" : "base";
    const wanted = open.filter(({ verdict }) => verdict.next === at).map(({ one }) => one);
    if (wanted.length === 0) break;
    // What runs out of time would keep the others waiting.
    const quick = wanted.filter(({ found }) => !found.timedOut);
    const now = quick.length > 0 ? quick : wanted;
    await execute(bench, { at, wanted: now, ...wayOf(at, now) });
  }
  await inSuite(bench);
  await alone(bench);
}

/** How the next execution is made, by how many there were: alone, in its file, and with the file shuffled. */
function wayOf(at: TestExecution["at"], wanted: readonly Case[]): { scope: "alone" | "file"; shuffled: boolean } {
  const before = Math.min(
    ...wanted.map(
      ({ executions }) =>
        executions.filter((each) => each.at === at && each.scope !== "report" && each.scope !== "suite").length,
    ),
  );
  return { scope: before === 0 && at === "head" ? "alone" : "file", shuffled: before === 2 };
}

/** What all executions of a triage have in common. */
interface Bench {
  readonly desk: WorkDesk;
  readonly suite: Suite;
  readonly cases: readonly Case[];
  readonly trees: Trees;
  readonly rule: SettleRule;
}

interface Way {
  readonly at: TestExecution["at"];
  readonly wanted: readonly Case[];
  readonly scope: "alone" | "file" | "serial" | "suite";
  readonly shuffled: boolean;
}

/** One execution that tells of all tests that are wanted, and of others of the same files. */
async function execute({ desk, suite, cases, trees }: Bench, way: Way): Promise<void> {
  const { at, wanted } = way;
  const tree = at === "head" ? trees.head : trees.base;
  if (tree === null) return;
  const known = wanted.every(({ file }) => file !== null) && suite.plan.runner !== "generic" && way.scope !== "suite";
  const files = known ? [...new Set(wanted.flatMap(({ file }) => file ?? []))].toSorted().slice(0, MOST_FILES) : [];
  const { runner } = suite.plan;
  const only =
    way.scope === "alone" && known && wanted.every(({ found }) => found.kind === "test")
      ? selectTests(
          runner,
          "only",
          wanted.map(({ found }) => ({ name: found.titles.join(" > ") })),
        )
      : null;
  const shuffled = way.shuffled ? shuffling[runner] : undefined;
  const more = way.scope === "serial" ? (serial[runner] ?? []) : [];
  const scope = known ? (way.scope === "alone" && !only ? "file" : way.scope) : "suite";
  const plan: SuitePlan = {
    ...suite.plan,
    flags: [...suite.plan.flags, ...(only ?? []), ...(shuffled ?? []), ...more],
  };
  const before = cases.map(({ executions }) => executions.length);
  const run = await runSuite(
    desk,
    benchOf({ ...suite, plan: { ...plan, leftOut: [...plan.leftOut], flags: [...plan.flags] } }),
    {
      purpose: purposeOf(at, scope, shuffled !== undefined),
      tree,
      files,
      silenceMs: SILENCE_MS,
    },
  );
  // Of an execution that selects tests, others in the file say nothing.
  const told = only ? wanted : cases;
  await countIn(told, desk, run.fact, run.result);
  // A test that no execution tells of, as where its file is not among the first many, is not asked for again and again.
  for (const one of wanted)
    if (one.executions.length === before[cases.indexOf(one)])
      one.executions.push({ at, scope, result: "broken", ms: null });
}

/** By itself or with its file, rather than with the suite. */
const isNarrow = ({ scope }: TestExecution): boolean => scope === "file" || scope === "alone";

/** Tests that failed with the suite and pass by themselves: twice more with the suite, and at base, tell order from chance. */
async function inSuite(bench: Bench): Promise<void> {
  const { desk, suite, cases, rule } = bench;
  const wanted = cases.filter((one) => {
    const head = one.executions.filter(({ at }) => at === "head");
    const narrow = head.filter(isNarrow);
    const wide = head.filter(({ scope }) => scope === "suite" || scope === "report");
    return (
      judged(one, rule).verdict === "flaky" &&
      narrow.length > 0 &&
      narrow.every(({ result }) => result === "passed") &&
      wide.every(({ result }) => result !== "passed")
    );
  });
  if (wanted.length === 0 || suite.plan.runner === "generic") return;
  for (const at of ["head", "head", "head", "base", "base"] as const) {
    const open = wanted.filter(({ executions }) =>
      executions.every((each) => each.at !== "head" || each.scope !== "suite" || each.result !== "passed"),
    );
    if (open.length === 0 || !hasTime(desk)) return;
    await execute(bench, { at, wanted: open, scope: "suite", shuffled: false });
    // Twice by itself as well, for the comparison to hold.
    const once = open.filter(
      ({ executions }) => executions.filter((each) => each.at === "head" && isNarrow(each)).length < 2,
    );
    if (once.length > 0) await execute(bench, { at: "head", wanted: once, scope: "file", shuffled: false });
  }
}

/** Contention excluded: what always fails beside others is executed once with nothing beside it. */
async function alone(bench: Bench): Promise<void> {
  const { desk, suite, cases, rule } = bench;
  const wanted = cases.filter((one) => {
    const { verdict, head } = judged(one, rule);
    return one.executions.some(isNarrow) && verdict === "regression" && head.passed === 0 && one.file !== null;
  });
  if (wanted.length === 0 || !hasTime(desk) || suite.plan.runner === "generic") return;
  await execute(bench, { at: "head", wanted, scope: "serial", shuffled: false });
}
