import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { type PostgresServer, startPostgres } from "./postgres-server.ts";
import { provenBy } from "./proven-sandbox.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /** A socket that tells where the PostgreSQL of this test run is; the first who asks makes it start. */
    readonly postgres: string;
  }
}

const ends: (() => Promise<void>)[] = [];

/** One PostgreSQL for all test files, started by the first that asks for it. */
export async function setup({ provide }: TestProject): Promise<void> {
  await mkdir(provenBy(process.pid), { recursive: true, mode: 0o700 });
  const dir = await mkdtemp(join(tmpdir(), "claw-ask-"));
  let server: Promise<PostgresServer> | undefined;
  const desk = createServer((_, response) => {
    server ??= startPostgres();
    void server.then(
      (own) => response.end(JSON.stringify({ socket: own.url("DATABASE"), loopback: own.url("DATABASE", "loopback") })),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  const ask = join(dir, "ask");
  await new Promise<void>((resolve) => desk.listen(ask, resolve));
  desk.unref();
  provide("postgres", ask);
  ends.push(async () => {
    desk.close();
    await (await server?.catch(() => undefined))?.stop();
    await rm(dir, { recursive: true, force: true });
  });
}

export async function teardown(): Promise<void> {
  for (const end of ends.splice(0)) await end();
  await rm(provenBy(process.pid), { recursive: true, force: true });
}
