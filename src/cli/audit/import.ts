import { resolve } from "node:path";
import { z } from "zod";
import { UsageError } from "../../errors.ts";
import { command } from "../command.ts";
import { auditExport, openExport, readKeyFile } from "./exported.ts";
import { brokenRecord } from "./subject.ts";

export const importRun = command({
  arguments: "<file>",
  options: [
    ["--key <file>", "the public key (PEM, ed25519) that must have signed it"],
    ["--json", "print one JSON object"],
  ],
  more: `Checks a run that claw audit export wrote, as claw audit verify --file does, and takes it into this ledger, event for
event: claw show, claw diff, claw publish and the others then know it. A record that does not hold, or that the given key has
not signed, is not taken in. Done twice it changes nothing.

For work in two steps: one that has no credentials and runs commands, and one that has them and runs none.

Examples:
  claw audit import run.jsonl --key signer.pem && claw publish

Exit codes: 0 it is in this ledger; 2 it cannot be read, or another run has its name; 24 it is not as it was written`,
  working: "checking the run",
  input: z.object({ file: z.string(), key: z.string().optional(), json: z.boolean().default(false) }),
  async run({ file, key, json }, { app, cwd, out, err }) {
    const imported = await openExport(cwd, file);
    const trusted = key === undefined ? null : await readKeyFile(resolve(cwd, key));
    const { findings, signed } = await auditExport(imported, [], trusted);
    const [first] = findings;
    if (first) throw brokenRecord(first, "file");
    if (trusted !== null && signed?.trusted !== true)
      throw new UsageError(`${file} is not signed by the key in ${key}`, "ask for a file that is: audit.signingKey");
    const isNew = await (await (await app()).ledger()).adopt(await imported.copy());
    if (trusted === null) err("note: nobody's signature was asked for (--key): it holds by itself, whoever wrote it");
    const { run } = imported;
    if (json) return out(JSON.stringify({ type: "import", version: 1, run, new: isNew }));
    out(`run ${run} is ${isNew ? "in this ledger now" : "in this ledger already"}; see it with: claw show ${run}`);
  },
});
