import { hash } from "node:crypto";
import { expect, onTestFinished, test } from "vitest";
import { drive } from "../../src/agent/loop.ts";
import { systemClock } from "../../src/clock.ts";
import { openLedger } from "../../src/ledger/ledger.ts";
import { connectModel } from "../../src/models/connect.ts";
import { scrubber } from "../../src/policy/secrets.ts";
import { openSqlite } from "../../src/store/sqlite.ts";
import { ofType } from "../../src/views/run.ts";
import { endpointAt, key } from "../models/desk.ts";
import { desks } from "../support/desk.ts";
import { inTurn, type Script, startModelServer } from "../support/model-server.ts";

const open = desks();
const opening = { kind: "patch", prompt: "0".repeat(64), system: "You mend code.", task: "Mend it." };
const finish = { name: "finish", arguments: { outcome: "done", summary: "Done.", test_commands: [] } };

/** A session with a real server and a ledger that takes secrets out; gives back what is on record of its attempts. */
async function hold(script: Script) {
  const server = await startModelServer(script);
  onTestFinished(server.close);
  const desk = await open();
  const ledger = openLedger({ store: await openSqlite(":memory:"), clock: systemClock, scrub: scrubber([]) });
  const log = await ledger.open("run1");
  const model = await connectModel(endpointAt(server.url), systemClock);
  const known = { ...model, ceiling: () => 0 };
  await drive("patch", opening, desk.agent(known, { log, clock: systemClock }), new AbortController().signal);
  const { events } = await ledger.read("run1");
  const exchanges = events.flatMap((event) =>
    event.type === "model.failed" || event.type === "model.replied" ? [event.exchange] : [],
  );
  return { server, ledger, events, exchanges };
}

test("each attempt leaves the hash of the bytes it sent, and the reply as it came", async () => {
  const headers = { "retry-after-ms": "0", "x-ratelimit-remaining-requests": "0", "set-cookie": "session=1" };
  const { server, ledger, events, exchanges } = await hold(
    inTurn(
      { fault: "status", status: 429, body: { error: { message: "slow down" } }, headers },
      { text: "Hello.", calls: [finish] },
    ),
  );
  const sent = server.requests.map(({ raw }) => ({ sha: hash("sha256", raw), bytes: Buffer.byteLength(raw) }));
  expect(exchanges).toMatchObject([
    {
      attempt: 1,
      path: "/chat/completions",
      streamed: true,
      leftOut: [],
      request: sent[0],
      status: 429,
      headers: {
        "content-type": "application/json",
        "retry-after-ms": "0",
        "x-ratelimit-remaining-requests": "0",
      },
    },
    { attempt: 2, request: sent[1], status: 200, headers: { "x-request-id": "req-1" } },
  ]);
  expect(JSON.stringify(exchanges)).not.toContain("cookie");
  for (const exchange of exchanges) {
    const { sha, body, bytes } = exchange?.response ?? {};
    const text = await ledger.text(body ?? "");
    expect({ sha, bytes }).toEqual({ sha: hash("sha256", text), bytes: Buffer.byteLength(text) });
  }
  const [, second] = exchanges;
  expect(await ledger.text(second?.response?.body ?? "")).toMatch(/^data: \{"id".*\n\ndata: \[DONE\]\n\n$/s);
  expect(ofType(events, "model.waited")).toHaveLength(1);
});

test("a reply that holds a secret, or the key, is on record by its hash alone", async () => {
  const secret = `ghp_${"a1B2c3D4e5".repeat(4)}`;
  const replies = [{ text: `The token is ${secret}.` }, { text: `The key is ${key}.` }, { calls: [finish] }];
  const { server, exchanges } = await hold(({ index }) => replies[Math.min(index, 2)] ?? { text: "" });
  expect(server.requests).toHaveLength(3);
  expect(exchanges.map((exchange) => typeof exchange?.response?.body)).toEqual(["undefined", "undefined", "string"]);
  expect(exchanges.every((exchange) => /^[0-9a-f]{64}$/.test(exchange?.response?.sha ?? ""))).toBe(true);
});

test("what a broken stream said is not kept, only what it weighed", async () => {
  const { exchanges } = await hold(inTurn({ fault: "cut", text: "half a secr" }, { calls: [finish] }));
  expect(exchanges[0]).toMatchObject({ status: 200, response: { bytes: 67 } });
  expect(exchanges[0]?.response).not.toHaveProperty("body");
});

test("a reply of another model is not acted upon: it is on record as a failure that was billed", async () => {
  const server = await startModelServer(() => ({ calls: [finish], model: "another-model" }));
  onTestFinished(server.close);
  const desk = await open();
  const model = await connectModel(endpointAt(server.url), systemClock);
  const agent = desk.agent({ ...model, ceiling: () => 0 });
  await expect(drive("patch", opening, agent, new AbortController().signal)).rejects.toMatchObject({
    kind: "wrong_model",
    outcome: "model-unavailable",
  });
  expect(desk.log.events.map(({ type }) => type).slice(3)).toEqual(["model.requested", "model.failed"]);
  expect(desk.log.events.at(-1)).toMatchObject({ billable: true, exchange: { status: 200 } });
});
