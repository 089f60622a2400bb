import { describe, expect, test } from "vitest";
import { drive, type Opening } from "../../src/agent/loop.ts";
import type { Agent } from "../../src/agent/agent.ts";
import { replayRun } from "../../src/agent/replay/replay.ts";
import type { Event, Recorded } from "../../src/ledger/events.ts";
import { ofType } from "../../src/views/run.ts";
import * as tools from "../../src/tools/all.ts";
import { change, type Desk, desks, done, failure, type Line, look, scripted, sh } from "../support/desk.ts";
import { pieces } from "../support/recorded-fix.ts";

const open = desks();
const opening: Opening = { kind: "patch", prompt: "0".repeat(64), system: "You mend code.", task: "Mend it." };
const files = { "a.txt": "one\n" };

/** A desk whose run has a beginning. */
async function begun(limits: Partial<Agent["limits"]> = {}): Promise<Desk> {
  const desk = await open(files);
  const { started } = pieces(desk.log);
  const fit = { ...desk.agent(scripted([])).limits, ...limits };
  await desk.log.append({ ...started, limits: fit } as Event);
  return desk;
}

async function hold(desk: Desk, lines: readonly Line[], changes: Partial<Agent> = {}, signal?: AbortSignal) {
  const [started] = ofType(desk.log.events, "run.started");
  const agent = desk.agent(scripted(lines), { ...(started && { limits: started.limits }), ...changes });
  return drive("patch", opening, agent, signal ?? new AbortController().signal).catch((error: unknown) => error);
}

const whole = { divergence: null, otherPrompts: [], wire: { requests: 0, replies: 0 }, rerun: null };

describe("a session comes out as recorded, without a sandbox or a model:", () => {
  test("with words, failed edits, calls that nobody offers, an unreadable one, a refused finish, and a note", async () => {
    const desk = await begun();
    let asked = 0;
    const finish: Agent["finish"] = async ({ outcome }) =>
      asked++ === 0 ? { accepted: false, message: "not yet" } : { accepted: true, detail: outcome };
    const lines: Line[] = [
      "hm",
      [look("a.txt"), change("a.txt", "none", "two"), sh("echo cancelled")],
      [change("a.txt", "nothing", "two")],
      [
        ["nonsense", {}],
        ["bash", null],
      ],
      [sh("echo out; exit 3"), change("a.txt", "one", "two")],
      [["apply_patch", { input: "*** Begin Patch\n*** Update File: a.txt\n-two\n+three\n*** End Patch" }]],
      [done()],
      [done()],
    ];
    await hold(desk, lines, { finish, tools: Object.values(tools) });
    expect(desk.file("a.txt")).toBe("three\n");
    const offers = (await desk.transcript()).filter(
      (message) => "text" in message && /give all of it/.test(message.text),
    );
    expect(offers).toEqual([expect.objectContaining({ name: "edit", ok: false })]);
    expect(await replayRun(desk.ledger, "run1")).toEqual({ ...whole, sessions: 1, requests: 8, calls: 11 });
  });

  test("going in circles until it is stopped", async () => {
    const desk = await begun();
    await hold(desk, ["a", "b", "c", "d", "e", "f"]);
    expect(desk.log.events.at(-1)).toMatchObject({ type: "session.ended", reason: "stuck" });
    expect(await replayRun(desk.ledger, "run1")).toMatchObject({ ...whole, requests: 6 });
  });

  test.each([
    ["turns", { turns: 4 }],
    ["money", { usdNano: 5_000_000 }],
    ["tokens", { tokens: 400 }],
  ])("until its %s are used up", async (_, limits) => {
    const desk = await begun(limits);
    await hold(
      desk,
      Array.from({ length: 9 }, (_, index) => [sh(`echo ${index}`)] as const),
    );
    expect(desk.log.events.at(-1)).toMatchObject({ type: "session.ended", reason: "over-budget" });
    expect(await replayRun(desk.ledger, "run1")).toMatchObject(whole);
  });

  test("with failures that were waited for, billed or not, and the one that ended it", async () => {
    const desk = await begun();
    const failures = [failure("rate", { afterMs: 7000 }), failure("server", { billable: true })];
    await hold(desk, [...failures, [look("a.txt")], failure("auth")]);
    expect(desk.log.events.at(-1)?.type).toBe("model.failed");
    expect(await replayRun(desk.ledger, "run1")).toMatchObject({ ...whole, requests: 4 });
    const garbled = await begun();
    const unread = Array.from({ length: 4 }, () => failure("tool_parse_server"));
    await hold(garbled, [...unread.slice(0, 3), [look("a.txt")], [look("b.txt")], ...unread.slice(3), [done()]]);
    expect(ofType(garbled.log.events, "message.added").filter(({ about }) => about === "smaller")).toHaveLength(1);
    expect(garbled.log.events.at(-1)).toMatchObject({ type: "session.ended", reason: "finished" });
    expect(await replayRun(garbled.ledger, "run1")).toMatchObject({ ...whole, requests: 7 });
    const tooLong = await begun();
    await hold(tooLong, [[look("a.txt")], failure("context_overflow")]);
    expect(await replayRun(tooLong.ledger, "run1")).toMatchObject({ ...whole, requests: 2 });
  });

  test("with what was told after the workspace had been lost", async () => {
    const desk = await begun();
    await hold(desk, [[look("a.txt")], failure("auth")]);
    await desk.log.append({ type: "run.resumed", host: "here" });
    await hold(desk, [[look("a.txt")], [done()]], { restored: "claw: the files are back as they were earlier" });
    expect(await replayRun(desk.ledger, "run1")).toMatchObject({ ...whole, requests: 3 });
  });

  test("over interruptions: in a request, in a call, and while nothing happened", async () => {
    const desk = await begun();
    const resumed = () => desk.log.append({ type: "run.resumed", host: "here" });
    const lines: Line[] = [[look("a.txt")], [sh("echo begun; sleep 60")], failure("auth"), [done()]];
    const stop = new AbortController();
    const reason = new Error("stop");
    await hold(desk, lines, { onOutput: () => stop.abort(reason) }, stop.signal);
    expect(desk.log.events.at(-1)?.type).toBe("call.judged");
    await resumed();
    await resumed();
    await hold(desk, lines);
    expect(desk.log.events.at(-1)?.type).toBe("model.failed");
    await resumed();
    await hold(desk, [[look("a.txt")], [sh("")], [done()]]);
    expect(desk.log.events.at(-1)?.type).toBe("session.ended");
    expect(await replayRun(desk.ledger, "run1")).toMatchObject({ ...whole, sessions: 1, requests: 4, calls: 3 });
  });
});

test("a run that asked no model has nothing to replay", async () => {
  const desk = await begun();
  expect(await replayRun(desk.ledger, "run1")).toEqual({ ...whole, sessions: 0, requests: 0, calls: 0 });
});

test("prompt files that differ from today's are named", async () => {
  const desk = await open(files);
  const prompts = { system: "0".repeat(64), patch: "0".repeat(64) };
  await desk.log.append({ ...pieces(desk.log).started, prompts } as Event);
  expect((await replayRun(desk.ledger, "run1")).otherPrompts).toEqual(["system", "patch"]);
});

describe("the first divergence is named:", () => {
  /** A session of which the record says something else. */
  async function replayed(
    alter: (event: Recorded) => Recorded | readonly Recorded[],
    lines: Line[] = ["hm", [look("a.txt")], [done()]],
  ) {
    const desk = await begun();
    await hold(desk, lines);
    const { events } = await desk.ledger.read("run1");
    const changed = events.flatMap((event) => alter(event));
    const read = async (run: string) => ({ run, head: "", events: changed });
    return replayRun({ ...desk.ledger, read }, "run1");
  }
  const sha = "f".repeat(64);

  test("another verdict", async () => {
    const { divergence, requests } = await replayed((event) =>
      event.type === "call.judged" ? { ...event, verdict: "deny" } : event,
    );
    expect(divergence).toMatchObject({
      session: "patch",
      event: 9,
      recorded: expect.stringMatching(/^call\.judged c1-0 read, deny, arguments/),
      replayed: expect.stringMatching(/^call\.judged c1-0 read, allow, arguments/),
    });
    expect(requests).toBe(2);
  });

  test("other words of claw's", async () => {
    const { divergence } = await replayed((event) =>
      event.type === "message.added" && event.about === "note" ? { ...event, message: sha } : event,
    );
    expect(divergence).toMatchObject({ event: 6, recorded: `message.added note ${sha}` });
  });

  test("another size of a request", async () => {
    const { divergence } = await replayed((event) =>
      event.type === "model.requested" && event.turn === 2 ? { ...event, inputTokens: 1 } : event,
    );
    expect(divergence).toMatchObject({ event: 7, recorded: "model.requested turn 2, 4 messages, 1 tokens" });
  });

  test("a fact that is not on record, and one too many", async () => {
    const missing = await replayed((event) => (event.type === "message.added" && event.about === "note" ? [] : event));
    expect(missing.divergence).toMatchObject({ recorded: expect.stringMatching(/^model\.requested turn 2/) });
    const more = await replayed((event) =>
      event.type === "session.ended"
        ? ({ ...event, type: "message.added", about: "note", message: sha } as Recorded)
        : event,
    );
    expect(more.divergence).toMatchObject({ event: 15, recorded: `message.added note ${sha}` });
  });

  test("a fact behind the end of the session", async () => {
    const { divergence } = await replayed((event) =>
      event.type === "session.ended" ? [event, { ...event, seq: event.seq + 1 }] : event,
    );
    expect(divergence).toMatchObject({ event: 16, recorded: "session.ended", replayed: "nothing more" });
  });

  test("a request that is put together from other words of the same length", async () => {
    const desk = await begun();
    await hold(desk, [[look("a.txt")], failure("auth")]);
    await desk.log.append({ type: "run.resumed", host: "here" });
    await hold(desk, [[look("a.txt")], [done()]]);
    const { events } = await desk.ledger.read("run1");
    const [system] = ofType(events, "message.added");
    const bytes = async (sha: string) => {
      const body = Buffer.from(await desk.ledger.bytes(sha));
      return sha === system?.message ? Buffer.from(body.toString().replace("mend", "bend")) : body;
    };
    const { divergence } = await replayRun({ ...desk.ledger, bytes }, "run1");
    expect(divergence).toMatchObject({
      recorded: expect.stringMatching(/^a request of 4 messages, SHA-256 [0-9a-f]{64}$/),
      replayed: expect.stringMatching(/^a request of 4 messages, SHA-256 [0-9a-f]{64}$/),
    });
    expect(divergence?.recorded).not.toBe(divergence?.replayed);
  });

  test("a session of a kind that this release does not know", async () => {
    const { divergence } = await replayed((event) =>
      event.type === "session.started" ? { ...event, kind: "sing" } : event,
    );
    expect(divergence).toMatchObject({
      recorded: "a session of the kind sing",
      replayed: "this claw knows no such kind",
    });
  });
});

test("changes that build on each other, and outputs that were cut, are replayed in their order", async () => {
  const desk = await begun();
  const word = (index: number): string => (index < 0 ? "one" : `word ${index}`);
  const turn = (index: number): Line =>
    index % 2 === 0 ? [sh(`printf '${index} %.0s' $(seq 8000)`)] : [change("a.txt", word(index - 2), word(index))];
  await hold(desk, [...Array.from({ length: 4 }, (_, index) => turn(index)), [done()]]);
  expect(await replayRun(desk.ledger, "run1")).toMatchObject({ ...whole, requests: 5, calls: 5 });
});
