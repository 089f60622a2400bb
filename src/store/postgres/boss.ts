import type { Clock, ConnectionOptions, PgBoss } from "pg-boss";
import { systemClock } from "../../clock.ts";
import { InfrastructureError } from "../../errors.ts";
import type { Database, Sql } from "./database.ts";
import { DatabaseFailure } from "./failure.ts";
import { statementsOf } from "./migrations.ts";

/** Where pg-boss keeps its tables, and the name of claw's queue in them. */
export const SCHEMA = "claw_queue";
export const QUEUE = "claw";

/** The version of its tables that the pinned pg-boss works with: "pgboss.schema" of its package.json. */
export const SCHEMA_VERSION = 43;

/** pg-boss on a claw database. It is loaded with the first question to the queue: most commands ask none. */
export interface Boss {
  /** Ready to work. Its tables are made where there are none, and never changed here: throws InfrastructureError for others. */
  ready(): Promise<PgBoss>;
  /** The same without pg-boss itself: enough to look at its tables. */
  tables(): Promise<void>;
  /** Makes its tables, or brings those of an older pg-boss up to date. Only for a person who asks for it. */
  install(): Promise<void>;
  /** One clause on each thing in its tables that is not as pg-boss makes it. */
  damage(): Promise<readonly string[]>;
  close(): void;
}

export function bossOn(db: Database): Boss {
  let there: Promise<void> | undefined;
  let started: Promise<PgBoss> | undefined;
  const tables = (): Promise<void> =>
    (there ??= made(db).catch((error: unknown) => {
      there = undefined;
      throw error;
    }));
  return {
    tables,
    ready: () =>
      (started ??= tables()
        .then(() => begun(db))
        .catch((error: unknown) => {
          started = undefined;
          throw error;
        })),
    install: () => installed(db),
    damage: () => driftOf(db),
    // Nobody waits: one that has not begun yet may do so for long.
    close: () => void started?.then((boss) => boss.stop({ graceful: false, close: false })).catch(() => {}),
  };
}

/** Says that a call of pg-boss belongs to the transaction that `sql` is of. */
export const within = (sql: Sql): Required<ConnectionOptions> => ({
  db: { executeSql: async (text, values = []) => ({ rows: [...(await sql(text, ...values))] }) },
});

/** How many jobs a call changed: pg-boss says it, its declared types do not. */
export const affected = (answer: object): number => (answer as { readonly affected?: number }).affected ?? 0;

/** What pg-boss wants to do now and then never keeps a process from ending. */
const clock: Clock = {
  now: () => systemClock.now(),
  setTimeout: (work, ms) => setTimeout(work, ms).unref(),
  clearTimeout: (timer) => clearTimeout(timer as NodeJS.Timeout),
  setInterval: (work, ms) => setInterval(work, ms).unref(),
  clearInterval: (timer) => clearInterval(timer as NodeJS.Timeout),
};

const DAY_S = 86_400;

async function begun(db: Database): Promise<PgBoss> {
  // What goes wrong while it begins pg-boss keeps to itself.
  const failures: unknown[] = [];
  const boss = await loaded(db, (failure) => failures.push(failure));
  await boss.start();
  if (failures.length === 0) return boss;
  await boss.stop({ graceful: false, close: false });
  throw failures[0];
}

/** Not yet started. Schedules are claw's own; its upkeep is asked for by whoever works (see `queueOf`). */
async function loaded(db: Database, onFailure: (failure: unknown) => void = () => {}): Promise<PgBoss> {
  // A library takes time to load that most commands need not spend.
  const { PgBoss } = await import("pg-boss");
  const boss = new PgBoss({
    db: {
      executeSql: async (text, values = []) => {
        try {
          return await db.read(async (sql) => ({ rows: [...(await whole(sql, text, values))] }));
        } catch (error) {
          onFailure(error);
          throw error;
        }
      },
    },
    schema: SCHEMA,
    clock,
    migrate: false,
    supervise: false,
    schedule: false,
    queueCacheIntervalSeconds: DAY_S,
  });
  // Whoever asked is told; of what it does by itself the next try will do.
  boss.on("error", () => {});
  return boss;
}

/** Some of its texts are a whole transaction: one that fails must not be left open. */
async function whole(sql: Sql, text: string, values: readonly unknown[] = []): Promise<readonly never[]> {
  try {
    return await sql<never>(text, ...values);
  } catch (error) {
    if (error instanceof DatabaseFailure && !error.lost) await sql("ROLLBACK");
    throw error;
  }
}

interface Found {
  /** Of its tables; null: there are none. */
  readonly version: number | null;
  /** Is claw's queue in them? */
  readonly queue: boolean;
}

const NO_TABLE = "42P01";

const look = (db: Database): Promise<Found> =>
  db.read(async (sql) => {
    try {
      const [found] = await sql<Found>(
        `SELECT version, EXISTS (SELECT FROM ${SCHEMA}.queue WHERE name = $1) AS queue FROM ${SCHEMA}.version`,
        QUEUE,
      );
      return found ?? { version: null, queue: false };
    } catch (error) {
      if (error instanceof DatabaseFailure && error.code === NO_TABLE) return { version: null, queue: false };
      throw error;
    }
  });

async function made(db: Database): Promise<void> {
  const { version, queue } = await look(db);
  if (version === null || (version === SCHEMA_VERSION && !queue)) return installed(db);
  if (version !== SCHEMA_VERSION) throw another(db, version);
}

const another = ({ address: { shown } }: Database, version: number): InfrastructureError =>
  new InfrastructureError(
    `the queue in ${shown} is in version ${version} of pg-boss's tables, this claw works with version ${SCHEMA_VERSION}`,
    version > SCHEMA_VERSION
      ? "update claw on this machine"
      : "let every worker end, then bring it up to date: claw fleet init",
  );

async function installed(db: Database): Promise<void> {
  const { getConstructionPlans, getMigrationPlans } = await import("pg-boss");
  const { version } = await look(db);
  if (version !== null && version > SCHEMA_VERSION) throw another(db, version);
  if (version !== SCHEMA_VERSION)
    await carryOut(db, version === null ? getConstructionPlans(SCHEMA) : getMigrationPlans(SCHEMA, version));
  // What a job is about is asked by every command on a task. pg-boss lets others add an index.
  await db.write(async (sql) => {
    void sql("SELECT pg_advisory_xact_lock(hashtext('claw.format'))");
    await sql(`CREATE INDEX IF NOT EXISTS claw_subject ON ${SCHEMA}.job_common ((data ->> 'subject'))`);
  });
  const boss = await loaded(db);
  // Last: who finds it finds all. Of two jobs under one key the second is not taken. What fails is dead until a person has it
  // tried again; nothing goes by itself.
  await boss.createQueue(QUEUE, { policy: "exclusive", retryLimit: 0, deleteAfterSeconds: 0 });
}

/** A plan of pg-boss: one transaction, then statements that are none. */
async function carryOut(db: Database, plan: string): Promise<void> {
  const end = plan.lastIndexOf("COMMIT;") + "COMMIT;".length;
  try {
    await db.read((sql) => whole(sql, plan.slice(0, end)));
  } catch (error) {
    // Another process was faster.
    if ((await look(db)).version !== SCHEMA_VERSION) throw error;
  }
  for (const statement of statementsOf(plan.slice(end))) await db.read((sql) => sql(statement));
}

async function driftOf(db: Database): Promise<readonly string[]> {
  const { version } = await look(db);
  if (version === null) return [];
  if (version !== SCHEMA_VERSION) return [another(db, version).message];
  const drift = await (await loaded(db)).detectSchemaDrift();
  const named = (things: readonly { readonly name: string }[]): string[] => things.map(({ name }) => name);
  const lacking = [
    ...drift.missingTables.map((table) => `table ${table}`),
    ...named([...drift.missing, ...drift.invalid, ...drift.mismatched]).map((name) => `index ${name}`),
    ...named([...drift.missingFunctions, ...drift.mismatchedFunctions]).map((name) => `function ${name}`),
    ...drift.columnDrift.map(({ table }) => `table ${table}`),
    ...drift.constraintDrift.map(({ table }) => `table ${table}`),
    ...(drift.enumDrift ? [`type ${drift.enumDrift.name}`] : []),
  ];
  return [...new Set(lacking)].map((part) => `its queue's ${part} is not as pg-boss makes it`);
}
