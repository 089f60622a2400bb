import type { Config } from "../../config.ts";
import { UsageError } from "../../errors.ts";
import type { Finding } from "../../ledger/audit/finding.ts";
import type { Envelope, ExportLine } from "../../ledger/export.ts";
import type { ImportedRun } from "../../ledger/import.ts";
import { resolveKey } from "../../models/key.ts";
import type { Statement } from "../../reports/statements.ts";
import { opened, readPublicKey, readSigningKey, seal, type SigningKey } from "./dsse.ts";

const STATEMENT = "application/vnd.in-toto+json";
/** What a whole record is: claw's own, as there is no standard for it. */
const RECORD = "application/vnd.claw.record+json";

/** The key that exports are signed with; null when config.yaml names none. */
export async function signingKey({ user, variable }: Config): Promise<SigningKey | null> {
  const reference = user.audit?.signingKey;
  if (!reference) return null;
  const pem = await resolveKey(reference, variable);
  if (pem !== undefined) return readSigningKey(pem.replaceAll("\\n", "\n"));
  throw new UsageError(
    "audit.signingKey names a key that is not there",
    "set it, or take audit.signingKey out of config.yaml",
  );
}

/** The run and its head as one text: whoever signs it vouches for every event up to there. */
const recordText = (run: string, head: string, events: number): string => JSON.stringify({ run, head, events });

/** The lines that sign an export: the key, the record as a whole, and each statement. */
export function signatureLines(
  { run, head, events }: { readonly run: string; readonly head: string; readonly events: readonly unknown[] },
  statements: readonly Statement[],
  key: SigningKey,
): ExportLine[] {
  const { keyid, publicKey } = key;
  const envelopes = [
    seal(RECORD, recordText(run, head, events.length), key),
    ...statements.map((statement) => seal(STATEMENT, JSON.stringify(statement), key)),
  ];
  return [
    { type: "key", keyid, publicKey, trust: "self-signed" },
    ...envelopes.map((envelope): ExportLine => ({ type: "envelope", envelope })),
  ];
}

/** Who signed an export. */
export interface Signed {
  readonly keyid: string;
  /** Did the key come from elsewhere than from the export itself? */
  readonly trusted: boolean;
}

export interface SignatureAudit {
  /** Null when nothing in it is signed. */
  readonly signed: Signed | null;
  readonly findings: readonly Finding[];
}

/** Checks every signature of an export: with the key that is trusted, otherwise with the one that came with it. */
export async function checkSignatures(imported: ImportedRun, trustedKey: string | null): Promise<SignatureAudit> {
  const { run, envelopes, key: came } = imported;
  const finding = (problem: string): Finding => ({ kind: "signature", run, seq: null, problem });
  const pem = trustedKey ?? came?.publicKey;
  if (envelopes.length === 0 && trustedKey === null && !came) return { signed: null, findings: [] };
  if (envelopes.length === 0 || pem === undefined) return { signed: null, findings: [finding("it is not signed")] };
  const key = readPublicKey(pem);
  const signed: Signed = { keyid: key.keyid, trusted: trustedKey !== null };
  const wanted = await wantedTexts(imported);
  const findings = wanted.flatMap(({ type, text, what }): Finding[] => {
    const envelope: Envelope | undefined = envelopes.find(
      (each) => each.payloadType === type && Buffer.from(each.payload, "base64").toString("utf8") === text,
    );
    if (!envelope) return [finding(`${what} is not among what was signed`)];
    return opened(envelope, key) === text
      ? []
      : [finding(`the signature of ${what} is not one of key ${key.keyid.slice(0, 12)}`)];
  });
  const further = envelopes.length > wanted.length ? [finding("it holds signatures of something else")] : [];
  return { signed, findings: [...findings, ...further] };
}

async function wantedTexts({ run, ledger, statements }: ImportedRun) {
  const { head, events } = await ledger.read(run);
  const record = { type: RECORD, text: recordText(run, head, events.length), what: "the record" };
  return [
    record,
    ...statements.map((statement, index) => ({
      type: STATEMENT,
      text: JSON.stringify(statement),
      what: `statement ${index + 1}`,
    })),
  ];
}
