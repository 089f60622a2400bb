import type { Clock } from "../clock.ts";
import { LedgerBroken } from "../errors.ts";
import type { Blob, Row, Store } from "../store/store.ts";
import type { Audit } from "./audit/audit.ts";
import type { Finding, PublishedHead } from "./audit/finding.ts";
import type { RunCopy } from "./adopt.ts";
import { bodiesNamed, promptsNamed } from "./bodies.ts";
import { type Envelope, ExportLine } from "./export.ts";
import { lineDigest, type SignedLines } from "./export-digest.ts";
import { type Ledger, openLedger } from "./ledger.ts";
import { shaOf } from "./staged.ts";

/** A run that came in a file. */
export interface ImportedRun {
  readonly run: string;
  /** The version that exported it, as its first line says. */
  readonly claw: string;
  /** All of it but what signs it. */
  readonly lines: SignedLines;
  /** Holds this run alone. */
  readonly ledger: Ledger;
  /** In-toto statements, as they came: nobody has compared them with the events yet. */
  readonly statements: readonly unknown[];
  /** What somebody signed, unchecked as well, and the key that came with it. */
  readonly envelopes: readonly Envelope[];
  readonly key: { readonly keyid: string; readonly publicKey: string } | null;
  /** Looks for anything in it that is not as it was written. */
  check(heads: readonly PublishedHead[]): Promise<Audit>;
  /** All of it, as it is stored. */
  copy(): Promise<RunCopy>;
}

/** Takes the lines of an exported run, as they are, into an empty store. Throws LedgerBroken on a line that is none. */
export async function importRun(lines: AsyncIterable<string>, store: Store, clock: Clock): Promise<ImportedRun> {
  const statements: unknown[] = [];
  const envelopes: Envelope[] = [];
  let key: ImportedRun["key"] = null;
  let first: Extract<ExportLine, { type: "export" }> | null = null;
  let firstAnchor: number | null = null;
  let number = 0;
  const shas = new Set<string>();
  const digest = lineDigest();
  for await (const text of lines) {
    number += 1;
    if (text === "") continue;
    const { line, value } = parse(text, number);
    digest.add(value);
    if (number === 1 ? line.type !== "export" : line.type === "export") throw unreadable(number, "is not in its place");
    if (line.type === "export") first = line;
    if (line.type === "event" && line.run !== first?.run) throw unreadable(number, `is of run ${line.run}`);
    if (line.type === "anchor") firstAnchor = Math.min(line.seq, firstAnchor ?? line.seq);
    if (line.type === "statement") statements.push(line.statement);
    if (line.type === "envelope") envelopes.push(line.envelope);
    if ((line.type === "body" && shas.has(line.sha)) || (line.type === "key" && key !== null))
      throw unreadable(number, "is there twice");
    if (line.type === "body") shas.add(line.sha);
    if (line.type === "key") key = { keyid: line.keyid, publicKey: line.publicKey };
    if (line.type === "body" && line.data !== null && shaOf(Buffer.from(line.data, "base64")) !== line.sha)
      throw unreadable(number, `is not what its name, its hash, says: ${line.sha.slice(0, 12)}`);
    await take(store, line).catch(() => {
      throw unreadable(number, "is there twice");
    });
  }
  if (first === null) throw unreadable(1, "is missing");
  const ledger = openLedger({ store, clock, scrub: (text) => text });
  const only = first.run;
  return {
    run: only,
    claw: first.claw,
    lines: digest.sum(),
    ledger,
    statements,
    envelopes,
    key,
    check: async (heads) => {
      const audit = await ledger.audit({ run: only, heads, firstAnchor: firstAnchor ?? 0 });
      // Where events are missing, so are the names of bodies.
      if (audit.findings.length > 0) return audit;
      const named = namedIn(await store.rows(only));
      const stray = [...shas].find((sha) => !named.has(sha));
      return stray === undefined ? audit : { ...audit, findings: [strayBody(only, stray)] };
    },
    copy: async () => {
      const rows = await store.rows(only);
      const named = namedIn(rows);
      const blobs: Blob[] = [];
      for (const sha of shas) {
        const data = named.has(sha) ? await store.blob(sha) : null;
        if (data) blobs.push({ sha, data });
      }
      return { rows, blobs };
    },
  };
}

const namedIn = (rows: readonly Row[]): ReadonlySet<string> =>
  new Set(rows.flatMap(({ body }) => [...bodiesNamed(body), ...promptsNamed(body)]));

/** Whatever it is, it is not of this run. */
const strayBody = (run: string, sha: string): Finding => ({
  kind: "body",
  run,
  seq: null,
  problem: `body ${sha.slice(0, 12)} is in the file, and no event names it`,
});

async function take(store: Store, line: ExportLine): Promise<void> {
  if (line.type === "event") {
    const { type: _, ...row } = line;
    await store.append({ rows: [row], blobs: [], durable: false });
  } else if (line.type === "anchor") {
    const { type: _, ...anchor } = line;
    await store.anchor(() => anchor);
  } else if (line.type === "body" && line.data === null) {
    await store.dropBodies([line.sha]);
  } else if (line.type === "body" && line.data !== null) {
    const blob = { sha: line.sha, data: Buffer.from(line.data, "base64") };
    await store.append({ rows: [], blobs: [blob], durable: false });
  }
}

/** The line, and the value as it came. */
function parse(text: string, number: number): { readonly line: ExportLine; readonly value: { readonly type: string } } {
  const value = jsonOf(text, number);
  const line = checked(value, number);
  if (line.success) return { line: line.data, value: value as ExportLine };
  const [issue] = line.error.issues;
  throw unreadable(number, `does not fit: ${issue?.path.join(".") ?? ""} ${issue?.message ?? ""}`);
}

/** Some editors put a mark in front of the first line. */
function jsonOf(text: string, number: number): unknown {
  try {
    return JSON.parse(number === 1 ? text.replace(/^\ufeff/, "") : text);
  } catch {
    throw unreadable(number, "is not JSON");
  }
}

/** What is nested thousands deep outgrows the stack. */
function checked(value: unknown, number: number): ReturnType<typeof ExportLine.safeParse> {
  try {
    return ExportLine.safeParse(value);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw unreadable(number, "is nested too deeply");
  }
}

const unreadable = (number: number, problem: string): LedgerBroken =>
  new LedgerBroken(`line ${number} of the export ${problem}`, "ask for the file again: claw audit export writes it");
