import { type Pages, TASK_PREFIX } from "../../store/store.ts";
import { auditAnchors } from "./anchors.ts";
import { checkAllBodies, checkNamedBodies } from "./bodies.ts";
import type { Finding, PublishedHead } from "./finding.ts";
import type { Lister } from "./listing.ts";
import { auditRun, notThere } from "./run.ts";

export interface AuditRequest {
  /** Only this run; otherwise everything in the ledger. */
  readonly run?: string | undefined;
  /** Heads that were published elsewhere, of what is looked at. */
  readonly heads?: readonly PublishedHead[];
  /** Number of the first anchor, where a ledger is only a part of one. */
  readonly firstAnchor?: number;
  /** With it, what runs are listed by is compared with their events. */
  readonly lister?: Lister;
  readonly signal?: AbortSignal | undefined;
}

/** What was looked at, and what is not as it was written; it holds when nothing was found. */
export interface Audit {
  readonly runs: number;
  readonly tasks: number;
  readonly events: number;
  readonly bodies: number;
  readonly anchors: number;
  /** Heads from outside that were looked for. */
  readonly heads: number;
  /** At most a hundred, the first of each run first. */
  readonly findings: readonly Finding[];
  /** Findings that were left out of the list. */
  readonly further: number;
}

const LISTED = 100;

/** Checks every chain, every body that is named, the anchors and the heads from outside, in little memory. */
export async function auditLedger(pages: Pages, request: AuditRequest = {}): Promise<Audit> {
  const { run: only, heads = [], signal, lister } = request;
  const bodies = only === undefined ? await checkAllBodies(pages, signal) : checkNamedBodies(pages);
  const findings: Finding[] = [];
  let further = 0;
  const add = (found: readonly Finding[]): void => {
    const room = Math.max(0, LISTED - findings.length);
    findings.push(...found.slice(0, room));
    further += Math.max(0, found.length - room);
  };
  const elsewhere = new Set(heads);
  const ends = new Map<string, number>();
  let [runs, tasks, events] = [0, 0, 0];
  for (let listed = await nextRun(pages, only, ""); listed; listed = await nextRun(pages, only, listed.run)) {
    const { run } = listed;
    const own = heads.filter((head) => head.run === run);
    for (const head of own) elsewhere.delete(head);
    const audited = await auditRun(pages, listed, { bodies, heads: own, signal, lister });
    add(audited.findings);
    if (run < TASK_PREFIX) runs += 1;
    else if (run.startsWith(TASK_PREFIX)) tasks += 1;
    events += audited.events;
    if (audited.end !== null) ends.set(run, audited.end);
  }
  add([...elsewhere].map(notThere));
  const from = request.firstAnchor ?? 0;
  const { anchors, findings: lost } = await auditAnchors(pages, { run: only, from, ends, signal });
  add(lost);
  add(bodies.unnamed());
  if (only === undefined) {
    add((await pages.strayListings(LISTED)).map(stray));
    add((await pages.damage()).map(damaged));
  }
  return { runs, tasks, events, bodies: bodies.count(), anchors, heads: heads.length, findings, further };
}

const damaged = (problem: string): Finding => ({
  kind: "file",
  run: null,
  seq: null,
  problem: `the file of the ledger: ${problem}`,
});

const stray = (run: string): Finding => ({
  kind: "list",
  run,
  seq: null,
  problem: "the list that claw runs shows has it, and there is no such run",
});

/** The run after `after`; of one run alone, itself and nothing more. */
async function nextRun(pages: Pages, only: string | undefined, after: string) {
  if (only === undefined) return pages.runAfter(after);
  if (after === only) return null;
  return pages.listedRun(only);
}
