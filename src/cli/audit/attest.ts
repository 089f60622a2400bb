import { z } from "zod";
import type { Finding } from "../../ledger/audit/finding.ts";
import type { Ledger, RunRecord } from "../../ledger/ledger.ts";
import { readBody } from "../../ledger/read-body.ts";
import { type Statement, statementsOf } from "../../reports/statements.ts";
import { ofType } from "../../views/run.ts";

/** The hash of each event of a run, by its number. */
export async function hashesOf(ledger: Ledger, run: string): Promise<readonly string[]> {
  const hashes: string[] = [];
  for await (const line of ledger.export({ run, claw: "" })) {
    if (line.type === "event") hashes.push(line.hash);
    else if (hashes.length > 0) break;
  }
  return hashes;
}

/** What the record of a run lets claw state; more may have been recorded since it was read. */
export async function attest(ledger: Ledger, { run, events }: RunRecord): Promise<readonly Statement[]> {
  const hashes = (await hashesOf(ledger, run)).slice(0, events.length);
  const results = new Map<string, unknown>();
  for (const { result } of ofType(events, "suite.ran")) {
    const text = await ledger.text(result).catch(() => null);
    if (text !== null) results.set(result, readBody(text, z.unknown(), "the results of a test suite"));
  }
  return statementsOf({ run, events, hashes, results });
}

/** Statements that came with a run say exactly what its events let claw state: nothing more, nothing else. */
export async function compareStatements(
  ledger: Ledger,
  run: string,
  came: readonly unknown[],
): Promise<readonly Finding[]> {
  const own = (await attest(ledger, await ledger.read(run))).map((statement) => JSON.stringify(statement));
  const theirs = came.map((statement) => JSON.stringify(statement));
  const wrong = theirs.findIndex((text, index) => text !== own[index]);
  const finding = (problem: string): Finding[] => [{ kind: "statement", run, seq: null, problem }];
  if (wrong >= 0) return finding(`statement ${wrong + 1} does not follow from its events`);
  return theirs.length < own.length ? finding(`statement ${theirs.length + 1} is missing`) : [];
}
