import { z } from "zod";
import type { AnchorRow, Pages } from "../store/store.ts";
import { bodiesNamed, promptsNamed } from "./bodies.ts";
import { Sha } from "./events.ts";

const line = <Type extends string, Shape extends z.ZodRawShape>(type: Type, shape: Shape) =>
  z.strictObject({ type: z.literal(type), ...shape });

/** A DSSE envelope: https://github.com/secure-systems-lab/dsse/blob/master/envelope.md */
const Envelope = z.strictObject({
  payloadType: z.string(),
  payload: z.base64(),
  signatures: z.array(z.strictObject({ keyid: z.string(), sig: z.base64() })),
});
export type Envelope = z.infer<typeof Envelope>;

/** As claw names runs. In a ledger it becomes part of paths and of what a terminal shows, and files come from anybody. */
const RunId = z.string().regex(/^[0-9a-z]{1,40}$/, "must be up to 40 digits and small letters");

/** One line of an exported run. Together they hold all that is needed to check the run and to answer for it, offline. */
export const ExportLine = z.discriminatedUnion("type", [
  line("export", { version: z.literal(1), run: RunId, claw: z.string() }),
  /** `body` is the text as it is stored: what the hash covers. */
  line("event", { run: z.string(), seq: z.int(), body: z.string(), hash: Sha }),
  line("anchor", { seq: z.int(), run: z.string(), last: z.int(), head: Sha, at: z.int(), hash: Sha }),
  /** `data` is base64; null when the ledger itself no longer has it. */
  line("body", { sha: Sha, data: z.base64().nullable() }),
  /** An in-toto statement, drawn from the events. */
  line("statement", { statement: z.json() }),
  /** The key that signed the envelopes; that it came with them shows nothing but that nobody without it changed them. */
  line("key", { keyid: Sha, publicKey: z.string(), trust: z.literal("self-signed") }),
  line("envelope", { envelope: Envelope }),
]);
export type ExportLine = z.infer<typeof ExportLine>;

const AT_ONCE = 500;

/** What is exported of a run, and by which version; `events`: so many of them, where the run may go on meanwhile. */
export interface ExportRequest {
  readonly run: string;
  readonly claw: string;
  readonly events?: number;
}

/** Everything that a ledger has of one run, in order: events, anchors, and the bodies that the events name, each once. */
export async function* exportLines(
  pages: Pages,
  { run, claw, events = Infinity }: ExportRequest,
): AsyncGenerator<ExportLine> {
  yield { type: "export", version: 1, run, claw };
  const shas = new Set<string>();
  const prompts = new Set<string>();
  let seq = 0;
  while (seq < events) {
    const rows = await pages.rows(run, seq, Math.min(AT_ONCE, events - seq));
    for (const row of rows) {
      for (const sha of bodiesNamed(row.body)) shas.add(sha);
      for (const sha of promptsNamed(row.body)) prompts.add(sha);
      yield { type: "event", run: row.run, seq: row.seq, body: row.body, hash: row.hash };
    }
    seq += rows.length;
    if (rows.length < AT_ONCE) break;
  }
  for await (const anchor of anchorsOf(pages, run, seq)) yield { type: "anchor", ...anchor };
  for (const sha of shas) {
    const data = await pages.blob(sha);
    yield { type: "body", sha, data: data && Buffer.from(data).toString("base64") };
  }
  // An early run's are not there.
  for (const sha of prompts) {
    const data = shas.has(sha) ? null : await pages.blob(sha);
    if (data) yield { type: "body", sha, data: Buffer.from(data).toString("base64") };
  }
}

/**
 * The anchors from the run's first to its last of so many events, and the one before them, which the first follows: between a run's own
 * lie those of other runs, and their chain holds only together.
 */
async function* anchorsOf(pages: Pages, run: string, events: number): AsyncGenerator<AnchorRow> {
  let waiting: AnchorRow[] = [];
  let begun = false;
  for (let from = 0; ;) {
    const page = await pages.anchors(from, AT_ONCE);
    for (const anchor of page) {
      waiting = begun ? [...waiting, anchor] : [...waiting.slice(-1), anchor];
      if (anchor.run !== run || anchor.last >= events) continue;
      begun = true;
      yield* waiting;
      waiting = [];
    }
    from += page.length;
    if (page.length < AT_ONCE) return;
  }
}
