import { z } from "zod";
import type { Finding } from "../../ledger/audit/finding.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import { readBody } from "../../ledger/read-body.ts";
import { type Statement, statementsOf } from "../../reports/statements.ts";
import { ofType } from "../../views/run.ts";

/** The hash of each event of a run, by its number. */
export async function hashesOf(ledger: Ledger, run: string): Promise<readonly string[]> {
  const hashes: string[] = [];
  for await (const line of ledger.export(run, "")) {
    if (line.type === "event") hashes.push(line.hash);
    else if (hashes.length > 0) break;
  }
  return hashes;
}

/** What the record of a run lets claw state. */
export async function attest(ledger: Ledger, run: string): Promise<readonly Statement[]> {
  const { events } = await ledger.read(run);
  const hashes = await hashesOf(ledger, run);
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
  const own = (await attest(ledger, run)).map((statement) => JSON.stringify(statement));
  const theirs = came.map((statement) => JSON.stringify(statement));
  const wrong = theirs.findIndex((text, index) => text !== own[index]);
  const finding = (problem: string): Finding[] => [{ kind: "statement", run, seq: null, problem }];
  if (wrong >= 0) return finding(`statement ${wrong + 1} does not follow from its events`);
  return theirs.length < own.length ? finding(`statement ${theirs.length + 1} is missing`) : [];
}
