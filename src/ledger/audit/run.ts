import { setImmediate as letOthersRun } from "node:timers/promises";
import type { ListedRun, Pages, Row } from "../../store/store.ts";
import { bodiesNamed } from "../bodies.ts";
import { GENESIS, seal } from "../chain.ts";
import { objectIn } from "../recorded.ts";
import { type BodyCheck, isThere } from "./bodies.ts";
import type { Finding, PublishedHead } from "./finding.ts";
import { checkListing, type Lister } from "./listing.ts";

/** Rows read at once. */
const AT_ONCE = 500;

export interface RunAudit {
  readonly events: number;
  readonly findings: readonly Finding[];
  /** Number of the last event that an anchor was written with: one that ended or paused a run, any of a task or a schedule; null when none was. */
  readonly end: number | null;
}

/** How the stored text of such an event begins. */
const anEnd = /^\{"at":\d+,"type":"run\.(?:ended|paused)"/;
/** How a task, or a schedule, begins each of whose events is anchored. */
const allAnchored = /^\{"at":\d+,"type":"(?:task|schedule)\.added","anchored":true/;

interface Against {
  readonly bodies: BodyCheck;
  /** Of this run. */
  readonly heads: readonly PublishedHead[];
  readonly signal: AbortSignal | undefined;
  readonly lister: Lister | undefined;
}

/** Walks one run from its first event to its last. Behind the first event that does not fit, nothing can be said. */
export async function auditRun(pages: Pages, listed: ListedRun, against: Against): Promise<RunAudit> {
  const { run } = listed;
  const listing = against.lister && checkListing(await pages.listing(run), against.lister);
  const wrong: WrongBody[] = [];
  const redacted = new Set<string>();
  const missing = new Map(against.heads.map((head) => [head.head, head]));
  let head = GENESIS;
  let seq = 0;
  let end: number | null = null;
  let everyOne = false;
  for (let page = await pages.rows(run, Number.MIN_SAFE_INTEGER, AT_ONCE); page.length > 0;) {
    for (const row of page) {
      const problem = unfit(row, seq, head) ?? (await inexact(row, pages));
      if (problem !== null)
        return { events: seq, end, findings: [...explained(wrong, redacted), { kind: "event", run, seq, problem }] };
      head = row.hash;
      everyOne ||= seq === 0 && allAnchored.test(row.body);
      if (everyOne || anEnd.test(row.body)) end = seq;
      missing.delete(head);
      listing?.add(row);
      seq += 1;
      for (const sha of redactedIn(row)) redacted.add(sha);
    }
    wrong.push(...(await wrongBodies(page, against.bodies)));
    if (page.length < AT_ONCE) break;
    await letOthersRun(undefined, against.signal && { signal: against.signal });
    page = await pages.rows(run, seq, AT_ONCE);
  }
  const onList = seq > 0 ? (listing?.problem(seq) ?? null) : null;
  return {
    events: seq,
    end,
    findings: [
      ...explained(wrong, redacted),
      ...notAsListed(listed, await pages.listedRun(run), seq),
      ...[...missing.values()].map(notThere),
      ...(onList === null ? [] : [{ kind: "list", run, seq: null, problem: onList } as const]),
    ],
  };
}

function unfit(row: Row, seq: number, head: string): string | null {
  if (row.seq > seq) return `event ${seq} is missing: event ${row.seq} follows event ${seq - 1}`;
  // A file that was changed by hand may have another kind of value in its place, with the same characters.
  const isText = typeof row.body === "string" && typeof row.hash === "string";
  return isText && row.seq === seq && row.hash === seal(head, row.run, seq, row.body)
    ? null
    : `event ${seq} does not match its hash`;
}

/** What any byte that is no text is read as: only a row that has it can hide such a byte. */
const REPLACEMENT = "\uFFFD";

const inexact = async (row: Row, pages: Pages): Promise<string | null> =>
  row.body.includes(REPLACEMENT) && !(await pages.isExact(row))
    ? `event ${row.seq} holds bytes that are no text`
    : null;

interface WrongBody {
  readonly sha: string;
  readonly finding: Finding;
}

/** What a person had taken out is missing for a reason that is on record. */
const explained = (wrong: readonly WrongBody[], redacted: ReadonlySet<string>): Finding[] =>
  wrong.filter(({ sha, finding }) => !redacted.has(sha) || isThere(finding.problem)).map(({ finding }) => finding);

function redactedIn({ body }: Row): readonly string[] {
  if (!body.includes('"type":"bodies.redacted"')) return [];
  const { type, redacted } = (objectIn(body) ?? {}) as { type?: unknown; redacted?: unknown };
  return type === "bodies.redacted" && Array.isArray(redacted) ? redacted.map(String) : [];
}

async function wrongBodies(rows: readonly Row[], bodies: BodyCheck): Promise<WrongBody[]> {
  const first = new Map<string, Row>();
  for (const row of rows) for (const sha of bodiesNamed(row.body)) if (!first.has(sha)) first.set(sha, row);
  const wrong = await bodies.wrong([...first.keys()]);
  return [...wrong].map(([sha, problem]): WrongBody => {
    const { run = null, seq = null } = first.get(sha) ?? {};
    const told = `body ${sha.slice(0, 12)}, which event ${seq} names, ${problem}`;
    return { sha, finding: { kind: "body", run, seq, problem: told } };
  });
}

/** The list of runs is written together with the events: what it says `before` they are read and `after` it encloses them. */
function notAsListed({ run, last }: ListedRun, after: ListedRun, events: number): Finding[] {
  const fault = (problem: string): Finding[] => [{ kind: "run", run, seq: null, problem }];
  if (events === 0) return fault("none of its events are there");
  if (last === null) return fault("it has events, but is not on the list of runs");
  if (events <= last) return fault(`it had ${last + 1} events, and has ${events}: its tail was cut`);
  return events - 1 <= (after.last ?? -1) ? [] : fault(`it has ${events} events, and the list of runs knows of fewer`);
}

/** Also for runs that are not in the ledger at all. */
export const notThere = ({ run, head, where }: PublishedHead): Finding => ({
  kind: "head",
  run,
  seq: null,
  problem: `its head ${head.slice(0, 12)}, known from ${where}, is not in this ledger: an older copy of it, or one that was cut`,
});
