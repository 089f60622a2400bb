import { afterEach, describe, expect, test } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { connectModel } from "../../src/models/connect.ts";
import type { Endpoint } from "../../src/models/endpoint.ts";
import { type Fault, type ModelServer, type Script, startModelServer } from "../support/model-server.ts";
import { askOnce, endpointAt, failureOf, key, opening, requestOf } from "./desk.ts";

// What every wire owes its callers, line by line. What a reply looks like is in wires.test.ts, what goes wrong on the way
// in faults.test.ts, what single server products do in servers.test.ts: all over the same three wires.

const servers: ModelServer[] = [];
async function serve(script: Script): Promise<ModelServer> {
  const server = await startModelServer(script);
  servers.push(server);
  return server;
}
afterEach(() => Promise.all(servers.splice(0).map((server) => server.close())));

const ls = { name: "bash", arguments: { command: "ls", timeout_s: null } };
const news: Readonly<Record<Endpoint["wire"], object>> = {
  chat: { object: "weather.report", choices: [], sky: "blue" },
  responses: { type: "response.weather_report.delta", delta: { sky: "blue" } },
  anthropic: { type: "weather_report", sky: "blue" },
};
const ends: Readonly<Record<Endpoint["wire"], readonly object[]>> = {
  chat: [{ choices: [{ delta: { content: "ok" }, finish_reason: "stop" }] }],
  responses: [
    {
      type: "response.completed",
      response: { status: "completed", output: [{ type: "message", content: [{ type: "output_text", text: "ok" }] }] },
    },
  ],
  anthropic: [
    { type: "message_start", message: { model: "m", usage: {} } },
    { type: "content_block_start", index: 0, content_block: { type: "text", text: "ok" } },
    { type: "message_delta", delta: { stop_reason: "end_turn" } },
    { type: "message_stop" },
  ],
};
const stream = (...frames: readonly object[]): Fault => ({
  fault: "raw",
  contentType: "text/event-stream",
  body: frames.map((frame) => `data: ${JSON.stringify(frame)}\n\n`).join(""),
});

describe.each(["chat", "responses", "anthropic"] as const)("the contract over %s", (wire) => {
  const at = (server: ModelServer, changes: Partial<Endpoint> = {}) => endpointAt(server.url, { wire, ...changes });

  test("1: a question ends once, and a cancelled one closes its connection at once", async () => {
    let closed: (at: number) => void;
    const gone = new Promise<number>((resolve) => (closed = resolve));
    const server = await serve(() => ({ fault: "stall", text: "I will" }));
    server.onClose(() => closed(performance.now()));
    const cancel = new AbortController();
    let cancelled = 0;
    const model = await connectModel(at(server), systemClock);
    const asked = model.ask(requestOf(), cancel.signal, ({ kind }) => {
      if (kind !== "text") return;
      cancelled = performance.now();
      cancel.abort();
    });
    expect((await failureOf(asked)).kind).toBe("aborted");
    expect((await gone) - cancelled).toBeLessThan(1_000);
  });

  test("2: without the wire's own mark of completion there is no reply", async () => {
    const all = ends[wire];
    const server = await serve(({ index }) => stream(...(index === 0 ? all.slice(0, -1) : all)));
    expect((await failureOf(askOnce(at(server)))).kind).toBe("stream_truncated");
    expect((await askOnce(at(server))).message.text).toBe("ok");
  });

  test("3: what stopped it is derived from the calls, and a call in flight at the limit is not executable", async () => {
    const replies = [
      { calls: [ls], finish: "stop" },
      { text: "hm", finish: "tool_calls" },
      { calls: [ls], finish: "length" },
    ];
    const server = await serve(({ index }) => replies[index] ?? { text: "" });
    const stops: unknown[] = [];
    for (const _ of replies) {
      const { stop, message } = await askOnce(at(server));
      stops.push([stop, message.calls.map(({ args }) => args !== null)]);
    }
    expect(stops).toEqual([
      ["calls", [true]],
      ["end", []],
      ["length", [false]],
    ]);
  });

  test("4: every answered question has its usage, a broken one an estimate", async () => {
    const server = await serve(({ index }) => (index === 0 ? { text: "x" } : { fault: "cut", text: "I will" }));
    expect((await askOnce(at(server))).usage).toMatchObject({ source: "provider", inputUncached: 100 });
    const { usage } = await failureOf(askOnce(at(server)));
    expect(usage).toMatchObject({ source: "estimated", outputVisible: 1 });
    expect(usage?.inputUncached).toBeGreaterThan(100);
  });

  test("5: one question has the same bytes from any connection at any time", async () => {
    const server = await serve(() => ({ text: "ok" }));
    for (let time = 0; time < 3; time += 1) await askOnce(at(server));
    expect(new Set(server.requests.map(({ raw }) => raw)).size).toBe(1);
  });

  test("6: half a character in the history is mended, so that what follows it can be sent for ever", async () => {
    const server = await serve(() => ({ text: "ok" }));
    const broken = "a cut \ud83d emoji, a whole 🎉, and \\ud83d written out";
    await askOnce(at(server), requestOf([...opening, { role: "user", origin: "harness", text: broken }]));
    expect(server.requests[0]?.raw).not.toMatch(/(?<!\\)\\ud83d/);
    const sent = JSON.stringify(server.requests[0]?.body);
    expect(sent).toContain(JSON.stringify("a cut \ufffd emoji, a whole 🎉, and \\ud83d written out").slice(1, -1));
  });

  test("7: events and fields that nobody knows change nothing", async () => {
    const plain = await serve(() => stream(...ends[wire]));
    const strange = await serve(() =>
      stream(news[wire], ...ends[wire].map((frame) => ({ ...frame, mood: 1 })), news[wire]),
    );
    const [one, other] = [await askOnce(at(plain)), await askOnce(at(strange))];
    expect(other.message).toEqual(one.message);
    expect(other.message.text).toBe("ok");
  });

  test("8: the key is in the one header it belongs to, and in nothing that is kept", async () => {
    const server = await serve(() => ({ text: "ok" }));
    const reply = await askOnce(at(server));
    const { headers, raw } = server.requests[0] ?? { headers: {}, raw: key };
    expect(raw).not.toContain(key);
    expect(
      Object.entries(headers)
        .filter(([, value]) => String(value).includes(key))
        .map(([name]) => name),
    ).toEqual([wire === "anthropic" ? "x-api-key" : "authorization"]);
    expect(JSON.stringify(reply)).not.toContain(key);
  });
});
