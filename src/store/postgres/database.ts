import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import type { Address } from "./address.ts";
import { DatabaseFailure, explained, isUnreachable } from "./failure.ts";
import { type Tls, tlsTries } from "./tls.ts";

/** One statement with its values; gives its rows. Statements that are not awaited go out together, in their order. */
export type Sql = <Row = Record<string, unknown>>(
  text: string,
  ...values: readonly unknown[]
) => Promise<readonly Row[]>;

interface WriteOptions {
  /** Survives power loss of the server, not only of this process. */
  readonly durable?: boolean;
  /** Read on another connection where the server cannot say any more whether a commit was done. */
  readonly landed?: ((sql: Sql) => Promise<boolean>) | undefined;
  /** How long a server that went away, or does not answer, is waited for, in milliseconds. */
  readonly patienceMs?: number;
}

/** A PostgreSQL database behind a few connections. Throws errors for people. */
export interface Database {
  readonly address: Address;
  /** Is what goes over the wire encrypted? */
  readonly encrypted: boolean;
  /** One or more statements that only read; done again when the connection breaks. */
  read<T>(work: (sql: Sql) => Promise<T>): Promise<T>;
  /** One transaction. `work` may be called more than once: nothing of a call that failed became true. */
  write<T>(work: (sql: Sql) => Promise<T>, options?: WriteOptions): Promise<T>;
  close(): Promise<void>;
}

/** Connections of one process: what it does at once is short, and a server has about a hundred for all. */
const MOST_CONNECTIONS = 4;
/** How long a server that went away is waited for. */
const PATIENCE_MS = 30_000;
const CONNECT_MS = 10_000;
/** A statement without an answer means a connection that nobody serves any more. Audits read for long. */
const ANSWER_MS = 20_000;
const READ_MS = 300_000;
const GOODBYE_MS = 1000;

// A stopped process must not hold rows that others need: the server ends its transaction.
const begin = (durable: boolean): string =>
  `BEGIN ISOLATION LEVEL READ COMMITTED; ${durable ? "" : "SET LOCAL synchronous_commit = off; "}SET LOCAL lock_timeout = 15000; SET LOCAL idle_in_transaction_session_timeout = 5000; SELECT pg_current_xact_id()::text AS xid`;

export async function openDatabase(address: Address): Promise<Database> {
  const base: pg.PoolConfig = {
    host: address.host,
    port: address.port,
    database: address.database,
    user: address.user,
    password: address.password,
    application_name: "claw",
    connectionTimeoutMillis: CONNECT_MS,
    keepAlive: true,
    // Sums and numbers here are all below 2^53.
    types: {
      getTypeParser: ((oid: number, format?: "text") =>
        oid === INT8 ? Number : pg.types.getTypeParser(oid, format)) as never,
    },
  };
  const ssl = await agreedTls(base, tlsTries(address)).catch((error: unknown) => {
    throw explained(error, address, false);
  });
  const pool = new pg.Pool({
    ...base,
    ssl,
    pipeline: true,
    max: MOST_CONNECTIONS,
    idleTimeoutMillis: 10_000,
    allowExitOnIdle: true,
  });
  // Told to who uses the connection, or of no interest to anybody.
  pool.on("error", () => {});
  const open = new Set<pg.PoolClient>();
  pool.on("connect", (client) => void open.add(client.on("error", () => {})));
  pool.on("remove", (client) => void open.delete(client));
  const patience = (ms: number): Patience => ({ address, ms, over: () => pool.ending });
  return {
    address,
    encrypted: ssl !== false,
    read: (work) => patiently(patience(PATIENCE_MS), () => onClient(pool, (client) => work(sqlOn(client, READ_MS)))),
    write: (work, { durable = false, landed, patienceMs = PATIENCE_MS } = {}) =>
      patiently(patience(patienceMs), () =>
        onClient(pool, (client) => transaction(pool, client, { work, durable, landed, patienceMs })),
      ),
    close: () => closeAll(pool, open),
  };
}

/** Connections to a server that does not answer would hold the process for minutes. */
async function closeAll(pool: pg.Pool, open: ReadonlySet<pg.PoolClient>): Promise<void> {
  await Promise.race([pool.end(), sleep(GOODBYE_MS, undefined, { ref: false })]);
  for (const client of open) (client as pg.PoolClient & Wired).connection.stream.destroy();
}

/** Not in the types. */
interface Wired {
  readonly connection: { readonly stream: { destroy(): void } };
}

const INT8 = 20;

/** The first way to speak that the server and the address agree on. */
async function agreedTls(base: pg.PoolConfig, [first = false, ...others]: readonly Tls[]): Promise<Tls> {
  const client = new pg.Client({ ...base, ssl: first });
  client.on("error", () => {});
  try {
    await client.connect();
    return first;
  } catch (cause) {
    const failure = new DatabaseFailure(cause);
    if (others.length === 0 || isUnreachable(failure) || failure.code === "28P01") throw failure;
    return await agreedTls(base, others);
  } finally {
    await client.end().catch(() => {});
  }
}

interface Patience {
  readonly address: Address;
  readonly ms: number;
  /** Nobody waits for an answer any more. */
  readonly over: () => boolean;
}

/** Tries again what may go well another time, and says at last what went wrong in words for people. */
async function patiently<T>({ address, ms, over }: Patience, work: () => Promise<T>): Promise<T> {
  const until = performance.now() + ms;
  for (let attempt = 0; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      const again = error instanceof DatabaseFailure && error.passing && !over() && performance.now() < until;
      if (!again) throw explained(error, address, true);
      await sleep(Math.random() * Math.min(1000, 10 * 2 ** attempt));
    }
  }
}

async function onClient<T>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect().catch((cause: unknown) => {
    throw new DatabaseFailure(cause);
  });
  let broken = true;
  try {
    const result = await work(client);
    broken = false;
    return result;
  } catch (error) {
    broken = error instanceof DatabaseFailure ? error.lost : client.getTransactionStatus() !== "I";
    throw error;
  } finally {
    client.release(broken);
  }
}

function sqlOn(client: pg.PoolClient, answerMs: number, failed: (failure: DatabaseFailure) => void = () => {}): Sql {
  return (text, ...values) => {
    const asked = client.query({ text, values: [...values], query_timeout: answerMs } as pg.QueryConfig).then(
      (result) => rowsIn(result) as never,
      (cause: unknown) => {
        const failure = new DatabaseFailure(cause);
        failed(failure);
        throw failure;
      },
    );
    // A statement that nobody waits for: a transaction finds out all the same.
    asked.catch(() => {});
    return asked;
  };
}

/** A text of several statements has several results. */
const rowsIn = (result: pg.QueryResult | readonly pg.QueryResult[]): readonly unknown[] =>
  "rows" in result ? result.rows : result.flatMap(({ rows }) => rows as readonly unknown[]);

interface Transaction<T> extends WriteOptions {
  readonly work: (sql: Sql) => Promise<T>;
}

async function transaction<T>(
  pool: pg.Pool,
  client: pg.PoolClient,
  { work, durable = false, landed, patienceMs = ANSWER_MS }: Transaction<T>,
): Promise<T> {
  const failures: DatabaseFailure[] = [];
  const sql = sqlOn(client, Math.min(ANSWER_MS, patienceMs), (failure) => failures.push(failure));
  const begun = beginOn(client, durable);
  let result: T;
  try {
    [, result] = await Promise.all([begun, work(sql)]);
  } catch (error) {
    if (!(error instanceof DatabaseFailure) || !error.lost) await sql("ROLLBACK");
    throw error;
  }
  try {
    // What the server says to a COMMIT after a statement that failed.
    if ((await commitOn(client)) === "ROLLBACK") throw failures[0] ?? new Error("a transaction was rolled back");
  } catch (error) {
    if (!(error instanceof DatabaseFailure) || !error.lost) throw error;
    if (!(await wasCommitted(pool, await begun, landed))) throw error;
  }
  return result;
}

async function commitOn(client: pg.PoolClient): Promise<string> {
  try {
    return (await client.query({ text: "COMMIT", query_timeout: ANSWER_MS } as pg.QueryConfig)).command;
  } catch (cause) {
    throw new DatabaseFailure(cause);
  }
}

/** Begins, and gives the transaction's number, by which its fate can be asked. */
async function beginOn(client: pg.PoolClient, durable: boolean): Promise<string> {
  try {
    const results = (await client.query(begin(durable))) as unknown as readonly pg.QueryResult<{ xid: string }>[];
    return results.at(-1)?.rows[0]?.xid ?? "";
  } catch (cause) {
    throw new DatabaseFailure(cause);
  }
}

/** A commit without an answer: the server is asked whether it was done, as soon as it is back. */
async function wasCommitted(pool: pg.Pool, xid: string, landed: WriteOptions["landed"]): Promise<boolean> {
  const until = performance.now() + PATIENCE_MS;
  for (let attempt = 0; ; attempt++) {
    try {
      const status = await onClient(pool, async (client) => {
        const sql = sqlOn(client, ANSWER_MS);
        if (landed && (await landed(sql))) return "committed";
        const [found] = await sql<{ status: string | null }>("SELECT pg_xact_status($1::xid8) AS status", xid);
        return found?.status ?? "unknown";
      });
      // The server may not have noticed yet that nobody waits for the commit any more.
      if (status !== "in progress") return status === "committed";
    } catch (error) {
      if (!(error instanceof DatabaseFailure)) throw error;
      // A number that a restored server has not given yet: it lost this commit.
      if (!error.passing) return false;
      if (performance.now() > until) throw error;
    }
    await sleep(Math.random() * Math.min(1000, 10 * 2 ** attempt));
  }
}
