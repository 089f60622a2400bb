import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import { systemClock } from "../../clock.ts";
import { UsageError } from "../../errors.ts";
import type { Audit } from "../../ledger/audit/audit.ts";
import type { PublishedHead } from "../../ledger/audit/finding.ts";
import { type ImportedRun, importRun } from "../../ledger/import.ts";
import { openSqlite } from "../../store/sqlite.ts";
import { compareStatements } from "./attest.ts";
import { checkSignatures, type Signed } from "./signatures.ts";

/** A run in a file that claw audit export wrote. No ledger of this machine is opened: it is kept in memory. */
export async function openExport(cwd: string, file: string): Promise<ImportedRun> {
  const path = resolve(cwd, file);
  const source = createReadStream(path);
  try {
    return await importRun(
      createInterface({ input: source, crlfDelay: Infinity }),
      await openSqlite(":memory:"),
      systemClock,
    );
  } catch (error) {
    // Of the file itself; what is wrong with its lines is said elsewhere.
    if ((error as NodeJS.ErrnoException).syscall === undefined) throw error;
    throw new UsageError(`${path} cannot be read`, "name a file that claw audit export wrote", error);
  } finally {
    source.destroy();
  }
}

/** Checks a run that came in a file: its record, that its statements follow from it, and who signed it. `trustedKey` is PEM. */
export async function auditExport(
  imported: ImportedRun,
  heads: readonly PublishedHead[],
  trustedKey: string | null = null,
): Promise<Audit & { readonly signed: Signed | null }> {
  const audit = await imported.check(heads);
  if (audit.findings.length > 0) return { ...audit, signed: null };
  const statements = await compareStatements(imported.ledger, imported.run, imported.statements);
  const { signed, findings } = await checkSignatures(imported, trustedKey);
  return { ...audit, signed, findings: [...statements, ...findings] };
}

/** The text of a public key that a person trusts. */
export const readKeyFile = (path: string): Promise<string> =>
  readFile(path, "utf8").catch((error: unknown) => {
    throw new UsageError(`${path} cannot be read`, "name a file with a public key in PEM", error);
  });
