import { z } from "zod";
import { exitCodes } from "../../errors.ts";
import type { Audit } from "../../ledger/audit/audit.ts";
import { plural } from "../../text.ts";
import { command } from "../command.ts";
import { resolveRun } from "../run-id.ts";
import { branchHeads, Head, repositoryAt } from "./heads.ts";
import { brokenRecord, sentence } from "./subject.ts";

export const verify = command({
  arguments: "[run]",
  options: [
    ["--head <run=sha...>", "a head that was kept elsewhere: in a pull request, a note, on paper"],
    ["--repository <path>", "take heads from its claw/ branches (default: the repository around this directory)"],
    ["--no-repository", "take heads from no branches"],
    ["--json", "print one JSON object"],
  ],
  more: `Checks the hash of every event, every body that an event names, and the anchors: all of the ledger, or one run. Finds a
changed byte, a deleted or added event, a cut tail, a deleted run and an exchanged body. A whole ledger that was put back
to an older copy holds by itself: it is found out by the heads in the Claw-Record trailers of claw's branches, or by --head.
A claw/ branch that another machine made names a run that is not in this ledger: leave such branches out with
--no-repository.

Exit codes: 0 everything is as it was written; 24 something is not`,
  input: z.object({
    run: z.string().optional(),
    head: z.array(Head).default([]),
    repository: z.union([z.string(), z.literal(false)]).optional(),
    json: z.boolean().default(false),
  }),
  async run({ run: prefix, head, repository, json }, { app, cwd, out, err, signal }) {
    const opened = await app();
    const ledger = await opened.ledger();
    const run = prefix === undefined ? undefined : await resolveRun(ledger, prefix);
    const around = await repositoryAt(opened, cwd, repository);
    const heads = [...head, ...(around ? await branchHeads(around) : [])];
    const audit = await ledger.audit({ run, heads, signal });
    const holds = audit.findings.length === 0;
    if (json) {
      out(JSON.stringify({ type: "audit", version: 1, holds, ...audit }));
      return holds ? 0 : exitCodes.infrastructure;
    }
    for (const finding of audit.findings) out(`✗ ${sentence(finding)}`);
    if (audit.further > 0) out(`✗ and ${audit.further} more`);
    const [first] = audit.findings;
    if (first) throw brokenRecord(first);
    out(`✓ as it was written: ${counted(audit)}`);
    if (audit.heads === 0) err("note: no head from outside was compared; an older copy of the ledger would hold, too");
  },
});

const counted = ({ runs, events, bodies, anchors, heads }: Audit): string =>
  [
    plural(runs, "run"),
    plural(events, "event"),
    bodies === 1 ? "1 body" : `${bodies} bodies`,
    plural(anchors, "anchor"),
    `${plural(heads, "head")} from outside`,
  ].join(", ");
