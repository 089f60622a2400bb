import { UsageError } from "../errors.ts";
import type { Ledger, RunRecord } from "../ledger/ledger.ts";
import type { RunFacts } from "../reports/result.ts";
import { nearest } from "../text.ts";

/** Runs that a mistyped id is compared with. */
const RECENT = 200;

/** The run that `prefix` names alone; the newest one when nothing is named. */
export async function resolveRun(ledger: Ledger, prefix: string | undefined): Promise<string> {
  if (prefix === undefined) return newestRun(ledger);
  const found = /^[0-9a-z]+$/.test(prefix) ? await ledger.find(prefix) : [];
  const exact = found.find((run) => run === prefix);
  const [only] = found;
  if (exact ?? (found.length === 1 && only)) return exact ?? only ?? prefix;
  if (found.length > 1) {
    throw new UsageError(
      `several runs begin with ${prefix}`,
      `say more of it, one of: ${found.slice(0, 5).join(", ")}`,
    );
  }
  const known = (await ledger.newest(RECENT)).map(({ run }) => run);
  const meant = nearest(prefix, known);
  throw new UsageError(
    `there is no run ${JSON.stringify(prefix)}`,
    meant ? `did you mean ${meant}? list them with: claw runs` : "list them with: claw runs",
  );
}

async function newestRun(ledger: Ledger): Promise<string> {
  const [newest] = await ledger.newest(1);
  if (!newest)
    throw new UsageError("there are no runs yet", 'start one with: claw fix ISSUE.md, or claw fix "what is wrong"');
  return newest.run;
}

/** A run as it stands, and whether a live process writes it right now. */
export async function readRun(ledger: Ledger, prefix: string | undefined): Promise<RunFacts & RunRecord> {
  const run = await resolveRun(ledger, prefix);
  const [record, active] = await Promise.all([ledger.read(run), ledger.active(run)]);
  return { ...record, active };
}
