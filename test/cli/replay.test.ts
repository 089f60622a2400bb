import { join } from "node:path";
import { expect, test } from "vitest";
import { drive } from "../../src/agent/loop.ts";
import { type } from "../support/cli-desk.ts";
import { type Desk, desks, done, look, scripted } from "../support/desk.ts";
import { ledgerFile, recordRun } from "../support/ledger-file.ts";
import { pieces } from "../support/recorded-fix.ts";
import { temporaryDirectory } from "../support/temporary.ts";

const open = desks();

/** A run of one session that reads a file and finishes. */
async function recordedSession(): Promise<Desk> {
  const desk = await open({ "a.txt": "one\n" });
  await desk.log.append(pieces(desk.log).started);
  const opening = { kind: "patch", prompt: "0".repeat(64), system: "You mend code.", task: "Mend it." };
  await drive("patch", opening, desk.agent(scripted([[look("a.txt")], [done()]])), new AbortController().signal);
  await desk.log.close();
  return desk;
}

test("a run that comes out as recorded says what was compared", async () => {
  const { ledger } = await recordedSession();
  expect(await type(["replay", "run1"], { ledger })).toEqual({
    code: 0,
    out: "✓ run run1 came out as recorded: 1 session, 2 requests, 2 calls\n",
    err: "",
  });
  expect(JSON.parse((await type(["replay", "--json"], { ledger })).out)).toEqual({
    type: "replay",
    version: 1,
    run: "run1",
    sessions: 1,
    requests: 2,
    calls: 2,
    wire: { requests: 0, replies: 0 },
    rerun: null,
    divergence: null,
    otherPrompts: [],
  });
});

test("an exported run is replayed without a ledger", async () => {
  const { ledger } = await recordedSession();
  const file = join(temporaryDirectory(), "run1.jsonl");
  await type(["audit", "export", "run1", "-o", file], { ledger });
  expect(await type(["replay", "--file", file])).toMatchObject({ code: 0, out: expect.stringContaining("2 requests") });
  expect((await type(["replay", "run1", "--file", file], { ledger })).code).toBe(2);
});

test("a divergence is told with both sides, and is no success", async () => {
  const desk = await recordedSession();
  const read: typeof desk.ledger.read = async (run) => {
    const record = await desk.ledger.read(run);
    const events = record.events.map((event) => (event.type === "call.finished" ? { ...event, ok: false } : event));
    return { ...record, events };
  };
  const { code, out } = await type(["replay", "run1"], { ledger: { ...desk.ledger, read } });
  expect(code).toBe(12);
  expect(out.split("\n")).toEqual([
    "✗ run run1 diverges in session patch, at event 7",
    expect.stringMatching(/^ {2}recorded {2}call\.finished c0-0 read, not ok, answer [0-9a-f]{64}$/),
    expect.stringMatching(/^ {2}replayed {2}call\.finished c0-0 read, not ok, answer [0-9a-f]{64}$/),
    "",
  ]);
});

test("a run without a session with a model has nothing to replay, and does not claim that it came out", async () => {
  const { ledger } = await ledgerFile();
  await recordRun(ledger, "aaa1", 2);
  expect(await type(["replay", "aaa1"], { ledger })).toEqual({
    code: 0,
    out: "run aaa1 has no session with a model: there is nothing to replay\n",
    err: "",
  });
});
