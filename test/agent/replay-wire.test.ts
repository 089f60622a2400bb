import { expect, onTestFinished, test } from "vitest";
import { drive } from "../../src/agent/loop.ts";
import { replayRun } from "../../src/agent/replay/replay.ts";
import { systemClock } from "../../src/clock.ts";
import type { Event, Recorded } from "../../src/ledger/events.ts";
import { connectModel } from "../../src/models/connect.ts";
import type { Endpoint } from "../../src/models/endpoint.ts";
import { endpointAt } from "../models/desk.ts";
import { type Desk, desks } from "../support/desk.ts";
import { inTurn, type Script, startModelServer } from "../support/model-server.ts";
import { pieces } from "../support/recorded-fix.ts";

const open = desks();
const opening = { kind: "patch", prompt: "0".repeat(64), system: "You mend code.", task: 'Mend it. Ünïcode: "日本"' };
const read = { name: "read", arguments: { path: "a.txt", start: null, end: null } };
const finish = { name: "finish", arguments: { outcome: "done", summary: "Done.", test_commands: [] } };

let shared: Promise<Desk> | undefined;
let runs = 0;

/** A session with a real server on a wire, as a run of its own. */
async function record(script: Script, changes: Partial<Endpoint> = {}) {
  const server = await startModelServer(script);
  onTestFinished(server.close);
  const desk = await (shared ??= open({ "a.txt": "one\n" }));
  const log = await desk.ledger.open(`wire${++runs}`);
  await log.append(pieces(log).started as Event);
  const model = { ...(await connectModel(endpointAt(server.url, changes), systemClock)), ceiling: () => 0 };
  const { info } = model;
  await log.append({ ...info, server: info.server ?? "", type: "model.described", window: null, body: null });
  await drive("patch", opening, desk.agent(model, { log }), new AbortController().signal);
  await log.close();
  return { ...desk, run: log.run, requests: server.requests };
}

const connections = (["chat", "responses", "anthropic"] as const).flatMap((wire) =>
  [false, true].map((selfHosted) => ({ wire, selfHosted })),
);

test.each(connections)(
  "over $wire, self-hosted $selfHosted: requests come out with the bytes that were sent, replies are read from those that came",
  async (changes) => {
    const script = inTurn(
      { text: "Lookïng.", calls: [read], reasoning: "hm" },
      { fault: "status", status: 429, body: { error: { message: "slow down" } }, headers: { "retry-after-ms": "0" } },
      { text: "", calls: [{ name: "read", arguments: '{"path": "a.t' }] },
      { calls: [finish] },
    );
    const { ledger, run } = await record(script, changes);
    expect(await replayRun(ledger, run)).toMatchObject({
      divergence: null,
      requests: 4,
      wire: { requests: 4, replies: 4 },
    });
  },
);

test("what a connection learnt from refusals is sent as it was then", async () => {
  const refusal = (body: object) => ({ fault: "status", status: 400, body: { error: body } }) as const;
  const script: Script = ({ index, body }) => {
    if ("stream_options" in body)
      return refusal({ code: "unsupported_parameter", param: "stream_options", message: "no" });
    if (Number(body["max_tokens"]) > 512)
      return refusal({ message: "max_tokens: 1000 > 512, which is the maximum allowed" });
    if (index === 2) return { fault: "status", status: 500, body: { error: "error parsing tool call: raw='{'" } };
    return { calls: [finish] };
  };
  const { ledger, run, requests } = await record(script);
  expect(requests.at(-1)?.body).toMatchObject({ temperature: 0.1, max_tokens: 512 });
  expect(await replayRun(ledger, run)).toMatchObject({ divergence: null, wire: { requests: 2, replies: 2 } });
});

test("a reply that is not on record byte for byte is taken at the record's word", async () => {
  const { ledger, run } = await record(inTurn({ fault: "cut", text: "half" }, { calls: [finish] }));
  expect(await replayRun(ledger, run)).toMatchObject({ divergence: null, wire: { requests: 2, replies: 1 } });
});

test("a request that would be sent with other bytes, and a reply that is read otherwise, are named", async () => {
  const { ledger, run } = await record(inTurn({ calls: [read] }, { calls: [finish] }));
  const altered = (alter: (event: Recorded) => Recorded) =>
    replayRun(
      { ...ledger, read: async (id) => ({ run: id, head: "", events: (await ledger.read(id)).events.map(alter) }) },
      run,
    );
  const other = await altered((event) =>
    event.type === "model.described" ? { ...event, maxOutputTokens: 99 } : event,
  );
  expect(other.divergence).toMatchObject({
    recorded: expect.stringMatching(/^a request of \d+ bytes, SHA-256 [0-9a-f]{64}$/),
    replayed: expect.stringMatching(/^a request of \d+ bytes, SHA-256 [0-9a-f]{64}$/),
  });
  const failed = await altered((event) =>
    event.type === "model.replied" && event.exchange
      ? { ...event, exchange: { ...event.exchange, status: 503 } }
      : event,
  );
  expect(failed.divergence).toMatchObject({
    recorded: "a complete reply",
    replayed: expect.stringMatching(/^model\.failed: overloaded/),
  });
  const usage = await altered((event) =>
    event.type === "model.replied" ? { ...event, usage: { ...event.usage, inputUncached: 1 } } : event,
  );
  expect(usage.divergence).toMatchObject({
    recorded: expect.stringMatching(/^model\.replied turn 1 .*, 1\/0\/0\/10\/0$/),
  });
});
