import { isFull, type JobLease, type Usage, type Worker } from "../queue.ts";
import { type JobRow, jobIn } from "../job-row.ts";
import type { Database, Sql } from "./database.ts";

/**
 * Hands jobs out, one claim after the other, so that limits hold exactly. Every slot's most urgent job is the head of an
 * index, however many wait behind a limit; the best head of the slots that are not full is it.
 */
export async function claimed(db: Database, worker: Worker): Promise<JobLease | null> {
  // Most of the time there is nothing to do: then nobody is kept waiting.
  if (!(await db.read((sql) => isAny(sql, worker.now)))) return null;
  return db.write(
    async (sql) => {
      void sql("SELECT pg_advisory_xact_lock(hashtext('claw.claim'))");
      void sql("UPDATE claw.jobs SET state = 'ready' WHERE state = 'deferred' AND at <= $1", worker.now);
      const row = await taken(sql, worker);
      return row ? { job: jobIn(row), owner: worker.owner, fence: row.fence } : null;
    },
    { durable: true },
  );
}

async function isAny(sql: Sql, now: number): Promise<boolean> {
  const [found] = await sql<{ there: boolean }>(
    `SELECT EXISTS (SELECT 1 FROM claw.jobs WHERE state = 'ready')
         OR EXISTS (SELECT 1 FROM claw.jobs WHERE state = 'deferred' AND at <= $1) AS there`,
    now,
  );
  return found?.there === true;
}

/** A set of jobs that share lane, role, model and repository, as JSON. */
type Slot = readonly [lane: string, role: string, model: string, repository: string];

/** A slot in which something is ready; `id`: the job that was asked for. */
interface Ready {
  readonly slot: string;
  readonly id?: string;
}

/** Everybody waits for who claims: so it is two questions, the first of two statements at once. */
async function taken(sql: Sql, worker: Worker): Promise<JobRow | undefined> {
  const { owner, until, now, kinds, lanes, limits, subject } = worker;
  const [busy, slots] = await Promise.all([
    limits.size === 0 ? [] : sql<Usage>(BUSY),
    subject === undefined ? sql<Ready>(SLOTS) : sql<Ready>(ABOUT, subject),
  ]);
  const open = slots.filter(({ slot }) => {
    const [lane, role, model, repository] = JSON.parse(slot) as Slot;
    return (lane === "" || lanes.includes(lane)) && !isFull({ role, model, repository }, busy, limits);
  });
  if (open.length === 0) return undefined;
  const as = [owner, until, now, [...kinds]];
  const [row] =
    subject === undefined
      ? await sql<JobRow>(
          TAKE_HEAD,
          ...as,
          open.map(({ slot }) => slot),
        )
      : await sql<JobRow>(TAKE_ONE, ...as, open[0]?.id);
  return row;
}

const BUSY = `
  SELECT role, model, repository, count(*) AS jobs FROM claw.jobs WHERE state = 'leased' GROUP BY role, model, repository`;

/** Each slot once, by a step from one to the next: rows between them are not looked at. */
const SLOTS = `
  WITH RECURSIVE step AS (
    (SELECT slot FROM claw.jobs WHERE state = 'ready' ORDER BY slot LIMIT 1)
    UNION ALL
    SELECT (SELECT slot FROM claw.jobs WHERE state = 'ready' AND slot > step.slot ORDER BY slot LIMIT 1)
    FROM step WHERE step.slot IS NOT NULL
  ) SELECT slot FROM step WHERE slot IS NOT NULL`;

const ABOUT = "SELECT id, slot FROM claw.jobs WHERE state = 'ready' AND subject = $1 ORDER BY rank, id LIMIT 1";

const TAKE = "UPDATE claw.jobs SET state = 'leased', owner = $1, until = $2, fence = fence + 1, started = $3";
const TAKE_ONE = `${TAKE} WHERE id = $5 AND kind = ANY($4) AND state = 'ready' RETURNING *`;
const TAKE_HEAD = `${TAKE} WHERE id = (
  SELECT head.id FROM unnest($5::text[]) AS open (slot) CROSS JOIN LATERAL (
    SELECT id, rank FROM claw.jobs WHERE state = 'ready' AND jobs.slot = open.slot COLLATE "C" AND kind = ANY($4)
    ORDER BY rank, id LIMIT 1
  ) AS head ORDER BY head.rank, head.id LIMIT 1
) AND state = 'ready' RETURNING *`;
