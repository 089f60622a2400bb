import { commitsBetween, type PastCommit } from "../../repo/history.ts";
import { testName } from "../../suite/failure-groups.ts";
import { runSuite } from "../suite-run.ts";
import type { WorkDesk } from "../workflow.ts";
import { type Case, countOne } from "./executions.ts";
import type { Suite } from "./input.ts";
import { benchOf } from "./observe.ts";

/** What a search for first bad commits found. */
export interface Bisected {
  /** By test name. */
  readonly first: ReadonlyMap<string, PastCommit>;
  readonly notes: readonly string[];
}

type Answer = "good" | "bad" | "skipped";

/**
 * The first commit after base at which each test fails, by halving what lies between, along first parents. Commits at which
 * nothing can be said of a test are passed over. An execution at a commit tells of all tests at once. At most `budget`
 * commits are tried.
 */
export async function bisect(
  desk: WorkDesk,
  suite: Suite,
  cases: readonly Case[],
  { base, budget }: { readonly base: string; readonly budget: number },
): Promise<Bisected> {
  const commits = await commitsBetween(desk.repository, base, desk.clone.base.commit);
  const first = new Map<string, PastCommit>();
  if (commits.length === 0)
    return {
      first,
      notes: ["the commits between base and head are not here, so the first bad one was not looked for"],
    };
  const answers = new Map<number, ReadonlyMap<string, Answer>>();
  let tried = 0;
  const at = async (index: number): Promise<ReadonlyMap<string, Answer>> => {
    const known = answers.get(index);
    if (known) return known;
    tried += 1;
    const found = await tryCommit(desk, suite, cases, commits[index] as PastCommit);
    answers.set(index, found);
    return found;
  };
  const unfinished: string[] = [];
  for (const one of cases) {
    const name = testName(one.found);
    const found = await firstBad(
      commits.length,
      name,
      at,
      () => tried < budget && desk.clock.now() < desk.deadline - 30_000,
    );
    const commit = found === null ? undefined : commits[found];
    if (commit) first.set(name, commit);
    else unfinished.push(name);
  }
  const notes =
    unfinished.length === 0
      ? []
      : [
          `no single first bad commit for ${unfinished.slice(0, 3).join(", ")}: ${tried < budget ? "commits between cannot be tested" : `${tried} of ${commits.length} commits were tried; more with --bisect`}`,
        ];
  return { first, notes };
}

/** Index of the first bad commit: the last one is known to be bad, and what is before the first to be good. */
async function firstBad(
  count: number,
  test: string,
  at: (index: number) => Promise<ReadonlyMap<string, Answer>>,
  more: () => boolean,
): Promise<number | null> {
  let [good, bad] = [-1, count - 1];
  const skipped = new Set<number>();
  while (bad - good > 1) {
    const middle = (good + bad) / 2;
    const open = Array.from({ length: bad - good - 1 }, (_, index) => good + 1 + index).filter(
      (index) => !skipped.has(index),
    );
    const next = open.toSorted((a, b) => Math.abs(a - middle) - Math.abs(b - middle))[0];
    if (next === undefined || !more()) return null;
    const said = (await at(next)).get(test) ?? "skipped";
    if (said === "good") good = next;
    else if (said === "bad") bad = next;
    else skipped.add(next);
  }
  return bad;
}

async function tryCommit(
  desk: WorkDesk,
  suite: Suite,
  cases: readonly Case[],
  { commit, tree }: PastCommit,
): Promise<ReadonlyMap<string, Answer>> {
  const startedAt = desk.clock.now();
  const there = new Set((await desk.clone.list(tree)).map(({ path }) => path));
  const here = cases.filter(({ file }) => file === null || there.has(file));
  const whole = suite.plan.runner === "generic" || here.some(({ file }) => file === null);
  const files = whole ? [] : [...new Set(here.flatMap(({ file }) => file ?? []))].toSorted();
  // A test that is not there yet does not fail there.
  const answers = new Map<string, Answer>(cases.map(({ found }) => [testName(found), "good"]));
  if (here.length === 0) return answers;
  const run = await runSuite(desk, benchOf(suite), {
    purpose: `bisect ${commit.slice(0, 12)}`,
    tree,
    files,
    silenceMs: 60_000,
  });
  for (const one of here) {
    const result = await countOne(one, desk, run.fact, run.result);
    answers.set(
      testName(one.found),
      result === "passed" ? "good" : result === "failed" || result === "timeout" ? "bad" : "skipped",
    );
  }
  const tests = [...answers].map(([test, result]) => ({ test, result }));
  await desk.log.append({ type: "bisect.stepped", commit, tests, ms: desk.clock.now() - startedAt });
  return answers;
}
