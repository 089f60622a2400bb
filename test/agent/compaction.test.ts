import { describe, expect, test } from "vitest";
import { drive, type Opening } from "../../src/agent/loop.ts";
import { replayRun } from "../../src/agent/replay/replay.ts";
import type { EventOf } from "../../src/ledger/events.ts";
import type { Call, Message } from "../../src/ledger/message.ts";
import type { ConnectedModel, ModelRequest } from "../../src/models/model.ts";
import { ofType } from "../../src/views/run.ts";
import { foldSession } from "../../src/views/session.ts";
import type { Agent } from "../../src/agent/agent.ts";
import { type Ledger, openLedger, type RunLog } from "../../src/ledger/ledger.ts";
import { roles } from "../../src/policy/roles.ts";
import { openSqlite } from "../../src/store/sqlite.ts";
import { finish } from "../../src/tools/finish.ts";
import type { Tool, ToolResult } from "../../src/tools/tool.ts";
import { change, done, failure, scripted, sh, type Wish } from "../support/desk.ts";
import { tickingClock } from "../support/recorded-fix.ts";

/** A ledger and an agent; tools that only answer, since what is measured here is what is said. */
interface Desk {
  readonly ledger: Ledger;
  readonly log: RunLog;
  agent(model: ConnectedModel, changes?: Partial<Agent>): Agent;
}

const answering = (
  name: string,
  effect: Tool["effect"],
  answer: (args: Record<string, string>) => ToolResult,
): Tool => ({
  spec: { name, about: `${name} it`, schema: { type: "object" } },
  effect,
  summary: (args) => String(args["command"] ?? args["path"]),
  call: (args) => Promise.resolve(answer(args as Record<string, string>)),
});

/** A command is "<n> <text>": its output is the text, n times. */
const bash = answering("bash", "execute", ({ command = "" }) => {
  const [times = "", text = ""] = command.split(" ", 2);
  return { ok: true, exitCode: 0, text: `[exit 0, 1 ms]\n${`${text} `.repeat(Number(times))}` };
});
const edit = answering("edit", "write", ({ path = "" }) => ({ ok: true, text: `edited ${path}` }));
const limits = { usdNano: null, turns: 200, tokens: 100_000_000, wallMs: 60_000, attempts: 3 };
const nothing = (): Promise<never> => Promise.reject(new Error("no sandbox is needed"));

async function open(): Promise<Desk> {
  const clock = tickingClock();
  const ledger = openLedger({ store: await openSqlite(":memory:"), clock, scrub: (text) => text });
  const log = await ledger.open("run1");
  return {
    ledger,
    log,
    agent: (model, changes) => ({
      log,
      clock,
      model,
      role: roles.patch,
      tools: [bash, edit, finish],
      limits,
      deadline: Number.MAX_SAFE_INTEGER,
      sandbox: {
        exec: nothing,
        collect: nothing,
        handOver: nothing,
        close: () => Promise.resolve(),
        backend: "none",
        policyHash: "",
        degraded: [],
      },
      finish: async ({ outcome, summary }) => ({ accepted: true, detail: `${outcome}: ${summary}` }),
      ...changes,
    }),
  };
}

const task = "Mend it. ISSUE: slugs collide. FROZEN TEST: test/slug.test.js";
const opening: Opening = { kind: "patch", prompt: "0".repeat(64), system: "You mend code.", task };
const never = new AbortController().signal;
const tokensOf = (request: ModelRequest): number =>
  Math.ceil(JSON.stringify([request.messages, request.tools]).length / 3.6);

interface Talker extends ConnectedModel {
  readonly requests: ModelRequest[];
}

/** Says its turns one after the other, whatever the transcript looks like by now; counts tokens as a server does. */
function talker(
  turns: readonly (readonly Wish[])[],
  changes: { window?: number; limit?: number; summary?: string } = {},
): Talker {
  const requests: ModelRequest[] = [];
  let turn = 0;
  const { info } = scripted([]);
  return {
    requests,
    info,
    window: changes.window ?? null,
    price: () => 1,
    ceiling: () => 1,
    async ask(request) {
      requests.push(request);
      if (changes.limit !== undefined && tokensOf(request) > changes.limit) throw failure("context_overflow");
      const summing = request.tools.length === 0;
      if (summing && changes.summary === undefined) throw failure("bad_request");
      const wishes = summing ? [] : (turns[turn++] ?? [done()]);
      const calls = wishes.map(([name, args], index): Call => ({ id: `c${turn}-${index}`, name, args, repairs: [] }));
      const usage = {
        inputUncached: tokensOf(request),
        inputCacheRead: 0,
        inputCacheWrite: 0,
        outputVisible: 20,
        outputReasoning: 0,
        source: "provider" as const,
      };
      const reasoning = { endpoint: "test", model: "m", items: [{ turn }] };
      const message = {
        role: "assistant" as const,
        text: summing ? (changes.summary ?? "") : `turn ${turn}`,
        calls,
        reasoning,
      };
      return {
        message,
        stop: "calls",
        usage,
        servedModel: "m",
        servedTier: null,
        requestId: null,
        firstByteMs: 1,
        ms: 2,
      };
    },
  };
}

/** Each turn brings some 2,500 tokens. */
const loud = (count: number): Wish[][] => Array.from({ length: count }, (_, index) => [sh(`900 output-${index}`)]);

async function hold(desk: Desk, model: Talker) {
  const ended = await drive("patch", opening, desk.agent(model), never);
  const compactions = ofType(desk.log.events, "session.compacted");
  return { ended, requests: model.requests, compactions };
}

const textOf = (messages: readonly Message[]): string =>
  messages.map((message) => ("text" in message ? message.text : "")).join("\n");

/** Is `before` what `after` begins with, byte for byte? */
const extended = (before: ModelRequest, after: ModelRequest): boolean =>
  JSON.stringify(after.messages.slice(0, before.messages.length)) === JSON.stringify(before.messages);

test("a session that outgrows its measure leaves old answers out, once, and keeps the task, changes and the newest part", async () => {
  const desk = await open();
  const turns = [[change("a.txt", "one", "two")], ...loud(12)];
  const { ended, requests, compactions } = await hold(desk, talker(turns, { window: 40_000 }));
  expect(ended.reason).toBe("finished");
  expect(compactions).toMatchObject([{ by: "trim", cause: "context" }]);
  const { before, after, transcript } = compactions[0] as EventOf<"session.compacted">;
  expect(before.tokens).toBeGreaterThan(24_000);
  expect(after.tokens).toBeLessThan(0.7 * before.tokens);
  expect(transcript).toHaveLength(before.messages);
  const last = requests.at(-1)?.messages ?? [];
  expect(last[1]).toMatchObject({ role: "user", text: task });
  const told = textOf(last);
  expect(told).toContain("edited a.txt");
  expect(told).toMatch(
    /\[exit 0, 1 ms\]\n\[left out to save room: \d+ characters, \d+ lines; ask again if you need it\]/,
  );
  expect(told).toContain("output-11 output-11");
  expect(told).not.toContain("output-1 output-1 ");
  // What was thought before the cut goes, what was thought since stays.
  const thoughtful = last.filter((message) => message.role === "assistant" && message.reasoning !== undefined);
  expect(thoughtful.length).toBeGreaterThan(2);
  expect(thoughtful.length).toBeLessThan(last.filter(({ role }) => role === "assistant").length);
});

test("outside a compaction each request begins with the one before, byte for byte; with it, all but one", async () => {
  const desk = await open();
  const { requests, compactions } = await hold(desk, talker(loud(12), { window: 40_000 }));
  const broken = requests.slice(1).filter((request, index) => !extended(requests[index] as ModelRequest, request));
  expect(broken).toHaveLength(compactions.length);
  expect(compactions).toHaveLength(1);
});

/** Many short turns: leaving answers out frees nothing, words must go. */
const short = (count: number): Wish[][] =>
  Array.from({ length: count }, (_, index) =>
    index % 9 === 8 ? [change("b.txt", `${index}`, "x")] : [sh(`1 ${index} ${"x".repeat(2_400)}`)],
  );

describe("where leaving answers out does not help", () => {
  test("the model sums the session up, in a request of its own, and the record adds what was changed and run", async () => {
    const desk = await open();
    const turns = [[change("a.txt", "one", "two")], ...short(70)];
    const model = talker(turns, { window: 40_000, summary: "GOAL: mend slugs.\nNEXT: run the tests." });
    const { ended, requests, compactions } = await hold(desk, model);
    expect(ended.reason).toBe("finished");
    expect(compactions[0]).toMatchObject({ by: "summary", cause: "context" });
    const summing = requests.filter(({ tools }) => tools.length === 0);
    expect(summing).toHaveLength(compactions.length);
    expect(textOf(summing[0]?.messages.slice(-1) ?? [])).toMatch(/^claw: the session has to be shortened/);
    const next = requests[requests.indexOf(summing[0] as ModelRequest) + 1];
    const told = textOf(next?.messages.slice(0, 2) ?? []);
    expect(told.startsWith(`You mend code.\n${task}\n\nclaw: this session was shortened`)).toBe(true);
    expect(told).toContain("GOAL: mend slugs.");
    expect(told).toContain("EDITS (from the record): b.txt (");
    expect(told).toMatch(/COMMANDS \(from the record, newest last\):\n- 1 \d+ x+… → exit 0/);
    expect(next?.messages[2]?.role).toBe("assistant");
    // Its cost is on record like any other.
    const asked = ofType(desk.log.events, "model.requested").filter(({ purpose }) => purpose === "summary");
    expect(asked).toHaveLength(summing.length);
  });

  test("and the model cannot, the record alone does", async () => {
    const desk = await open();
    const { ended, compactions } = await hold(desk, talker(short(60), { window: 40_000 }));
    expect(ended.reason).toBe("finished");
    expect(compactions[0]).toMatchObject({ by: "log" });
    expect(compactions[0]?.after.tokens).toBeLessThan(12_000);
  });
});

test("at four fifths of the window an alarm goes on record, and room is made before the next request, also soon after the last time", async () => {
  const desk = await open();
  const flood = Array.from({ length: 4 }, (_, index) => [0, 1, 2].map((part) => sh(`900 flood-${index}-${part}`)));
  const { ended, requests, compactions } = await hold(desk, talker([...loud(9), ...flood], { window: 36_000 }));
  expect(ended.reason).toBe("finished");
  expect(compactions.map(({ cause }) => cause)).toContain("alarm");
  const alarms = ofType(desk.log.events, "context.alarmed");
  expect(alarms[0]).toMatchObject({ window: 36_000 });
  expect(alarms[0]?.tokens).toBeGreaterThanOrEqual(28_800);
  for (const request of requests) expect(tokensOf(request)).toBeLessThan(0.9 * 36_000);
});

describe("a server that refuses a request as too long", () => {
  test("is asked again with less, and the session goes on", async () => {
    const desk = await open();
    const { ended, requests, compactions } = await hold(desk, talker(loud(14), { limit: 20_000 }));
    expect(ended.reason).toBe("finished");
    expect(compactions[0]).toMatchObject({ cause: "overflow" });
    expect(requests.filter((request) => tokensOf(request) > 20_000).length).toBeLessThanOrEqual(2);
  });

  test("again and again ends the session, with the server's words", async () => {
    const desk = await open();
    const { ended } = await hold(desk, talker(loud(14), { limit: 1_500 }));
    expect(ended).toMatchObject({ reason: "over-budget", detail: expect.stringContaining("no longer fits") as string });
  });
});

describe("the record of a compaction", () => {
  const plan = { window: 40_000, summary: "GOAL: go on." };
  const turns = short(60);

  test("folds to what was sent, and is replayed byte for byte", async () => {
    const desk = await open();
    const [first] = desk.log.events;
    expect(first).toBeUndefined();
    await desk.log.append({
      type: "run.started",
      workflow: "fix",
      input: {},
      version: "0",
      host: "h",
      initiator: "i",
      repository: "/r",
      base: "b",
      model: null,
      limits,
      manifest: null,
      prompts: { summary: "0".repeat(64) },
    });
    await desk.log.append({ type: "model.described", endpoint: "test", model: "m", window: 40_000, body: null });
    const model = talker(turns, plan);
    await drive("patch", opening, desk.agent(model), never);
    const { messages } = foldSession(desk.log.events, "patch");
    const last = model.requests.at(-1)?.messages ?? [];
    const stored = await Promise.all(messages.map(async (sha) => JSON.parse(await desk.ledger.text(sha)) as Message));
    expect(JSON.stringify(stored.slice(0, last.length))).toBe(JSON.stringify(last));
    // The summary's words come from a blob, the record's facts from events: both are there without the model.
    const replay = await replayRun(desk.ledger, "run1");
    expect(replay.divergence).toBeNull();
    expect(replay.requests).toBe(model.requests.length);
    expect(ofType(desk.log.events, "session.compacted").length).toBeGreaterThan(0);
  });

  test("lets a process that died right after the summary use it, not ask for it again", async () => {
    const desk = await open();
    const model = talker(turns, plan);
    const dying: typeof desk.log = {
      ...desk.log,
      events: desk.log.events,
      async appendTogether(events) {
        if (events.some(({ type }) => type === "session.compacted")) throw new Error("died");
        return desk.log.appendTogether(events);
      },
    };
    await expect(drive("patch", opening, desk.agent(model, { log: dying }), never)).rejects.toThrow("died");
    const asked = model.requests.length;
    const ended = await drive("patch", opening, desk.agent(model, { log: desk.log }), never);
    expect(ended.reason).toBe("finished");
    expect(model.requests[asked - 1]?.tools).toEqual([]);
    expect(model.requests[asked]?.tools.length).toBeGreaterThan(0);
    expect(textOf(model.requests[asked]?.messages ?? [])).toContain("GOAL: go on.");
  });
});
