import { z } from "zod";
import type { Config } from "../../config.ts";
import { UsageError } from "../../errors.ts";
import type { Finding } from "../../ledger/audit/finding.ts";
import type { Envelope, ExportLine } from "../../ledger/export.ts";
import { SignedLines } from "../../ledger/export-digest.ts";
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

/** What the signature of a record says. `claw` and `lines` are lacking in those of early releases. */
const Vouched = z.strictObject({
  run: z.string(),
  head: z.string(),
  events: z.int(),
  claw: z.string().optional(),
  lines: SignedLines.optional(),
});
type Vouched = z.infer<typeof Vouched>;

/** Whoever signs this vouches for every event of the run up to its head, and for every line of the file. */
const recordText = ({ run, head, events, claw, lines }: Vouched): string =>
  JSON.stringify({ run, head, events, claw, lines });

/** The lines that sign an export: the key, the record as a whole, and each statement. */
export function signatureLines(record: Vouched, statements: readonly Statement[], key: SigningKey): ExportLine[] {
  const { keyid, publicKey } = key;
  const envelopes = [
    seal(RECORD, recordText(record), key),
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
  /** "events" of exports that early releases signed: not their first line, their anchors and the order of their lines. */
  readonly covers: "file" | "events";
}

/** In lines, for people. */
export const signedText = ({ keyid, trusted, covers }: Signed): string =>
  [
    trusted
      ? `✓ signed by the key that was given: sha256:${keyid}`
      : `✓ self-signed: the key came with the file; compare it with one that you know: sha256:${keyid}`,
    ...(covers === "file"
      ? []
      : ["  by an early claw, which signed its events and statements, not its first line and its anchors"]),
  ].join("\n");

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
  const own = came && readable(came.publicKey);
  const key = trustedKey === null ? own : readPublicKey(trustedKey);
  if (!key) return { signed: null, findings: [finding("the key that came with it cannot be read")] };
  const { wanted, covers } = await wantedTexts(imported);
  const findings = wanted.flatMap(({ type, text, what, instead }): Finding[] => {
    const envelope = envelopes.find((each) => each.payloadType === type && payloadOf(each) === text);
    if (!envelope) return [finding(instead ?? `${what} is not among what was signed`)];
    return opened(envelope, key) === text
      ? []
      : [finding(`the signature of ${what} is not one of key ${key.keyid.slice(0, 12)}`)];
  });
  const further = envelopes.length > wanted.length ? [finding("it holds signatures of something else")] : [];
  const other =
    came && (came.keyid !== key.keyid || own?.keyid !== key.keyid)
      ? [finding("the key that came with it is not the one that signed it")]
      : [];
  return {
    signed: { keyid: key.keyid, trusted: trustedKey !== null, covers },
    findings: [...findings, ...further, ...other],
  };
}

/** A key as it came in a file; null where it is none. */
function readable(pem: string): SigningKey | null {
  try {
    return readPublicKey(pem);
  } catch (error) {
    if (error instanceof UsageError) return null;
    throw error;
  }
}

const payloadOf = ({ payload }: Envelope): string => Buffer.from(payload, "base64").toString("utf8");

interface Wanted {
  readonly type: string;
  readonly text: string;
  readonly what: string;
  /** What to say where it is not among what was signed. */
  readonly instead?: string;
}

/** Every text that must have been signed. */
async function wantedTexts(
  imported: ImportedRun,
): Promise<{ readonly wanted: readonly Wanted[] } & Pick<Signed, "covers">> {
  const { run, ledger, statements, claw, lines, envelopes } = imported;
  const { head, events } = await ledger.read(run);
  const whole = { run, head, events: events.length, claw, lines };
  const early = recordText({ run, head, events: events.length });
  const given = envelopes.filter(({ payloadType }) => payloadType === RECORD).map(payloadOf);
  const covers = given.includes(early) ? "events" : "file";
  const sameEvents = given.some(
    (text) => recordText({ ...vouched(text), claw: undefined, lines: undefined }) === early,
  );
  const record = {
    type: RECORD,
    text: covers === "events" ? early : recordText(whole),
    what: "the record",
    ...(sameEvents && {
      instead: "its lines are not those that were signed: the first one, an anchor, a body, or their order",
    }),
  };
  const others = statements.map((statement, index) => ({
    type: STATEMENT,
    text: JSON.stringify(statement),
    what: `statement ${index + 1}`,
  }));
  return { wanted: [record, ...others], covers };
}

/** Of a text that is none, what fits no run. */
function vouched(text: string): Vouched {
  try {
    return Vouched.parse(JSON.parse(text));
  } catch {
    return { run: "", head: "", events: -1 };
  }
}
