import type { EventOf } from "../../ledger/events.ts";
import { failure } from "../../suite/explain.ts";
import type { Found } from "../../suite/readers/dialect.ts";
import { testOf } from "../../suite/same-test.ts";
import type { SuiteResult } from "../../suite/suite.ts";
import { judge, type SettleRule, type TestExecution, type TestVerdict } from "../../suite/verdict.ts";
import { ofType } from "../../views/run.ts";
import { resultOf } from "../suite-run.ts";
import type { WorkDesk } from "../workflow.ts";
import { digestOf } from "./observe.ts";

/** A failing test while its verdict is looked for. */
export interface Case {
  readonly found: Found;
  /** The report it was read from; null when the suite was run here. */
  readonly source: string | null;
  /** Its file in this repository; null when it is not known to have one. */
  readonly file: string | null;
  readonly executions: TestExecution[];
}

/** What a failure's own report says of executions: one, or more where its runner repeats failing tests. */
export function firstExecutions(found: Found, scope: "report" | "suite"): TestExecution[] {
  const one = (result: "failed" | "passed"): TestExecution => ({
    at: "head",
    scope,
    result: result === "failed" && found.timedOut ? "timeout" : result,
    ms: found.ms,
  });
  return [
    ...Array.from({ length: found.failures }, () => one("failed")),
    ...Array.from({ length: found.passes }, () => one("passed")),
  ];
}

export const judged = ({ found, executions }: Case, rule: SettleRule): TestVerdict => judge(found, executions, rule);

/** The same when no more executions come: then what more of them could tell is no reason to say nothing. */
export const concluded = (one: Case, rule: SettleRule): TestVerdict => judged(one, { ...rule, reruns: 0 });

type Scope = Exclude<TestExecution["scope"], "report">;

/** An execution's purpose in the record, which tells how it counts: "triage head file". */
export const purposeOf = (at: TestExecution["at"], scope: Scope, shuffled = false): string =>
  ["triage", at, scope, ...(shuffled ? ["shuffled"] : [])].join(" ");

const purpose = /^triage (head|base) (suite|file|alone|serial)( shuffled)?$/;

/** Counts an execution for every case it tells of. */
export async function countIn(
  cases: readonly Case[],
  desk: WorkDesk,
  fact: EventOf<"suite.ran">,
  result: SuiteResult,
): Promise<void> {
  const [, at, scope, shuffled] = purpose.exec(fact.purpose) ?? [];
  if (at === undefined || scope === undefined) return;
  const printed = result.structured ? [] : digestOf(await desk.log.text(fact.output)).found;
  for (const one of cases) {
    if (fact.files.length > 0 && (one.file === null || !fact.files.includes(one.file))) continue;
    const said = outcomeOf(one, fact, result, printed);
    one.executions.push({
      at: at === "head" ? "head" : "base",
      scope: scope as Scope,
      ...(shuffled !== undefined && { shuffled: true }),
      result: said,
      ms: null,
    });
  }
}

/** Executions of this run that were made before it was interrupted. */
export async function countRecorded(cases: readonly Case[], desk: WorkDesk, since: number): Promise<void> {
  for (const fact of ofType(desk.log.events, "suite.ran")) {
    if (fact.seq > since && purpose.test(fact.purpose)) await countIn(cases, desk, fact, await resultOf(desk, fact));
  }
}

function outcomeOf(
  one: Case,
  fact: EventOf<"suite.ran">,
  result: SuiteResult,
  printed: readonly Found[],
): TestExecution["result"] {
  const { found, file } = one;
  const hung = fact.killed === "timeout" || fact.killed === "idle";
  if (!result.structured) {
    const same = printed.some((each) => each.titles.join(" ") === found.titles.join(" "));
    if (same) return "failed";
    if (hung) return found.timedOut ? "timeout" : "broken";
    if (fact.exitCode === 0) return "passed";
    return printed.some(({ kind }) => kind === "test") ? "passed" : found.kind === "test" ? "broken" : "failed";
  }
  const test = testOf(found, file, result);
  if (test?.status === "failed") {
    const { timedOut } = failure({ format: "", titles: [], offset: 0, text: test.message ?? "" });
    return timedOut ? "timeout" : "failed";
  }
  if (test) return test.status === "passed" ? "passed" : "absent";
  if (hung) return found.timedOut ? "timeout" : "broken";
  if (fact.killed !== null) return "broken";
  const there = result.tests.filter((each) => file === null || each.file === file);
  if (found.kind !== "test")
    return there.some(({ status }) => status === "passed")
      ? "passed"
      : fact.exitCode === 0 && there.length > 0
        ? "passed"
        : "failed";
  return there.length > 0 && !there.some(({ loadError }) => loadError) ? "absent" : "broken";
}

/** What one execution says of one test, whatever it was made for. */
export async function countOne(
  one: Case,
  desk: WorkDesk,
  fact: EventOf<"suite.ran">,
  result: SuiteResult,
): Promise<TestExecution["result"]> {
  const printed = result.structured ? [] : digestOf(await desk.log.text(fact.output)).found;
  return outcomeOf(one, fact, result, printed);
}
