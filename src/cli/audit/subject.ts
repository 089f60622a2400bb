import { resolve } from "node:path";
import type { App } from "../../app.ts";
import { LedgerBroken, UsageError } from "../../errors.ts";
import type { Finding, PublishedHead } from "../../ledger/audit/finding.ts";
import type { Ledger, RunRecord } from "../../ledger/ledger.ts";
import type { RunFacts } from "../../reports/result.ts";
import { readClawCommit } from "../../repo/claw-commits.ts";
import type { Repository } from "../../repo/repository.ts";
import { readRun, resolveRun } from "../run-id.ts";
import { auditExport, openExport, readKeyFile } from "./exported.ts";
import { repositoryAt } from "./heads.ts";
import { namesPullRequest, runOfPullRequest } from "./pull-request.ts";
import type { Signed } from "./signatures.ts";

/** A run that an auditor asks about, checked. */
export interface Subject {
  readonly facts: RunFacts & RunRecord;
  /** The repository that was looked at. */
  readonly repository: Repository | null;
  /** The head that the commit names, when the run was found by a commit. */
  readonly head: PublishedHead | null;
  /** Who signed the file that it came in; null where nobody did, and for a run of this ledger. */
  readonly signed: Signed | null;
}

interface Asked {
  /** A run, a commit, a branch or a pull request; the newest run when omitted. */
  readonly what: string | undefined;
  readonly cwd: string;
  readonly repository: string | false | undefined;
}

interface AskedOfFile extends Asked {
  readonly file: string;
  /** With the public key that must have signed it. */
  readonly key: string | undefined;
}

/** The run that is meant, its record checked against its chain, its anchors, its bodies and the commit that names it. */
export async function readSubject(app: App, { what, cwd, repository: path }: Asked): Promise<Subject> {
  const ledger = await app.ledger();
  const repository = await repositoryAt(app, cwd, path);
  const opener = what !== undefined && namesPullRequest(what) ? await runOfPullRequest(ledger, what) : undefined;
  const named = opener ?? what;
  const head = named === undefined || (await namesRun(ledger, named)) ? null : await headOfCommit(repository, named);
  if (head && (await ledger.find(head.run)).length === 0) {
    throw new UsageError(
      `run ${head.run}, which ${head.where} names, is not in this ledger`,
      "it was made on another machine, or with another CLAW_HOME: ask there for claw audit export",
    );
  }
  const run = await resolveRun(ledger, head?.run ?? named);
  const { findings } = await ledger.audit({ run, heads: head ? [head] : [] });
  const [first] = findings;
  if (first) throw brokenRecord(first, "ledger");
  return { facts: await readRun(ledger, run), repository, head, signed: null };
}

/** The same of a run that came in a file. A commit or branch is then the one it must come from. */
export async function readSubjectFile(app: App, { file, key, ...asked }: AskedOfFile): Promise<Subject> {
  const repository = await repositoryAt(app, asked.cwd, asked.repository);
  const imported = await openExport(asked.cwd, file);
  const head = asked.what === undefined ? null : await headOfCommit(repository, asked.what);
  if (head && head.run !== imported.run) {
    throw new UsageError(
      `${head.where} is of run ${head.run}, the file of run ${imported.run}`,
      "ask for the other file",
    );
  }
  const trusted = key === undefined ? null : await readKeyFile(resolve(asked.cwd, key));
  const { findings, signed } = await auditExport(imported, head ? [head] : [], trusted);
  const [first] = findings;
  if (first) throw brokenRecord(first, "file");
  return { facts: await readRun(imported.ledger, imported.run), repository, head, signed };
}

const namesRun = async (ledger: Ledger, what: string): Promise<boolean> =>
  /^[0-9a-z]+$/.test(what) && (await ledger.find(what)).length > 0;

async function headOfCommit(repository: Repository | null, what: string): Promise<PublishedHead> {
  const commit = await repository?.resolve(what).catch(() => null);
  if (!repository || !commit) {
    throw new UsageError(
      `there is no run${repository ? ", commit or branch" : ""} ${JSON.stringify(what)}`,
      `list runs with: claw runs${repository ? "" : "; for a commit, run this in its repository or name it with --repository"}`,
    );
  }
  const found = await readClawCommit(repository, commit);
  if (found) return { run: found.run, head: found.record, where: `commit ${commit.slice(0, 12)}` };
  throw new UsageError(
    `commit ${commit.slice(0, 12)} is not claw's: its message names no run`,
    "the commits of claw have Claw-Run and Claw-Record lines",
  );
}

/** A finding as a sentence. */
export const sentence = ({ run, problem }: Finding): string => (run === null ? problem : `run ${run}: ${problem}`);

const remedies = {
  ledger: "restore it from a backup before trusting it; claw audit verify lists everything that was found",
  file: "do not trust this file: ask who gave it to you for another export of the run; claw audit verify --file lists everything that was found",
};

/** `lies` where the record is: in a ledger, which may have a backup, or in a file that somebody gave. */
export const brokenRecord = (first: Finding, lies: keyof typeof remedies): LedgerBroken =>
  first.kind === "list"
    ? new LedgerBroken(
        `the record holds, but the list of runs is not what follows from it: ${sentence(first)}`,
        "have the list made anew from the events: claw runs --reindex",
      )
    : new LedgerBroken(`the record is not as it was written: ${sentence(first)}`, remedies[lies]);
