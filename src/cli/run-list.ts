import { ClawError } from "../errors.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { listedAs, Shown } from "../reports/run-row.ts";
import type { IndexEntry, IndexQuery } from "../store/run-index.ts";
import type { RunRow } from "./render-runs.ts";

/** Entries written at once. */
const AT_ONCE = 200;
/** Of more runs than this a person is told that it takes a while. */
const MANY = 500;

/** How a run stands that has not ended. */
const OPEN = "";
/** Outcome of a run whose record does not hold. */
const BROKEN = "broken record";

export interface ListRequest extends Omit<IndexQuery, "after"> {
  /** Only runs after this one in the list. */
  readonly before?: string | undefined;
  readonly tell: (note: string) => void;
}

/** A page of the list of runs, newest first. What runs have done since they were last listed is looked at first. */
export async function listRuns(ledger: Ledger, { before, tell, ...query }: ListRequest): Promise<readonly RunRow[]> {
  const { run, outcome, workflow, repository, parent, since, limit } = query;
  const searched = [run, outcome, workflow, repository, parent, since].some((given) => given !== undefined);
  const unkept = await catchUp(ledger, searched ? undefined : { newest: limit + 1, from: before }, tell);
  const open = outcome === "running" || outcome === "interrupted";
  const wanted = { ...query, after: before, ...(open && { outcome: OPEN }) };
  const entries = [...(await ledger.indexed(wanted)), ...unkept.filter((entry) => isWanted(entry, wanted))];
  const page = entries.toSorted((a, b) => (a.run < b.run ? 1 : -1)).slice(0, limit);
  const rows = await Promise.all(page.map((entry) => rowOf(ledger, entry)));
  return open ? rows.filter((row) => row.outcome === outcome) : rows;
}

/** The same question as the index is asked, of an entry that it could not take in. */
function isWanted(entry: IndexEntry, query: IndexQuery): boolean {
  const { after, since = 0 } = query;
  const names = ["run", "outcome", "workflow", "repository", "parent"] as const;
  const same = names.every((name) => query[name] === undefined || entry[name] === query[name]);
  return same && entry.started >= since && (after === undefined || entry.run < after);
}

/**
 * Works out the entries that are missing. A damaged run gets one that says so, and hides no other. Gives those that could
 * not be kept: a full disk is no reason to show nothing.
 */
export async function catchUp(
  ledger: Ledger,
  page: { readonly newest: number; readonly from?: string | undefined } | undefined,
  tell: (note: string) => void,
): Promise<readonly IndexEntry[]> {
  const unkept: IndexEntry[] = [];
  const stale = await ledger.unindexed(page);
  if (stale.length > MANY) tell(`bringing the list of ${stale.length} runs up to date, once`);
  for (let from = 0; from < stale.length; from += AT_ONCE) {
    const entries: IndexEntry[] = [];
    for (const run of stale.slice(from, from + AT_ONCE)) {
      const entry = await entryOf(ledger, run);
      if (entry) entries.push(entry);
    }
    await ledger.putIndex(entries).catch((error: unknown) => {
      if (!(error instanceof ClawError) || error.outcome !== "infrastructure") throw error;
      unkept.push(...entries);
    });
  }
  return unkept;
}

async function entryOf(ledger: Ledger, run: string): Promise<IndexEntry | null> {
  try {
    const { events } = await ledger.read(run);
    const listed = listedAs(events);
    return listed && { run, last: events.length - 1, ...listed };
  } catch (error) {
    if (!(error instanceof ClawError)) throw error;
    const shown = JSON.stringify({ title: "", branch: null, cost: null, turns: 0 } satisfies Shown);
    // Not up to any event: it is looked at again each time, and may be put right.
    return { run, last: -1, started: 0, workflow: "", repository: "", outcome: BROKEN, parent: null, shown };
  }
}

async function rowOf(ledger: Ledger, { run, started, outcome, shown, workflow }: IndexEntry): Promise<RunRow> {
  const { title, branch, cost, unconfined = false } = Shown.parse(JSON.parse(shown));
  const open = outcome === OPEN ? ((await ledger.active(run)) ? "running" : "interrupted") : null;
  return {
    run,
    workflow,
    startedAt: started,
    outcome: open ?? outcome,
    title,
    branch,
    cost,
    broken: outcome === BROKEN,
    unconfined,
  };
}
