import { z } from "zod";
import type { EventOf, Recorded } from "../ledger/events.ts";
import { latestGates } from "../views/evidence.ts";
import { foldRun, ofType } from "../views/run.ts";
import { servedModels } from "./answered-by.ts";
import { fixFacts } from "./fix-facts.ts";

type Suite = Recorded<EventOf<"suite.ran">>;

/** What an in-toto statement is about: a git commit or tree. */
interface Subject {
  readonly name: string;
  readonly digest: Readonly<Record<string, string>>;
}

/** https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md */
export interface Statement {
  readonly _type: "https://in-toto.io/Statement/v1";
  readonly subject: readonly Subject[];
  readonly predicateType: string;
  readonly predicate: unknown;
}

export interface Attested {
  readonly run: string;
  readonly events: readonly Recorded[];
  /** Hash of each event's row, by its number; the last is the run's head. */
  readonly hashes: readonly string[];
  /** Per-test results by the name of their body, as they are stored; those that are not at hand are left out. */
  readonly results: ReadonlyMap<string, unknown>;
}

const Results = z.object({ tests: z.array(z.object({ id: z.string(), status: z.string() })) });

const TEST_RESULT = "https://in-toto.io/attestation/test-result/v0.1";
/** There is no predicate of in-toto for a change that an agent made: this one is claw's. */
const AGENT_CHANGE = "urn:claw:agent-change:v0.1";

/** What the record lets claw state: the test failed on the base, it passed on the head, and how the change came about. */
export function statementsOf(attested: Attested): readonly Statement[] {
  const { events } = attested;
  const { started } = foldRun(events);
  if (!started) return [];
  const { patch, published } = fixFacts(events);
  const suites = ofType(events, "suite.ran");
  const base: Subject = { name: "base", digest: { gitCommit: started.base } };
  const red = suites.findLast(({ purpose, verdict }) => purpose === "red-on-base" && verdict === "red");
  const green = suites.findLast(({ purpose, verdict }) => purpose === "green-on-head" && verdict !== "broken");
  const head = headOf(published.commit, green?.tree ?? null);
  return [
    ...(red ? [testResult(attested, base, red)] : []),
    ...(green && head ? [testResult(attested, head, green)] : []),
    ...(patch && head ? [agentChange(attested, head)] : []),
  ];
}

function headOf(commit: string | null, tree: string | null): Subject | null {
  if (commit !== null) return { name: "head", digest: { gitCommit: commit } };
  return tree === null ? null : { name: "head", digest: { gitTree: tree } };
}

const statement = (subject: Subject, predicateType: string, predicate: unknown): Statement => ({
  _type: "https://in-toto.io/Statement/v1",
  subject: [subject],
  predicateType,
  predicate,
});

function testResult({ run, events, hashes, results }: Attested, subject: Subject, suite: Suite): Statement {
  const test = ofType(events, "diff.taken").findLast(({ purpose }) => purpose === "reproduction");
  const tests = Results.safeParse(results.get(suite.result)).data?.tests ?? [];
  const named = (status: string): string[] => tests.filter((one) => one.status === status).map(({ id }) => id);
  const { purpose, command, runner, files, exitCode, passed, failed, skipped } = suite;
  return statement(subject, TEST_RESULT, {
    result: suite.verdict === "green" ? "PASSED" : "FAILED",
    configuration: [
      {
        name: "execution",
        uri: `urn:claw:run:${run}:event:${suite.seq}`,
        digest: { sha256: hashes[suite.seq] ?? "" },
        annotations: { purpose, command, runner, files, exitCode, passed, failed, skipped },
      },
      { name: "tree", digest: { gitTree: suite.tree } },
      ...(test ? [{ name: "test added to the base", digest: { sha256: test.patch } }] : []),
    ],
    passedTests: named("passed"),
    failedTests: named("failed"),
  });
}

function agentChange({ run, events, hashes }: Attested, subject: Subject): Statement {
  const { started, end } = foldRun(events);
  const { patch, reproduction, proof } = fixFacts(events);
  return statement(subject, AGENT_CHANGE, {
    run,
    record: { sha256: hashes.at(-1) ?? "" },
    claw: started?.version,
    workflow: started?.workflow,
    initiator: started?.initiator,
    base: { gitCommit: started?.base },
    model: { asked: started?.model?.label ?? null, served: servedModels(events) },
    prompts: started?.prompts,
    manifest: started?.manifest ?? null,
    diff: { sha256: patch?.diff ?? null },
    reproduction: reproduction && { files: reproduction.files, failing: reproduction.failing },
    proof: proof && { holds: proof.holds, findings: proof.findings },
    gates: latestGates(events).map(({ gate, verdict, reasons }) => ({ gate, verdict, reasons })),
    approvals: ofType(events, "approval.given").map(({ by, account, diff, expires }) => ({
      by,
      ...(account && { account }),
      diff,
      expires,
    })),
    outcome: end?.outcome ?? null,
  });
}
