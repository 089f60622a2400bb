import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { otelTraces } from "../../src/reports/otel.ts";
import type { Event } from "../../src/ledger/events.ts";
import { failed, finished, judged, recorded, replied, requested } from "../support/facts.ts";
import { memoryLedger, pieces } from "../support/recorded-fix.ts";

interface Span {
  readonly name: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly status: { readonly code: number; readonly message?: string };
  readonly attributes: readonly { readonly key: string; readonly value: unknown }[];
}

/** The spans of a run of these facts after its start. */
async function spansOf(facts: readonly Event[]): Promise<readonly Span[]> {
  const log = await (await memoryLedger()).open("r1");
  const events = recorded([pieces(log).started, ...facts]);
  const hashes = events.map(({ seq }) => String(seq).padEnd(64, "a"));
  const { resourceSpans } = otelTraces({ run: "r1", events, hashes }) as {
    resourceSpans: [{ scopeSpans: [{ spans: Span[] }] }];
  };
  return resourceSpans[0].scopeSpans[0].spans;
}

const sha = "0".repeat(64);
const started: Event = { type: "session.started", session: "patch", kind: "patch", prompt: sha, tools: sha };
const attributes = (span: Span | undefined) =>
  Object.fromEntries((span?.attributes ?? []).map(({ key, value }) => [key, value]));

test("a run is a tree of spans: stages, sessions in them, requests and calls in those", async () => {
  const spans = await spansOf([
    { type: "stage.started", stage: "patch" },
    started,
    requested(5),
    replied(["c1"]),
    judged("c1"),
    finished("c1"),
    { type: "session.ended", session: "patch", reason: "finished", detail: "done" },
    { type: "stage.finished", stage: "patch", output: {} },
    { type: "run.ended", outcome: "proven", reason: "", hint: "" },
  ]);
  const names = new Map(spans.map(({ spanId, name }) => [spanId, name]));
  expect(spans.map(({ name, kind, parentSpanId }) => [name, kind, names.get(parentSpanId ?? "")])).toEqual([
    ["invoke_workflow fix", 1, undefined],
    ["stage patch", 1, "invoke_workflow fix"],
    ["invoke_agent patch", 1, "stage patch"],
    ["chat session.json", 3, "invoke_agent patch"],
    ["execute_tool bash", 1, "invoke_agent patch"],
  ]);
  expect(spans.every(({ status }) => status.code === 0)).toBe(true);
  expect([spans[3]?.startTimeUnixNano, spans[3]?.endTimeUnixNano]).toEqual(["4000000000", "5000000000"]);
  expect(new Set(spans.map(({ spanId }) => spanId)).size).toBe(5);
});

test("a request carries the names of the GenAI conventions, each with one type", async () => {
  const spans = await spansOf([started, requested(5), replied(["c1"]), judged("c1"), finished("c1")]);
  expect(attributes(spans.find(({ name }) => name.startsWith("chat")))).toEqual({
    "gen_ai.operation.name": { stringValue: "chat" },
    "gen_ai.provider.name": { stringValue: "scripted" },
    "gen_ai.request.model": { stringValue: "session.json" },
    "gen_ai.response.model": { stringValue: "m" },
    "gen_ai.response.finish_reasons": { arrayValue: { values: [{ stringValue: "tool_calls" }] } },
    "gen_ai.response.time_to_first_chunk": { doubleValue: 0.001 },
    "gen_ai.usage.input_tokens": { intValue: "100" },
    "gen_ai.usage.output_tokens": { intValue: "20" },
    "gen_ai.usage.cache_read.input_tokens": { intValue: "10" },
    "gen_ai.usage.cache_creation.input_tokens": { intValue: "0" },
    "gen_ai.usage.reasoning.output_tokens": { intValue: "5" },
    "claw.turn": { intValue: "1" },
    "claw.cost.usd": { doubleValue: 5e-9 },
  });
  expect(attributes(spans.find(({ name }) => name.startsWith("execute_tool")))).toEqual({
    "gen_ai.operation.name": { stringValue: "execute_tool" },
    "gen_ai.tool.name": { stringValue: "bash" },
    "gen_ai.tool.type": { stringValue: "function" },
    "gen_ai.tool.call.id": { stringValue: "c1" },
    "claw.verdict": { stringValue: "allow" },
    "claw.rule": { stringValue: "role" },
    "claw.exit_code": { intValue: "0" },
  });
});

test("a session names the model that it moved on to, with its server, by names that the conventions have", async () => {
  const described = { type: "model.described", endpoint: "gpu", model: "large", window: null, body: null } as const;
  const spans = await spansOf([
    { ...described, wire: "chat", server: "gpu-1:8000", selfHosted: true, maxOutputTokens: 8000 },
    started,
    requested(5),
    replied(),
  ]);
  const chat = spans.find(({ name }) => name === "chat large");
  expect(attributes(chat)).toMatchObject({
    "gen_ai.provider.name": { stringValue: "gpu" },
    "gen_ai.request.model": { stringValue: "large" },
    "gen_ai.request.max_tokens": { intValue: "8000" },
    "server.address": { stringValue: "gpu-1" },
    "server.port": { intValue: "8000" },
  });
  const { names } = JSON.parse(readFileSync(new URL("../schemas/otel-genai-names.json", import.meta.url), "utf8")) as {
    names: readonly string[];
  };
  const used = spans.flatMap((span) => Object.keys(attributes(span))).filter((key) => key.startsWith("gen_ai."));
  expect(used.filter((name) => !names.includes(name))).toEqual([]);
  expect(used.length).toBeGreaterThan(10);
});

test("what went wrong, or was never answered, is an error", async () => {
  const spans = await spansOf([
    started,
    requested(5),
    failed(false),
    requested(5),
    replied(["c1", "c2"]),
    judged("c1"),
    finished("c1", { ok: false }),
    judged("c2"),
    requested(5),
    { type: "session.ended", session: "patch", reason: "stuck", detail: "" },
    { type: "run.ended", outcome: "stuck", reason: "", hint: "" },
  ]);
  expect(spans.map(({ name, status }) => [name.split(" ")[0], status.message])).toEqual([
    ["invoke_workflow", "stuck"],
    ["invoke_agent", "stuck"],
    ["chat", "server"],
    ["chat", undefined],
    ["chat", "interrupted"],
    ["execute_tool", "tool_failed"],
    ["execute_tool", "interrupted"],
  ]);
});

test("the newest decision of a person is the one that a run carries", async () => {
  const spans = await spansOf([
    { type: "approval.given", diff: sha, expires: 9, by: "ada" },
    { type: "approval.refused", diff: sha, reason: "no", by: "bob" },
  ]);
  expect(attributes(spans[0])["claw.approval.state"]).toEqual({ stringValue: "refused" });
});

test("a run carries what is left of its money, who pays, and how often a command was kept from a host", async () => {
  const reached = {
    type: "egress.judged",
    purpose: "bash",
    host: "a.example",
    port: 443,
    rule: "",
    address: null,
  } as const;
  const spans = await spansOf([
    { ...reached, verdict: "deny" },
    { ...reached, verdict: "allow" },
  ]);
  expect(attributes(spans[0])).toMatchObject({
    "claw.egress.blocked": { intValue: "1" },
    "claw.cost.payer": { stringValue: "ada" },
    "claw.budget.remaining_usd": { doubleValue: 2 },
  });
});

test("the tests that a run counts are those with the change, not the last look without it", async () => {
  const { suite } = pieces(await (await memoryLedger()).open("r1"));
  const spans = await spansOf([
    suite("suite-on-head", "head", "green", 0, []),
    suite("green-on-head", "head", "red", 1, []),
    suite("red-reverted", "red", "red", 2, []),
  ]);
  expect(attributes(spans[0])["claw.tests.failed"]).toEqual({ intValue: "0" });
});

test("a run that has no beginning has no spans", () => {
  expect(otelTraces({ run: "r1", events: [], hashes: [] })).toMatchObject({
    resourceSpans: [{ scopeSpans: [{ spans: [] }] }],
  });
});
