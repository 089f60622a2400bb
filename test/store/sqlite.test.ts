import { randomBytes } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { expect, onTestFinished, test } from "vitest";
import { InfrastructureError } from "../../src/errors.ts";
import { migrations } from "../../src/store/migrations.ts";
import { openSqlite } from "../../src/store/sqlite.ts";
import type { Row } from "../../src/store/store.ts";
import { openLedger } from "../../src/ledger/ledger.ts";
import { tickingClock } from "../support/recorded-fix.ts";
import { ledgerFile, recordRun, stage } from "../support/ledger-file.ts";
import { temporaryDirectory } from "../support/temporary.ts";

const row = (seq: number, body = "{}"): Row => ({ run: "run1", seq, body, hash: `hash ${seq}` });

test("the file is nobody else's business", async () => {
  const { file } = await ledgerFile();
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test("an older claw refuses a newer ledger and says so, and leaves it as it was", async () => {
  const file = join(temporaryDirectory(), "ledger.sqlite");
  const extended = [...migrations, (db: Database.Database) => void db.exec("CREATE TABLE later (x)")];
  await (await openSqlite(file, extended)).close();
  const before = readFileSync(file);
  await expect(openSqlite(file)).rejects.toMatchObject({
    message: `the ledger ${file} was written by a newer claw (format ${extended.length}, this one knows ${migrations.length})`,
    hint: expect.stringContaining("update claw") as string,
    outcome: "infrastructure",
  });
  expect(readFileSync(file).equals(before)).toBe(true);
});

test("a newer claw keeps a copy from before, with what was still in the write-ahead log", async () => {
  const file = join(temporaryDirectory(), "ledger.sqlite");
  const old = await openSqlite(file);
  onTestFinished(() => old.close());
  await old.append({ rows: [row(0), row(1)], blobs: [], durable: false });
  const extended = [...migrations, (db: Database.Database) => void db.exec("CREATE TABLE later (x)")];
  const store = await openSqlite(file, extended);
  expect(await store.rows("run1")).toHaveLength(2);
  await store.close();
  const copy = new Database(`${file}.before-${extended.length}`, { readonly: true });
  expect(copy.prepare("SELECT count(*) AS rows FROM events").get()).toEqual({ rows: 2 });
  expect(copy.pragma("user_version", { simple: true })).toBe(migrations.length);
  copy.close();
});

test("a full disk is a clear error, nothing half written, and the writer goes on when there is room again", async () => {
  let db: Database.Database | undefined;
  // A limit of pages belongs to a connection; a step of the migration is given the store's own.
  const store = await openSqlite(join(temporaryDirectory(), "ledger.sqlite"), [
    ...migrations,
    (own) => void (db = own),
  ]);
  const ledger = openLedger({ store, clock: tickingClock(), scrub: (text) => text });
  const log = await ledger.open("run1");
  await log.append(stage(1));

  db?.pragma("max_page_count = 1");
  const sha = log.put(randomBytes(200_000));
  const error: unknown = await log.append(stage(2)).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(InfrastructureError);
  expect(error).toMatchObject({
    message: expect.stringContaining("full") as string,
    hint: expect.stringContaining("claw resume") as string,
    outcome: "infrastructure",
  });
  expect((await ledger.read("run1")).events).toHaveLength(1);
  expect(await store.blob(sha)).toBeNull();

  db?.pragma("max_page_count = 1000000");
  await log.append(stage(2));
  expect((await ledger.read("run1")).events).toHaveLength(2);
  expect(await store.blob(sha)).toHaveLength(200_000);
});

test.each([
  [
    "a text file",
    (file: string) => writeFileSync(file, "this is no database, only words ".repeat(100)),
    "not a database",
  ],
  ["a directory", (file: string) => mkdirSync(file), "cannot be opened"],
])("%s in the ledger's place is a clear error", async (_, place, message) => {
  const file = join(temporaryDirectory(), "ledger.sqlite");
  place(file);
  const error: unknown = await openSqlite(file).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(InfrastructureError);
  expect((error as Error).message).toContain(message);
  expect((error as Error).message).toContain(file);
});

test("a damaged file is a clear error when it is read", async () => {
  const { file, ledger, store } = await ledgerFile();
  await recordRun(ledger, "run1", 300);
  await store.close();
  truncateSync(file, 8192);
  const damaged = await openSqlite(file).catch((thrown: unknown) => thrown);
  const error: unknown =
    damaged instanceof Error
      ? damaged
      : await (damaged as typeof store).rows("run1").catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(InfrastructureError);
  expect((error as InfrastructureError).hint).toMatch(/backup|CLAW_HOME/);
});

test("opening leaves nothing but the ledger", async () => {
  const dir = temporaryDirectory();
  const store = await openSqlite(join(dir, "state", "ledger.sqlite"));
  await store.close();
  expect(readdirSync(join(dir, "state"))).toEqual(["ledger.sqlite"]);
  expect(statSync(join(dir, "state")).mode & 0o777).toBe(0o700);
});
