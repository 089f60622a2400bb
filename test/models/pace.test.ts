import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test, vi } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { connectModel } from "../../src/models/connect.ts";
import { deadlinesFor } from "../../src/models/deadline.ts";
import { expectedTimes, learnPace, type Pace, unknownPace } from "../../src/models/pace.ts";
import { estimateUsage } from "../../src/models/usage.ts";
import { startModelServer } from "../support/model-server.ts";
import { askOnce, endpointAt, failureOf, requestOf } from "./desk.ts";

const second = 1000;
const own = endpointAt("http://127.0.0.1:1/v1", { selfHosted: true });
const known: Pace = { prefill: 200, decode: 20, waits: [5 * second] };
const reply = (read: number, written: number, firstByteMs: number, ms: number, streamed = true) => ({
  usage: estimateUsage(read, written),
  firstByteMs,
  ms,
  streamed,
});

test("a slow server of one's own gets the time that its prompt needs, and no more than a quarter of an hour for the first byte", () => {
  const at = (inputTokens: number) =>
    deadlinesFor(own, { streaming: true, inputTokens, maxOutputTokens: 1_000, pace: known }).firstByteMs;
  expect(at(1_000)).toBe(60 * second);
  expect(at(40_000)).toBe((5 + 400) * second);
  expect(at(200_000)).toBe(900 * second);
});

test("the whole reply gets the time that its longest form needs, within half an hour", () => {
  const at = (maxOutputTokens: number) =>
    deadlinesFor(own, { streaming: true, inputTokens: 1_000, maxOutputTokens, pace: known }).totalMs;
  expect(at(1_000)).toBe((60 + 100) * second);
  expect(at(100_000)).toBe(30 * 60 * second);
});

test("without a stream the first byte may take as long as the whole", () => {
  const { firstByteMs, totalMs } = deadlinesFor(own, {
    streaming: false,
    inputTokens: 1_000,
    maxOutputTokens: 12_000,
    pace: known,
  });
  expect([firstByteMs, totalMs]).toEqual([1_260 * second, 1_260 * second]);
});

test.each<[string, Pace, object]>([
  ["of unknown pace", unknownPace, {}],
  ["of a provider, whose models think before they speak", known, { selfHosted: false }],
])("a server %s gets the usual patience", (_name, pace, changes) => {
  const expected = { streaming: true, inputTokens: 1_000, maxOutputTokens: 100, pace };
  expect(deadlinesFor({ ...own, ...changes }, expected)).toMatchObject({
    firstByteMs: 300 * second,
    totalMs: 1_800 * second,
  });
});

test("what the owner says counts more than what was learnt", () => {
  const slow = { ...own, deadlines: { firstByteMs: 7 } };
  const { firstByteMs } = deadlinesFor(slow, { streaming: true, inputTokens: 1, maxOutputTokens: 1, pace: known });
  expect(firstByteMs).toBe(7);
});

test("the speeds are those of uncached prompts and of long replies, and bad news is believed sooner", () => {
  const first = learnPace(unknownPace, reply(4_000, 100, 2_000, 7_000));
  expect(first).toEqual({ prefill: 2_000, decode: 20, waits: [2_000] });
  expect(learnPace(first, reply(4_000, 100, 4_000, 9_000)).prefill).toBe(1_500);
  expect(learnPace(first, reply(8_000, 100, 1_000, 9_000)).prefill).toBe(2_300);
  expect(learnPace(first, reply(20, 3, 100, 110))).toMatchObject({ prefill: 2_000, decode: 20 });
});

test("a reply without a stream says how fast it was written once the speed of reading is known", () => {
  expect(learnPace(unknownPace, reply(4_000, 100, 12_000, 12_000, false))).toEqual(unknownPace);
  const { decode } = learnPace({ ...unknownPace, prefill: 2_000 }, reply(4_000, 100, 12_000, 12_000, false));
  expect(decode).toBe(10);
});

test("the longest of the last hundred waits is what a request may wait for its turn", () => {
  let pace: Pace = { prefill: 1_000, decode: null, waits: [700 * second] };
  const wait = (given: Pace) => expectedTimes(given, { inputTokens: 0, maxOutputTokens: 1 })?.firstByteMs;
  expect(wait(pace)).toBe(700 * second);
  for (let turn = 0; turn < 100; turn += 1) pace = learnPace(pace, reply(10, 10, 90 * second, 91 * second));
  expect(wait(pace)).toBeLessThan(91 * second);
});

afterEach(() => void vi.restoreAllMocks());

test("a connection asks with the pace of the last probe, and with all patience after a reply that came too late", async () => {
  const server = await startModelServer(({ index }) => (index === 0 ? { fault: "hang" } : { text: "so it is" }));
  const limits: (number | undefined)[] = [];
  const timer = globalThis.setTimeout;
  // A minute passes at once, any other time as it does.
  vi.spyOn(globalThis, "setTimeout").mockImplementation(((act: () => void, ms?: number) => {
    limits.push(ms);
    return timer(act, ms === 60 * second ? 20 : ms);
  }) as typeof setTimeout);
  const model = await connectModel({ ...own, baseUrl: server.url, pace: { ...known, waits: [0] } }, systemClock);
  const ask = () => model.ask({ ...requestOf(), tools: [] }, new AbortController().signal);
  expect((await failureOf(ask())).kind).toBe("timeout_headers");
  expect(limits).toContain(160 * second);
  expect((await ask()).message.text).toBe("so it is");
  expect(limits).toContain(1_800 * second);
  await server.close();
});

test("a server that only says that it is alive is given up after ten minutes, and one that speaks is not", async () => {
  const timer = globalThis.setTimeout;
  // Ten minutes pass in a moment, any other time as it does.
  vi.spyOn(globalThis, "setTimeout").mockImplementation(((act: () => void, ms?: number) =>
    timer(act, ms === 600 * second ? 60 : ms)) as typeof setTimeout);
  const server = createServer((_request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    const drip = setInterval(() => response.write(": still reading\n\n"), 5);
    response.on("close", () => clearInterval(drip));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  const error = await failureOf(askOnce(endpointAt(baseUrl)));
  expect([error.kind, error.message]).toEqual(["timeout_idle", "test sent nothing but signs of life within 600 s"]);
  server.closeAllConnections();
  server.close();
});
