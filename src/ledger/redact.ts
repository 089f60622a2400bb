import { Fenced, UsageError } from "../errors.ts";
import type { Row, Store } from "../store/store.ts";
import { bodiesNamed, bodiesThatStay } from "./bodies.ts";
import type { Event, Sha } from "./events.ts";
import { objectIn } from "./recorded.ts";

/** Bodies that are to be taken out, and by whom and why it is done. */
export interface Redaction {
  readonly shas: readonly Sha[];
  readonly by: string;
  readonly reason: string;
  readonly identity?: string | null | undefined;
  readonly login?: string | null | undefined;
}

interface Writers {
  active(run: string): Promise<boolean>;
  /** Appends one fact to a run that nobody writes. */
  append(run: string, event: Event): Promise<void>;
}

/** Of these bodies, those that each run names; runs that name none are left out. */
async function namedBy(store: Store, shas: readonly Sha[]): Promise<ReadonlyMap<string, readonly Sha[]>> {
  const wanted = new Set(shas);
  const found = new Map<string, Sha[]>();
  for await (const { run, rows } of everyRun(store)) {
    const own = new Set(rows.flatMap(({ body }) => bodiesNamed(body)).filter((sha) => wanted.has(sha)));
    if (own.size > 0) found.set(run, [...own]);
  }
  return found;
}

/**
 * Takes bodies out for good. Who did it and why is recorded first, in every run that names one of them, so each run still
 * explains itself; hashes stay, so every chain still verifies. Gives the runs it was recorded in.
 */
export async function redact(store: Store, writers: Writers, redaction: Redaction): Promise<readonly string[]> {
  const { shas, by, reason, identity = null, login = null } = redaction;
  const runs = await namedBy(store, shas);
  if (runs.size === 0)
    throw new UsageError("no run names such a body", "list the bodies of a run with claw log --json");
  for (const run of runs.keys()) if (await writers.active(run)) throw new Fenced(run);
  for (const [run, redacted] of runs) {
    await writers.append(run, { type: "bodies.redacted", redacted: [...redacted], by, reason, identity, login });
  }
  await store.dropBodies(shas);
  return [...runs.keys()];
}

/**
 * Bodies that only runs name which ended before a moment, and which are still there. What a run was told to do, changed and
 * reported stays: prompt files, manifests, patches and reports are never among them.
 */
export async function bodiesOfOldRuns(store: Store, before: number): Promise<readonly Sha[]> {
  const old = new Set<Sha>();
  const young = new Set<string>();
  for await (const { run, rows } of everyRun(store)) {
    const ended = rows.some(({ body }) => isEnd(body, before));
    if (!ended) young.add(run);
    else for (const { body } of rows) for (const sha of bodiesNamed(body)) old.add(sha);
  }
  for await (const { run, rows } of everyRun(store)) {
    for (const { body } of rows) {
      for (const sha of young.has(run) ? bodiesNamed(body) : bodiesThatStay(body)) old.delete(sha);
    }
  }
  const there: Sha[] = [];
  for (const sha of old) if (!(await store.isDropped(sha))) there.push(sha);
  return there;
}

async function* everyRun(store: Store): AsyncGenerator<{ readonly run: string; readonly rows: readonly Row[] }> {
  for (let listed = await store.runAfter(""); listed; listed = await store.runAfter(listed.run)) {
    yield { run: listed.run, rows: await store.rows(listed.run) };
  }
}

function isEnd(body: string, before: number): boolean {
  if (!body.includes('"type":"run.ended"')) return false;
  const { type, at } = (objectIn(body) ?? {}) as { type?: unknown; at?: unknown };
  return type === "run.ended" && typeof at === "number" && at < before;
}
