import { systemClock } from "../../clock.ts";
import { InfrastructureError } from "../../errors.ts";
import type { Database, Sql } from "./database.ts";

/**
 * Numbered, never edited: the one row of claw.format counts how many have been applied. Names sort by their bytes, as in
 * SQLite, whatever language the database speaks.
 */
export const steps: readonly string[] = [
  `
  CREATE TABLE claw.events (
    run text COLLATE "C" NOT NULL, seq bigint NOT NULL, body text NOT NULL, hash text NOT NULL, PRIMARY KEY (run, seq)
  );
  CREATE FUNCTION claw.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'events are never changed or deleted'; END $$;
  CREATE TRIGGER events_are_facts BEFORE UPDATE OR DELETE OR TRUNCATE ON claw.events
    FOR EACH STATEMENT EXECUTE FUNCTION claw.refuse_change();
  CREATE TABLE claw.runs (run text COLLATE "C" PRIMARY KEY, last bigint NOT NULL, indexed bigint NOT NULL DEFAULT -1);
  CREATE TABLE claw.anchors (
    seq bigint PRIMARY KEY, run text COLLATE "C" NOT NULL, last bigint NOT NULL, head text NOT NULL, at bigint NOT NULL,
    hash text NOT NULL
  );
  CREATE TABLE claw.blobs (sha text COLLATE "C" PRIMARY KEY, encoding integer NOT NULL, size bigint NOT NULL, data bytea);
  ALTER TABLE claw.blobs ALTER COLUMN data SET STORAGE EXTERNAL;
  CREATE TABLE claw.owners (
    run text COLLATE "C" PRIMARY KEY, owner text NOT NULL, until bigint NOT NULL, fence bigint NOT NULL
  ) WITH (fillfactor = 50);
  CREATE TABLE claw.accounts (scope text COLLATE "C" PRIMARY KEY, spent bigint NOT NULL, reserved bigint NOT NULL)
    WITH (fillfactor = 50);
  CREATE TABLE claw.reservations (
    id text COLLATE "C" NOT NULL, scope text COLLATE "C" NOT NULL, nano bigint NOT NULL, owner text NOT NULL,
    PRIMARY KEY (id, scope)
  );
  CREATE TABLE claw.run_index (
    run text COLLATE "C" PRIMARY KEY, last bigint NOT NULL, started bigint NOT NULL, workflow text NOT NULL,
    repository text NOT NULL, outcome text NOT NULL, parent text COLLATE "C", shown text NOT NULL
  );
  CREATE INDEX run_index_outcome ON claw.run_index (outcome, run);
  CREATE INDEX run_index_workflow ON claw.run_index (workflow, run);
  CREATE INDEX run_index_repository ON claw.run_index (repository, run);
  CREATE INDEX run_index_parent ON claw.run_index (parent, run) WHERE parent IS NOT NULL;
  CREATE TABLE claw.notes (key text COLLATE "C" PRIMARY KEY, body text NOT NULL) WITH (fillfactor = 50);
  CREATE TABLE claw.schedules (name text COLLATE "C" PRIMARY KEY, due bigint NOT NULL);
  CREATE INDEX schedules_due ON claw.schedules (due) WHERE due > 0;
  CREATE TABLE claw.jobs (
    id text COLLATE "C" PRIMARY KEY, kind text NOT NULL, subject text COLLATE "C" NOT NULL, payload text NOT NULL,
    dedupe text COLLATE "C", priority integer NOT NULL, rank bigint NOT NULL, at bigint NOT NULL,
    slot text COLLATE "C" NOT NULL, lane text COLLATE "C" NOT NULL, role text COLLATE "C" NOT NULL,
    model text COLLATE "C" NOT NULL, repository text COLLATE "C" NOT NULL,
    state text COLLATE "C" NOT NULL, added bigint NOT NULL, tries integer NOT NULL DEFAULT 0,
    crashes integer NOT NULL DEFAULT 0, owner text NOT NULL DEFAULT '', until bigint NOT NULL DEFAULT 0,
    fence bigint NOT NULL DEFAULT 0, started bigint NOT NULL DEFAULT 0, ended bigint NOT NULL DEFAULT 0,
    history text NOT NULL DEFAULT '[]'
  ) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.01);
  CREATE INDEX jobs_ready ON claw.jobs (slot, rank, id) WHERE state = 'ready';
  CREATE INDEX jobs_deferred ON claw.jobs (at) WHERE state = 'deferred';
  CREATE INDEX jobs_leased ON claw.jobs (slot) WHERE state = 'leased';
  CREATE INDEX jobs_ended ON claw.jobs (state, ended) WHERE state IN ('done', 'dead');
  CREATE INDEX jobs_subject ON claw.jobs (subject);
  CREATE UNIQUE INDEX jobs_dedupe ON claw.jobs (dedupe)
    WHERE dedupe IS NOT NULL AND state IN ('ready', 'deferred', 'leased');
  `,
  // pg-boss keeps the jobs, in a schema of its own; what waited is put there by the next worker. Who holds one, it does not say.
  `
  DROP TABLE claw.jobs;
  CREATE TABLE claw.holders (
    job uuid PRIMARY KEY, fence integer NOT NULL, owner text NOT NULL, lease bigint NOT NULL
  ) WITH (fillfactor = 50);
  `,
];

/** Brings the schema claw up to date. Refuses one of a newer claw, and a database that cannot hold every text. */
export async function migrate(db: Database, wanted: readonly string[] = steps): Promise<void> {
  const found = await db.read(async (sql) => {
    await refuseClock(db, sql);
    return formatOf(sql);
  });
  if (found === wanted.length) return;
  if (found > wanted.length) throw newer(db, found, wanted.length);
  await db.write(
    async (sql) => {
      // Two processes that come first wait for each other here.
      await sql("SELECT pg_advisory_xact_lock(hashtext('claw.format'))");
      await refuseEncoding(db, sql);
      const now = await formatOf(sql);
      if (now > wanted.length) throw newer(db, now, wanted.length);
      if (now === 0)
        await sql("CREATE SCHEMA IF NOT EXISTS claw").then(() =>
          sql("CREATE TABLE IF NOT EXISTS claw.format (steps integer NOT NULL)"),
        );
      for (const step of wanted.slice(now)) for (const statement of statementsOf(step)) await sql(statement);
      await sql("DELETE FROM claw.format");
      await sql("INSERT INTO claw.format (steps) VALUES ($1)", wanted.length);
    },
    { durable: true },
  );
}

/** How many steps a database has seen; 0 when there is no ledger in it. */
async function formatOf(sql: Sql): Promise<number> {
  // Not to_regclass: amid a transaction it may still say what was so before another process committed.
  const [table] = await sql<{ there: boolean }>(
    "SELECT EXISTS (SELECT 1 FROM pg_tables WHERE schemaname = 'claw' AND tablename = 'format') AS there",
  );
  if (!table?.there) return 0;
  const [row] = await sql<{ steps: number }>("SELECT steps FROM claw.format");
  return row?.steps ?? 0;
}

/** Further apart than this, machines would take each other's leases for over, in milliseconds. */
const SKEW_MS = 5000;

/** Leases are by the clock: all machines must have about the same time. The database's stands for the others'. */
async function refuseClock({ address }: Database, sql: Sql): Promise<void> {
  const before = systemClock.now();
  const [row] = await sql<{ ms: number }>("SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS ms");
  const after = systemClock.now();
  const there = row?.ms ?? after;
  const off = there < before ? before - there : Math.max(0, there - after);
  if (off <= SKEW_MS) return;
  throw new InfrastructureError(
    `the clock of this machine is ${Math.round(off / 1000)} s away from that of ${address.shown}`,
    "set it by the network, as with: timedatectl set-ntp true; what is worked on is told by the clock",
  );
}

async function refuseEncoding({ address }: Database, sql: Sql): Promise<void> {
  const [row] = await sql<{ server_encoding: string }>("SHOW server_encoding");
  if (row?.server_encoding === "UTF8") return;
  throw new InfrastructureError(
    `${address.shown} is encoded in ${row?.server_encoding}, which cannot hold every text`,
    `create one that can: createdb --encoding UTF8 --template template0 ${address.database}`,
  );
}

const newer = ({ address }: Database, found: number, known: number): InfrastructureError =>
  new InfrastructureError(
    `the ledger in ${address.shown} was written by a newer claw (format ${found}, this one knows ${known})`,
    "update claw, or name another database for this version",
  );

/** A step as single statements: a semicolon at the end of a line ends one. */
export const statementsOf = (step: string): readonly string[] =>
  step
    .split(/;\s*$/m)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== "");
