import Database from "better-sqlite3";
import { expect, onTestFinished, test } from "vitest";
import { lister } from "../../src/reports/run-row.ts";
import { catchUp } from "../../src/cli/run-list.ts";
import { type } from "../support/cli-desk.ts";
import { openLedger } from "../../src/ledger/ledger.ts";
import { openSqlite } from "../../src/store/sqlite.ts";
import { started } from "../support/facts.ts";
import { added } from "../support/pool.ts";
import { tickingClock } from "../support/recorded-fix.ts";
import { type LedgerFile, ledgerFile, recordRun } from "../support/ledger-file.ts";

/** One run with bodies of both kinds beside another one, on the list, with money and a note. */
async function smallLedger(): Promise<LedgerFile & { readonly db: Database.Database }> {
  const file = await ledgerFile();
  await recordRun(file.ledger, "run0", 1);
  const log = await file.ledger.open("run1");
  log.charge(() => [{ scope: "day:2026-11-21", limit: null }]);
  const prompt = log.put("short");
  await log.append({ ...started, prompts: { fix: prompt }, promptsKept: true });
  const request = { type: "model.requested", session: "a", turn: 1, messages: 1, inputTokens: 1, reserved: 5 } as const;
  await log.append(request);
  await log.append({ type: "report.written", report: log.put("a long report ".repeat(99)) });
  await log.append({ type: "run.ended", outcome: "stuck", reason: "", hint: "" });
  await log.close();
  await file.ledger.addTask("t-1", added("sums are wrong"));
  await file.ledger.tellTask("t-1", [{ type: "task.closed", outcome: "done", reason: "", by: "ada" }]);
  await file.ledger.change("a note", () => ({ body: "words", result: null }));
  await catchUp(file.ledger, undefined, () => {});
  const db = new Database(file.file);
  onTestFinished(() => void db.close());
  return { ...file, db };
}

type Value = string | number | Buffer | null;

/** What somebody could write in its place. */
function others(value: Value): readonly Value[] {
  if (value === null) return ["x"];
  if (typeof value === "number") return [value + 1, value - 1];
  if (typeof value === "string") {
    const at = value.length >> 1;
    return [`${value.slice(0, at)}${value[at] === "a" ? "b" : "a"}${value.slice(at + 1)}`, `${value} `];
  }
  const flipped = Buffer.from(value);
  flipped[value.length >> 1] = (value[value.length >> 1] ?? 0) ^ 1;
  return [flipped, Buffer.concat([value, Buffer.from("x")]), null];
}

/** Leases, the state that processes share, and the accounts that budgets are kept by say nothing about what happened. */
const sayNothing = ["owners", "notes", "accounts", "reservations"];

test("any change of any column, and any deleted row, is found, in all tables that say what happened", async () => {
  const { db, ledger } = await smallLedger();
  db.exec("DROP TRIGGER events_are_facts; DROP TRIGGER events_are_kept");
  const holds = async () => (await ledger.audit({ lister })).findings.every(({ kind }) => kind === "file");
  expect(await holds()).toBe(true);
  const names = db.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").pluck().all() as string[];
  const unnoticed: string[] = [];
  let tried = 0;
  for (const table of names.filter((name) => !sayNothing.includes(name))) {
    const columns = db.pragma(`table_info(${table})`) as { name: string; pk: number }[];
    const keys = columns.filter(({ pk }) => pk > 0).map(({ name }) => name);
    const put = db.prepare(`INSERT INTO ${table} VALUES (${columns.map(() => "?").join(", ")})`);
    const drop = db.prepare(`DELETE FROM ${table} WHERE ${keys.map((key) => `${key} = ?`).join(" AND ")}`);
    for (const row of db.prepare(`SELECT * FROM ${table}`).raw().all() as Value[][]) {
      const changes = row.flatMap((value, at) => others(value).map((other) => row.with(at, other)));
      for (const change of [null, ...changes]) {
        const keyOf = (of: readonly Value[]) => columns.flatMap(({ pk }, at) => (pk > 0 ? [of[at]] : []));
        drop.run(keyOf(row));
        const done = change === null || accepted(() => put.run(change));
        if (done && (await holds())) unnoticed.push(`${table}: ${JSON.stringify(change)} for ${JSON.stringify(row)}`);
        if (done && change) drop.run(keyOf(change));
        put.run(row);
        tried += 1;
      }
    }
  }
  expect(unnoticed).toEqual([]);
  expect(tried).toBeGreaterThan(100);
  expect(await holds()).toBe(true);
});

/** Did the database take it? Some it refuses: a number of another row, nothing where something must be. */
function accepted(change: () => void): boolean {
  try {
    change();
    return true;
  } catch {
    return false;
  }
}

test("what claw runs shows is compared with the events, and made anew on request", async () => {
  const { db, ledger } = await smallLedger();
  db.exec("UPDATE run_index SET outcome = 'proven'");
  db.exec(
    "INSERT INTO run_index SELECT 'run2', last, started, workflow, repository, outcome, parent, shown FROM run_index",
  );
  expect((await type(["runs"], { ledger })).out).toContain("proven");
  const { code, out, err } = await type(["audit", "verify", "--no-repository"], { ledger });
  expect({ code, out }).toEqual({
    code: 24,
    out: "✗ run run1: the list that claw runs shows has another outcome of it than its events\n✗ run run2: the list that claw runs shows has it, and there is no such run\n",
  });
  expect(err).toContain("claw runs --reindex");
  expect((await type(["runs", "--reindex"], { ledger })).out).toContain("stuck");
  expect((await type(["audit", "verify", "--no-repository"], { ledger })).code).toBe(0);
});

test.each([
  [
    "a rule that was taken away",
    "DROP TRIGGER events_are_kept",
    "its trigger events_are_kept is not there as claw made it",
  ],
  ["an index that was taken away", "DROP INDEX run_index_outcome", "its index run_index_outcome is not there"],
  [
    "a rule of somebody else",
    "CREATE TRIGGER x AFTER INSERT ON runs BEGIN SELECT 1; END",
    "it has a trigger x that claw",
  ],
  [
    "an index that lacks a run",
    "PRAGMA writable_schema = ON; UPDATE sqlite_master SET sql = 'CREATE INDEX run_index_outcome ON run_index (workflow, run)' WHERE name = 'run_index_outcome'",
    "SQLite finds it damaged: ",
  ],
  [
    "bytes in the place of text",
    "PRAGMA writable_schema = ON; UPDATE sqlite_master SET sql = replace(sql, 'last INTEGER', 'last TEXT') WHERE name = 'runs'",
    "SQLite finds it damaged: ",
  ],
])("%s is found in the file", async (_, sql, problem) => {
  const { db, file } = await smallLedger();
  db.unsafeMode();
  db.exec(sql);
  db.close();
  const store = await openSqlite(file);
  onTestFinished(() => store.close());
  const { findings } = await openLedger({ store, clock: tickingClock(), scrub: (text) => text }).audit();
  expect(findings.map((one) => [one.kind, one.problem])).toContainEqual([
    "file",
    expect.stringContaining(problem) as string,
  ]);
});

test("a file whose tables are not claw's any more is refused as damaged", async () => {
  const { db, file } = await smallLedger();
  db.exec("ALTER TABLE accounts RENAME COLUMN scope TO scopf");
  await expect(openSqlite(file)).rejects.toMatchObject({
    message: `the ledger ${file} is damaged: table accounts has no column named scope`,
  });
});
