import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openLedger } from "../../src/ledger/ledger.ts";
import { GENESIS, nextAnchor, seal } from "../../src/ledger/chain.ts";
import { Event } from "../../src/ledger/events.ts";
import { bodiesNamed } from "../../src/ledger/bodies.ts";
import { openSqlite } from "../../src/store/sqlite.ts";
import type { AnchorRow } from "../../src/store/store.ts";
import { drivers, ledgerInFile } from "../support/ledger-drivers.ts";
import { type LedgerPlace, recordRun, stage } from "../support/ledger-file.ts";
import { started } from "../support/facts.ts";
import { recordProvenFix, tickingClock } from "../support/recorded-fix.ts";
import { temporaryDirectory } from "../support/temporary.ts";

/** A small run, a fix with its bodies, and one more run that ends with a body. */
async function threeRuns<Place extends LedgerPlace>(file: Place): Promise<Place & { readonly report: string }> {
  await recordRun(file.ledger, "run1", 6);
  await recordProvenFix(file.ledger, "run2");
  const log = await file.ledger.open("run3");
  const report = log.put("a report ".repeat(100));
  await log.append({ type: "report.written", report });
  await log.close();
  return { ...file, report };
}

/** What was found, shortly. */
const found = async ({ ledger }: LedgerPlace, run?: string): Promise<unknown[]> =>
  (await ledger.audit({ run })).findings.map((one) => [one.kind, one.run, one.seq, one.problem]);

/** What somebody who has the database and this program can do: change the first event, and every hash that follows from it. */
async function forge({ store, tamper }: LedgerPlace, run: string): Promise<void> {
  const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;
  let head = GENESIS;
  for (const { seq, body } of await store.rows(run)) {
    const other = seq === 0 ? body.replace("ada", "eve") : body;
    head = seal(head, run, seq, other);
    await tamper(`UPDATE events SET body = ${quoted(other)}, hash = '${head}' WHERE run = '${run}' AND seq = ${seq}`);
  }
  let newest: AnchorRow | null = null;
  for (const anchor of await store.anchors()) {
    newest = nextAnchor(newest, { ...anchor, head: anchor.run === run ? head : anchor.head });
    await tamper(`UPDATE anchors SET head = '${newest.head}', hash = '${newest.hash}' WHERE seq = ${anchor.seq}`);
  }
}

describe.each(drivers)("a ledger in $driver:", ({ ledgerOn }) => {
  test("a ledger as it was written holds, and all of it is counted", async () => {
    const { ledger } = await threeRuns(await ledgerOn());
    const bodies = expect.any(Number) as number;
    expect(await ledger.audit()).toEqual({
      runs: 3,
      tasks: 0,
      events: 42,
      bodies,
      anchors: 3,
      heads: 0,
      findings: [],
      further: 0,
    });
    expect(await ledger.audit({ run: "run2" })).toMatchObject({ runs: 1, events: 35, anchors: 3, findings: [] });
  });

  test("a run that goes on while it is looked at is no finding", async () => {
    const { ledger } = await threeRuns(await ledgerOn());
    const log = await ledger.open("run1");
    const [{ findings }] = await Promise.all([ledger.audit(), log.append(stage(6)), log.append(stage(7))]);
    expect(findings).toEqual([]);
  });

  describe("what somebody else's hand did is named by run and event:", () => {
    test.each([
      [
        "a changed byte",
        "UPDATE events SET body = replace(body, 'stage 3', 'stage 8') WHERE run = 'run1' AND seq = 3",
        [["event", "run1", 3, "event 3 does not match its hash"]],
      ],
      [
        "a deleted event",
        "DELETE FROM events WHERE run = 'run1' AND seq = 2",
        [["event", "run1", 2, "event 2 is missing: event 3 follows event 1"]],
      ],
      [
        "an event before the first",
        "INSERT INTO events SELECT run, -1, body, hash FROM events WHERE run = 'run1' AND seq = 0",
        [["event", "run1", 0, "event 0 does not match its hash"]],
      ],
      [
        "a cut tail",
        "DELETE FROM events WHERE run = 'run1' AND seq > 3",
        [
          ["run", "run1", null, "it had 6 events, and has 4: its tail was cut"],
          ["anchor", "run1", 0, "event 5 is anchored, and no longer there as it was"],
        ],
      ],
      [
        "a cut tail of which only the anchor knows",
        "DELETE FROM events WHERE run = 'run1' AND seq > 3; UPDATE runs SET last = 3 WHERE run = 'run1'",
        [["anchor", "run1", 0, "event 5 is anchored, and no longer there as it was"]],
      ],
      [
        "a deleted run",
        "DELETE FROM events WHERE run = 'run1'",
        [
          ["run", "run1", null, "none of its events are there"],
          ["anchor", "run1", 0, "event 5 is anchored, and no longer there as it was"],
        ],
      ],
      [
        "a deleted run of which only the anchor knows",
        "DELETE FROM events WHERE run = 'run1'; DELETE FROM runs WHERE run = 'run1'",
        [["anchor", "run1", 0, "event 5 is anchored, and no longer there as it was"]],
      ],
      [
        "a run that is not on the list",
        "DELETE FROM runs WHERE run = 'run1'",
        [["run", "run1", null, "it has events, but is not on the list of runs"]],
      ],
      [
        "a deleted anchor",
        "DELETE FROM anchors WHERE seq = 1",
        [["anchor", "run3", 2, "anchor 2 does not match its hash"]],
      ],
    ])("%s", async (_, sql, findings) => {
      const file = await threeRuns(await ledgerOn());
      await file.tamper(sql);
      expect(await found(file)).toEqual(findings);
      expect(await found(file, "run2")).toEqual(findings.filter(([, run]) => run === "run3"));
    });

    test.each([
      [
        "an exchanged body",
        "UPDATE blobs SET data = CAST('another' AS BLOB), encoding = 0",
        "is not what its name, its hash, says",
      ],
      [
        "a body that cannot be unpacked",
        "UPDATE blobs SET data = CAST('x' AS BLOB)",
        "was taken out, or cannot be unpacked",
      ],
      ["a body that was taken out", "UPDATE blobs SET data = NULL", "was taken out, or cannot be unpacked", "Redacted"],
      ["a deleted body", "DELETE FROM blobs", "is missing"],
    ])("%s", async (_, sql, problem, name = "LedgerBroken") => {
      const file = await threeRuns(await ledgerOn());
      await file.tamper(`${sql} WHERE sha = '${file.report}'`);
      const finding = ["body", "run3", 0, `body ${file.report.slice(0, 12)}, which event 0 names, ${problem}`];
      expect(await found(file, "run3")).toEqual([finding]);
      expect((await found(file))[0]).toEqual(finding);
      await expect(file.ledger.text(file.report)).rejects.toMatchObject({ name });
    });
  });

  test("anchors that were cut leave an end that none knows, and the whole tail of them is named", async () => {
    const file = await threeRuns(await ledgerOn());
    const end = (await file.ledger.read("run2")).events.length - 1;
    const unanchored = [
      "anchor",
      "run2",
      null,
      `event ${end} ended or paused it, and no anchor knows of that: anchors were cut`,
    ];
    await file.tamper("DELETE FROM anchors WHERE seq >= 1");
    expect(await found(file)).toEqual([unanchored]);
    await file.tamper("DELETE FROM anchors");
    expect(await found(file, "run2")).toEqual([unanchored]);
  });

  test("a run that was worked out anew, anchors and all, holds by itself: only a head from outside tells", async () => {
    const file = await threeRuns(await ledgerOn());
    const kept = { run: "run2", head: (await file.ledger.read("run2")).head, where: "a note" };
    await forge(file, "run2");
    expect(await found(file)).toEqual([]);
    const { findings } = await file.ledger.audit({ heads: [kept] });
    expect(findings.map(({ kind, run }) => [kind, run])).toEqual([["head", "run2"]]);
  });

  test("an event whose hash was made to fit breaks the one after it", async () => {
    const file = await threeRuns(await ledgerOn());
    const [, first, second] = await file.store.rows("run1");
    const body = (second?.body ?? "").replace("stage 2", "stage 9");
    const hash = seal(first?.hash ?? "", "run1", 2, body);
    await file.tamper(`UPDATE events SET body = '${body}', hash = '${hash}' WHERE run = 'run1' AND seq = 2`);
    expect(await found(file)).toEqual([["event", "run1", 3, "event 3 does not match its hash"]]);
  });

  test("more than can be read is counted", async () => {
    const file = await ledgerOn();
    for (let run = 0; run < 120; run++) await recordRun(file.ledger, `run${run}`, 1);
    await file.tamper("UPDATE events SET body = body || ' '");
    const { findings, further } = await file.ledger.audit();
    expect([findings.length, further]).toEqual([100, 20]);
  });

  test("a prompt file that is deleted is missed, where the run says that it was kept; compacting leaves it", async () => {
    const { ledger, tamper } = await ledgerOn();
    const log = await ledger.open("run1");
    const prompt = log.put("Fix it.");
    await log.append({ ...started, prompts: { fix: prompt }, promptsKept: true });
    await log.append({ type: "run.ended", outcome: "proven", reason: "", hint: "" });
    await log.close();
    expect(await ledger.bodiesOfOldRuns(Infinity)).toEqual([]);
    expect((await ledger.audit()).findings).toEqual([]);
    await tamper("DELETE FROM blobs");
    expect((await ledger.audit()).findings).toMatchObject([{ kind: "body", run: "run1", seq: 0 }]);
  });
});

test("a byte that is no text is found, though it reads as the sign for such bytes, which an event may hold", async () => {
  const file = await ledgerInFile();
  const log = await file.ledger.open("run1");
  await log.append(stage("\uFFFD"));
  await log.close();
  expect(await found(file)).toEqual([]);
  await file.tamper("UPDATE events SET body = CAST(replace(CAST(body AS BLOB), x'EFBFBD', x'FF') AS TEXT)");
  expect(await found(file)).toContainEqual(["event", "run1", 0, "event 0 holds bytes that are no text"]);
});

test("a ledger put back to an older copy is found out by a head that was kept elsewhere", async () => {
  const file = await threeRuns(await ledgerInFile());
  await file.tamper("PRAGMA wal_checkpoint(TRUNCATE)");
  const older = join(temporaryDirectory(), "older.sqlite");
  copyFileSync(file.file, older);
  const log = await file.ledger.open("run1");
  await log.append(stage(6));
  await log.close();
  await recordRun(file.ledger, "run4", 2);
  const heads = await Promise.all(
    ["run1", "run4"].map(async (run) => ({ run, head: (await file.ledger.read(run)).head, where: "a note" })),
  );
  expect(await file.ledger.audit({ heads })).toMatchObject({ heads: 2, findings: [] });

  const store = await openSqlite(older);
  const restored = openLedger({ store, clock: tickingClock(), scrub: (text) => text });
  expect((await restored.audit()).findings).toEqual([]);
  const { findings } = await restored.audit({ heads });
  expect(findings.map(({ kind, run }) => [kind, run])).toEqual([
    ["head", "run1"],
    ["head", "run4"],
  ]);
  expect(findings[0]?.problem).toMatch(/^its head [0-9a-f]{12}, known from a note, is not in this ledger/);
  await store.close();
});

test("every hash that an event may hold is either a body's or known to be none", () => {
  const sha = "0".repeat(64);
  const hashFields = Event.options.flatMap((option) =>
    Object.entries(option.shape).flatMap(([key, schema]) =>
      schema.safeParse(sha).success && !schema.safeParse("x").success ? [key] : [],
    ),
  );
  const notBodies = [...new Set(hashFields)].filter((key) => bodiesNamed(`{"${key}":"${sha}"}`).length === 0);
  expect(notBodies).toEqual(["prompt"]);
});

test.each(["diff", "failing", "report", "verdicts"])("a body that a stage hands on as its %s is named", (key) => {
  const sha = "0".repeat(64);
  expect(bodiesNamed(JSON.stringify({ type: "stage.finished", stage: "s", output: { [key]: sha } }))).toEqual([sha]);
});

test("a hash in somebody else's words names no body", () => {
  expect(bodiesNamed(JSON.stringify({ detail: JSON.stringify({ message: "0".repeat(64) }) }))).toEqual([]);
});

test("hashes of prompt files name no bodies, whatever the prompts are called", () => {
  const [prompt, manifest] = ["0".repeat(64), "1".repeat(64)];
  const event = { type: "run.started", manifest, prompts: { patch: prompt, report: prompt } };
  expect(bodiesNamed(JSON.stringify(event))).toEqual([manifest]);
  expect(bodiesNamed(JSON.stringify({ ...event, promptsKept: true }))).toEqual([manifest, prompt, prompt]);
  expect(bodiesNamed(JSON.stringify({ ...event, reason: '"promptsKept":true' }))).toEqual([manifest]);
});
