import type { Ledger } from "../ledger/ledger.ts";
import { type Attempt, attemptsOf } from "../views/tiers.ts";

/** Runs that are looked at to learn from. */
const LEARN_FROM = 200;

/** What the newest runs say about models; a run whose record does not hold says nothing. */
export async function readAttempts(ledger: Ledger): Promise<readonly Attempt[]> {
  const runs = await ledger.newest(LEARN_FROM);
  const attempts: Attempt[] = [];
  for (const { run, started } of runs) {
    if (started.workflow !== "fix" || !started.model) continue;
    const found = await ledger.read(run).catch(() => null);
    if (found) attempts.push(...attemptsOf(found.events));
  }
  return attempts;
}

/** The repository of past runs that a directory lies in; the directory where none is known. */
export function repositoryAt(cwd: string, attempts: readonly Attempt[]): string {
  const around = attempts.map(({ repository }) => repository).filter((root) => `${cwd}/`.startsWith(`${root}/`));
  return around.toSorted((a, b) => b.length - a.length)[0] ?? cwd;
}
