import { resolve } from "node:path";
import { z } from "zod";
import { exitCodes, UsageError } from "../../errors.ts";
import type { Audit } from "../../ledger/audit/audit.ts";
import type { PublishedHead } from "../../ledger/audit/finding.ts";
import type { Repository } from "../../repo/repository.ts";
import { lister } from "../../reports/run-row.ts";
import { plural } from "../../text.ts";
import { command, type CommandDesk } from "../command.ts";
import { resolveRun } from "../run-id.ts";
import { auditExport, openExport, readKeyFile } from "./exported.ts";
import { branchHeads, Head, repositoryAt } from "./heads.ts";
import { type Signed, signedText } from "./signatures.ts";
import { brokenRecord, sentence } from "./subject.ts";

export const verify = command({
  arguments: "[run]",
  options: [
    ["--head <run=sha...>", "a head that was kept elsewhere: in a pull request, a note, on paper"],
    ["--repository <path>", "take heads from its claw/ branches (default: the repository around this directory)"],
    ["--no-repository", "take heads from no branches"],
    ["--file <file>", "check a run that claw audit export wrote, without a ledger"],
    ["--key <file>", "with --file: the public key (PEM, ed25519) that must have signed it"],
    ["--json", "print one JSON object"],
  ],
  more: `Checks the hash of every event, every body that an event names, and the anchors: all of the ledger, or one run. Finds a
changed byte, a deleted or added event, a cut tail, a deleted run, an exchanged body, and a list of runs (claw runs) that is
not what follows from the events; of a whole ledger also a damaged file, and one whose tables and rules are not claw's.

A whole ledger that was put back to an older copy holds by itself: it is found out by the heads in the Claw-Record trailers
of claw's branches, or by --head. A claw/ branch that another machine made names a run that is not in this ledger: leave such
branches out with --no-repository. Leases, counters of budgets and notes between processes say nothing about what happened,
and are not checked.

Examples:
  claw audit verify
  claw audit verify 1ng3ek
  claw audit verify --file run.jsonl --key claw.pub

Exit codes: 0 everything is as it was written; 24 something is not`,
  working: "checking the ledger",
  input: z.object({
    run: z.string().optional(),
    head: z.array(Head).default([]),
    repository: z.union([z.string(), z.literal(false)]).optional(),
    file: z.string().optional(),
    key: z.string().optional(),
    json: z.boolean().default(false),
  }),
  async run(input, desk) {
    const { json } = input;
    const { out, err } = desk;
    const audit = input.file === undefined ? await auditHere(input, desk) : await auditFile(input.file, input, desk);
    const holds = audit.findings.length === 0;
    if (json) {
      out(JSON.stringify({ type: "audit", version: 1, holds, ...audit }));
      return holds ? 0 : exitCodes.infrastructure;
    }
    for (const finding of audit.findings) out(`✗ ${sentence(finding)}`);
    if (audit.further > 0) out(`✗ and ${audit.further} more`);
    const first = audit.findings.find(({ kind }) => kind !== "list") ?? audit.findings[0];
    if (first) throw brokenRecord(first, input.file === undefined ? "ledger" : "file");
    out(`✓ as it was written: ${counted(audit)}`);
    if (audit.signed) out(signedText(audit.signed));
    const limit = audit.heads === 0 ? limitOf(input.file !== undefined, audit.signed) : null;
    if (limit !== null) err(`note: ${limit}`);
  },
});

/** What an audit without a head from outside cannot find out. */
function limitOf(isFile: boolean, signed: Signed | null): string {
  if (isFile && signed?.trusted !== true)
    return "no head from outside and no key that you know was compared; one that somebody worked out anew would hold, too";
  return "no head from outside was compared; an older or shorter copy would hold, too";
}

type AuditOf = Audit & { readonly signed: Signed | null };

interface Asked {
  readonly run?: string | undefined;
  readonly head: readonly PublishedHead[];
  readonly repository?: string | false | undefined;
  readonly key?: string | undefined;
}

async function auditHere(
  { run: prefix, head, repository, key }: Asked,
  { app, cwd, signal }: CommandDesk,
): Promise<AuditOf> {
  if (key !== undefined) throw new UsageError("--key is for --file", "leave it out: a ledger is not signed");
  const opened = await app();
  const ledger = await opened.ledger();
  const run = prefix === undefined ? undefined : await resolveRun(ledger, prefix);
  const heads = await headsFor(run, head, await repositoryAt(opened, cwd, repository));
  return { ...(await ledger.audit({ run, heads, signal, lister })), signed: null };
}

async function auditFile(
  file: string,
  { run, head, repository, key }: Asked,
  { app, cwd }: CommandDesk,
): Promise<AuditOf> {
  if (run !== undefined) throw new UsageError("a run and --file exclude each other", "the file names its run itself");
  const imported = await openExport(cwd, file);
  const heads = await headsFor(imported.run, head, await repositoryAt(await app(), cwd, repository));
  return auditExport(imported, heads, key === undefined ? null : await readKeyFile(resolve(cwd, key)));
}

/** Branches of other runs say nothing about the one that is checked; a head that a person typed must be of it. */
async function headsFor(
  run: string | undefined,
  typed: readonly PublishedHead[],
  repository: Repository | null,
): Promise<readonly PublishedHead[]> {
  const other = typed.find((head) => run !== undefined && head.run !== run);
  if (other) throw new UsageError(`--head is of run ${other.run}, and run ${run} is checked`, "leave one of them out");
  const branches = repository ? await branchHeads(repository) : [];
  return [...typed, ...branches.filter((head) => run === undefined || head.run === run)];
}

const counted = ({ runs, tasks, events, bodies, anchors, heads }: Audit): string =>
  [
    plural(runs, "run"),
    ...(tasks > 0 ? [plural(tasks, "task")] : []),
    plural(events, "event"),
    plural(bodies, "body", "bodies"),
    plural(anchors, "anchor"),
    `${plural(heads, "head")} from outside`,
  ].join(", ");
