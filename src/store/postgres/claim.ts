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
      const head = await best(sql, worker);
      if (!head) return null;
      const { owner, until, now } = worker;
      const [row] = await sql<JobRow>(
        `UPDATE claw.jobs SET state = 'leased', owner = $2, until = $3, fence = fence + 1, started = $4
         WHERE id = $1 AND state = 'ready' RETURNING *`,
        head.id,
        owner,
        until,
        now,
      );
      return row ? { job: jobIn(row), owner, fence: row.fence } : null;
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

async function best(sql: Sql, worker: Worker): Promise<JobRow | undefined> {
  const { kinds, lanes, limits, subject } = worker;
  const busy = limits.size === 0 ? [] : await sql<Usage>(BUSY);
  const open = (slot: string): boolean => {
    const [lane, role, model, repository] = JSON.parse(slot) as Slot;
    return (lane === "" || lanes.includes(lane)) && !isFull({ role, model, repository }, busy, limits);
  };
  if (subject !== undefined) {
    const [row] = await sql<JobRow>(
      "SELECT * FROM claw.jobs WHERE state = 'ready' AND subject = $1 ORDER BY rank, id LIMIT 1",
      subject,
    );
    return row && kinds.includes(row.kind) && open(row.slot) ? row : undefined;
  }
  const slots = await sql<{ slot: string }>(SLOTS);
  const [head] = await sql<JobRow>(HEADS, slots.map(({ slot }) => slot).filter(open), [...kinds]);
  return head;
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

const HEADS = `
  SELECT head.* FROM unnest($1::text[]) AS open (slot) CROSS JOIN LATERAL (
    SELECT * FROM claw.jobs WHERE state = 'ready' AND jobs.slot = open.slot COLLATE "C" AND kind = ANY($2)
    ORDER BY rank, id LIMIT 1
  ) AS head ORDER BY rank, id LIMIT 1`;
