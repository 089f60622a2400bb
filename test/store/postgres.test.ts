import { X509Certificate } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { PeerCertificate } from "node:tls";
import { expect, onTestFinished, test } from "vitest";
import { openLedger } from "../../src/ledger/ledger.ts";
import { isAddress, readAddress } from "../../src/store/postgres/address.ts";
import { steps } from "../../src/store/postgres/migrations.ts";
import { openPostgres } from "../../src/store/postgres/open.ts";
import { tlsTries } from "../../src/store/postgres/tls.ts";
import type { Store } from "../../src/store/store.ts";
import { ledgerInPostgres } from "../support/ledger-drivers.ts";
import { stage } from "../support/ledger-file.ts";
import { lossyProxy } from "../support/lossy-proxy.ts";
import { asked, freshDatabase } from "../support/postgres.ts";
import { tickingClock } from "../support/recorded-fix.ts";
import { selfSigned } from "../support/self-signed.ts";
import { temporaryDirectory } from "../support/temporary.ts";
import { tlsFront } from "../support/tls-front.ts";

async function opened(url: string, ...more: readonly (readonly string[])[]): Promise<Store> {
  const store = await openPostgres(readAddress(url), ...more);
  onTestFinished(() => store.close());
  return store;
}

/** What somebody is told. */
const told = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => null,
    (error: unknown) => error,
  );

test("an address is read by libpq's rules, and shown without its password", () => {
  const read = (text: string) => {
    const { host, port, database, user, password, tls, shown } = readAddress(text, "from PGPASSWORD");
    return [user, password, host, port, database, tls, shown];
  };
  expect(read("postgres://ada:l0ve%40lace@db.example.com:6543/facts?sslmode=verify-full")).toEqual([
    "ada",
    "l0ve@lace",
    "db.example.com",
    6543,
    "facts",
    "verify-full",
    "PostgreSQL database facts at db.example.com:6543",
  ]);
  expect(read("postgresql://ada@[::1]")).toEqual([
    "ada",
    "from PGPASSWORD",
    "::1",
    5432,
    "ada",
    "prefer",
    "PostgreSQL database ada at [::1]:5432",
  ]);
  const onSocket = ["ada", "from PGPASSWORD", "/run/pg", 5432, "facts", "disable"];
  expect(read("postgres://ada@/facts?host=/run/pg")).toEqual([
    ...onSocket,
    "PostgreSQL database facts at socket /run/pg",
  ]);
  expect(read("postgres://ada@%2Frun%2Fpg/facts").slice(0, 6)).toEqual(onSocket);
  expect(isAddress("/home/ada/ledger.sqlite")).toBe(false);
});

test.each([
  ["postgres://ada:pass@word@host:99999/x", "none that can be read"],
  ["postgres://ada:s3cret@h/x?sslmode=perhaps", "sslmode=perhaps"],
  ["postgres://ada:s3cret@h/x?ssl=true", "option ssl"],
  ["postgres://ada:%zz@h/x", "begins no code"],
])("%s is refused in words that hold no password", (text, message) => {
  expect(() => readAddress(text)).toThrow(message);
  expect(() => readAddress(text)).not.toThrow(/s3cret|pass@/);
});

test("TLS is tried as libpq does for each sslmode", () => {
  const tries = (mode: string) =>
    tlsTries(readAddress(`postgres://ada@h/x?sslmode=${mode}`)).map((tls) =>
      tls === false
        ? "clear"
        : `${tls.rejectUnauthorized === true ? "checked" : "unchecked"} ${tls.servername ?? ""}`.trim(),
    );
  expect(["disable", "allow", "prefer", "require", "verify-ca", "verify-full"].map(tries)).toEqual([
    ["clear"],
    ["clear", "unchecked"],
    ["unchecked", "clear"],
    ["unchecked"],
    ["checked"],
    ["checked h"],
  ]);
});

test("over TLS a server is known by its certificate, and by the name that it is called by", async () => {
  const url = new URL(await freshDatabase({ over: "loopback" }));
  const port = await tlsFront(Number(url.port));
  const root = join(temporaryDirectory(), "root.pem");
  writeFileSync(root, selfSigned.cert);
  const at = (host: string, mode: string) => `postgres://claw@${host}:${port}${url.pathname}?sslmode=${mode}`;
  const trusted = `verify-full&sslrootcert=${root}`;
  const warnings: string[] = [];
  const onWarning = ({ message }: Error): void => void warnings.push(message);
  process.on("warning", onWarning);
  for (const host of ["127.0.0.1", "localhost"]) expect(await (await opened(at(host, trusted))).ends(1)).toEqual([]);
  process.off("warning", onWarning);
  expect(warnings).toEqual([]);
  expect(await told(opened(at("localhost", "verify-full")))).toMatchObject({
    outcome: "usage",
    message: expect.stringMatching(/certificate that does not hold: self-signed/) as string,
    hint: expect.stringContaining("sslrootcert") as string,
  });
  const [other] = tlsTries(readAddress(at("db.example.com", trusted)));
  const seen = new X509Certificate(selfSigned.cert).toLegacyObject() as PeerCertificate;
  const check = other ? other.checkServerIdentity : undefined;
  expect(check?.("localhost", seen)?.message).toContain("db.example.com");
});

test("events can be neither changed nor deleted, row by row or all at once", async () => {
  const url = await freshDatabase();
  const store = await opened(url);
  await store.append({ rows: [{ run: "r", seq: 0, body: "{}", hash: "h" }], blobs: [], durable: false });
  for (const sql of ["UPDATE claw.events SET body = '1'", "DELETE FROM claw.events", "TRUNCATE claw.events"])
    await expect(asked(url, sql)).rejects.toThrow("never changed or deleted");
  expect(await store.rows("r")).toHaveLength(1);
});

test.each([
  ["DROP TRIGGER events_are_facts ON claw.events", "its trigger events_are_facts is not there as claw made it"],
  ["ALTER TABLE claw.events DISABLE TRIGGER ALL", "its trigger events_are_facts is not there as claw made it"],
  ["DROP INDEX claw.run_index_outcome", "its index run_index_outcome is not there as claw made it"],
  ["ALTER TABLE claw.runs ADD COLUMN x integer", "it has a column runs.x that claw has not made"],
  [
    "CREATE OR REPLACE FUNCTION claw.refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
    "its function refuse_change is not there as claw made it",
  ],
])("%s is found", async (sql, problem) => {
  const url = await freshDatabase();
  const store = await opened(url);
  expect(await store.damage()).toEqual([]);
  await asked(url, sql);
  expect(await store.damage()).toEqual([problem]);
});

test("an older claw refuses a newer ledger and says so; one that knows the next format brings it up to date", async () => {
  const url = await freshDatabase();
  await opened(url);
  const extended = [...steps, "CREATE TABLE claw.later (x integer)"];
  await Promise.all([opened(url, extended), opened(url, extended)]);
  expect(await told(opened(url))).toMatchObject({
    message: expect.stringContaining(
      `newer claw (format ${extended.length}, this one knows ${steps.length})`,
    ) as string,
    outcome: "infrastructure",
  });
});

test("a database that cannot hold every text is refused", async () => {
  const url = await freshDatabase({ make: "ENCODING 'SQL_ASCII'" });
  expect(await told(opened(url))).toMatchObject({ message: expect.stringContaining("SQL_ASCII") as string });
});

test("what is wrong with the way to it is told in words", async () => {
  const url = await freshDatabase({ over: "loopback" });
  const errorFor = async (address: string) =>
    (await told(openPostgres(readAddress(address)))) as Error & { outcome: string };
  const unreachable = await errorFor("postgres://ada:s3cret@127.0.0.1:1/x");
  expect([unreachable.message, unreachable.outcome]).toEqual([
    "PostgreSQL database x at 127.0.0.1:1 cannot be reached: connect ECONNREFUSED 127.0.0.1:1",
    "infrastructure",
  ]);
  expect(await errorFor(url.replace(/test_\w+$/, "nowhere"))).toMatchObject({
    outcome: "usage",
    message: expect.stringContaining("is not there") as string,
  });
  expect(await errorFor(url.replace("claw@", "nobody@"))).toMatchObject({
    outcome: "usage",
    message: expect.stringContaining("refuses the user nobody") as string,
  });
  expect(await errorFor(`${url}?sslmode=require`)).toMatchObject({ message: expect.stringContaining("SSL") as string });
});

test.each(["on the way there", "on the way back"] as const)(
  "a commit that is lost %s is done once, and the writer goes on",
  async (when) => {
    const url = new URL(await freshDatabase({ over: "loopback" }));
    const proxy = await lossyProxy(Number(url.port));
    url.port = String(proxy.port);
    const store = await opened(url.href);
    const ledger = openLedger({ store, clock: tickingClock(), scrub: (text) => text });
    const log = await ledger.open("run1");
    for (let seq = 0; seq < 4; seq++) {
      proxy.loseNext("COMMIT\0", when);
      await log.append(stage(seq));
    }
    proxy.loseNext("SELECT", when);
    expect((await ledger.read("run1")).events).toHaveLength(4);
    await log.close();
    expect((await ledger.audit()).findings).toEqual([]);
  },
);

test("with a server that does not answer any more the ledger is closed all the same", async () => {
  const url = new URL(await freshDatabase({ over: "loopback" }));
  const proxy = await lossyProxy(Number(url.port));
  url.port = String(proxy.port);
  const store = await openPostgres(readAddress(url.href));
  proxy.cut();
  const asked = told(store.rows("run1"));
  await new Promise(setImmediate);
  await store.close();
  expect(await asked).toMatchObject({ outcome: "infrastructure" });
});

test("a connection that the server ends amid the work is replaced", async () => {
  const { store, tamper } = await ledgerInPostgres();
  await store.append({ rows: [{ run: "r", seq: 0, body: "{}", hash: "h" }], blobs: [], durable: false });
  await tamper(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()",
  );
  expect(await store.rows("r")).toHaveLength(1);
  await store.append({ rows: [{ run: "r", seq: 1, body: "{}", hash: "h" }], blobs: [], durable: true });
  expect(await store.rows("r")).toHaveLength(2);
});

test("a writer whose last event the server lost when it crashed writes nothing behind the gap", async () => {
  const { ledger, tamper } = await ledgerInPostgres();
  const log = await ledger.open("run1");
  await log.append(stage(0));
  await log.append(stage(1));
  await tamper("DELETE FROM events WHERE seq = 1; UPDATE runs SET last = 0");
  expect(await told(log.append(stage(2)))).toMatchObject({
    message: expect.stringContaining("lost the last events of run run1") as string,
    hint: expect.stringContaining("claw resume") as string,
    outcome: "infrastructure",
  });
  expect((await ledger.read("run1")).events).toHaveLength(1);
});

test("a ledger in a database is copied by its own tool, and says how", async () => {
  const { store } = await ledgerInPostgres();
  expect(await told(store.backup("x"))).toMatchObject({
    hint: expect.stringContaining("pg_dump --schema='claw*'") as string,
  });
  expect(await store.vacuum()).toBe(0);
});
