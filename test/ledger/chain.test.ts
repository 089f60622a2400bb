import Database from "better-sqlite3";
import { describe, expect, test } from "vitest";
import { GENESIS, seal } from "../../src/ledger/chain.ts";
import { LedgerBroken } from "../../src/errors.ts";
import { type LedgerFile, ledgerFile, recordRun } from "../support/ledger-file.ts";

/** Two runs, the first of six facts. */
async function twoRuns(): Promise<LedgerFile> {
  const file = await ledgerFile();
  await recordRun(file.ledger, "run1", 6);
  await recordRun(file.ledger, "run2", 2);
  return file;
}

describe("a run that was changed after it was written does not verify, and the message names the event:", () => {
  test.each([
    [
      "one changed byte",
      "UPDATE events SET body = replace(body, 'stage 3', 'stage 8') WHERE run = 'run1' AND seq = 3",
      3,
    ],
    [
      "a changed time",
      "UPDATE events SET body = replace(body, '\"at\":1', '\"at\":2') WHERE run = 'run1' AND seq = 0",
      0,
    ],
    ["a deleted middle row", "DELETE FROM events WHERE run = 'run1' AND seq = 2", 2],
    ["a deleted first row", "DELETE FROM events WHERE run = 'run1' AND seq = 0", 0],
    [
      "an inserted row",
      `UPDATE events SET seq = seq + 10 WHERE run = 'run1' AND seq > 2;
       UPDATE events SET seq = seq - 9 WHERE run = 'run1' AND seq > 10;
       INSERT INTO events SELECT run, 3, body, hash FROM events WHERE run = 'run1' AND seq = 1`,
      3,
    ],
    [
      "two rows that changed places",
      `UPDATE events SET seq = 99 WHERE run = 'run1' AND seq = 1;
       UPDATE events SET seq = 1 WHERE run = 'run1' AND seq = 2;
       UPDATE events SET seq = 2 WHERE run = 'run1' AND seq = 99`,
      1,
    ],
    [
      "a row of another run",
      "UPDATE events SET run = 'run3' WHERE run = 'run2'; UPDATE events SET run = 'run1', seq = 6 WHERE run = 'run3' AND seq = 1",
      6,
    ],
  ])("%s", async (_, sql, event) => {
    const { ledger, tamper } = await twoRuns();
    tamper(sql);
    const error: unknown = await ledger.read("run1").catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(LedgerBroken);
    expect(error).toMatchObject({
      message: `event ${event} of run run1 does not match its hash`,
      outcome: "infrastructure",
    });
    await expect(ledger.open("run1")).rejects.toThrow(LedgerBroken);
  });
});

test("a row whose hash was made to fit breaks the row after it", async () => {
  const { ledger, store, tamper } = await twoRuns();
  const [, , second] = await store.rows("run1");
  const before = (await store.rows("run1"))[1]?.hash ?? GENESIS;
  const body = (second?.body ?? "").replace("stage 2", "stage 9");
  tamper(
    `UPDATE events SET body = '${body}', hash = '${seal(before, "run1", 2, body)}' WHERE run = 'run1' AND seq = 2`,
  );
  await expect(ledger.read("run1")).rejects.toThrow("event 3 of run run1 does not match its hash");
});

describe("what verifies by itself, but not against the anchors:", () => {
  test.each([
    [
      "a cut tail",
      "DELETE FROM events WHERE run = 'run1' AND seq > 3",
      "event 5 is anchored, and no longer there as it was",
    ],
    [
      "a deleted run",
      "DELETE FROM events WHERE run = 'run1'; DELETE FROM runs WHERE run = 'run1'",
      "event 5 is anchored, and no longer there as it was",
    ],
    [
      "a deleted run with its anchor",
      "DELETE FROM events WHERE run = 'run1'; DELETE FROM anchors WHERE run = 'run1'",
      "anchor 1 does not match its hash",
    ],
    ["a changed anchor", "UPDATE anchors SET last = 0 WHERE run = 'run2'", "anchor 1 does not match its hash"],
  ])("%s", async (_, sql, message) => {
    const { ledger, tamper } = await twoRuns();
    tamper(sql);
    await expect(ledger.read("run1")).resolves.toBeDefined();
    const { findings } = await ledger.audit();
    expect(findings.filter(({ kind }) => kind === "anchor").map(({ problem }) => problem)).toEqual([message]);
  });
});

test("anchors hold while runs go on after them", async () => {
  const { ledger, store } = await twoRuns();
  const log = await ledger.open("run1");
  await log.append({ type: "run.resumed", host: "here" });
  expect((await ledger.audit()).findings).toEqual([]);
  await log.close();
  expect((await ledger.audit()).findings).toEqual([]);
  expect((await store.anchors()).map(({ run, last }) => [run, last])).toEqual([
    ["run1", 5],
    ["run2", 1],
    ["run1", 6],
  ]);
});

test("the database itself refuses to change or delete a fact", async () => {
  const { file } = await twoRuns();
  const db = new Database(file);
  expect(() => db.exec("UPDATE events SET body = '{}'")).toThrow("events are never changed");
  expect(() => db.exec("DELETE FROM events")).toThrow("events are never deleted");
  db.close();
});
