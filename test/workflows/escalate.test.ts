import { expect, test } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { UsageError } from "../../src/errors.ts";
import type { Event } from "../../src/ledger/events.ts";
import type { RunLog } from "../../src/ledger/ledger.ts";
import type { ModelErrorKind } from "../../src/models/model-error.ts";
import type { RunEnd } from "../../src/workflows/workflow.ts";
import { handOver, sessionName, throughTiers } from "../../src/workflows/fix/escalate.ts";
import { tierNow } from "../../src/views/tiers.ts";
import { failure } from "../support/desk.ts";
import { memoryLedger, patchText } from "../support/recorded-fix.ts";

const tier = (model: string) => ({ model, runs: 0, solved: 0, chance: 0.6, cost: null, score: null });
const ordered = (...models: string[]): Event => ({ type: "tiers.ordered", tiers: models.map(tier) });
const end = (outcome: RunEnd["outcome"]): { end: RunEnd } => ({
  end: { outcome, reason: `it was ${outcome}`, hint: "" },
});
const killed = new Error("the process is gone");

/** A run with tiers, and stages that end as they are told, one after the other. */
async function run(models: readonly string[] = ["weak", "middle", "strong"]) {
  const log = await (await memoryLedger()).open("run1");
  await log.append(ordered(...models));
  const tried: (readonly [session: string, model: string | null])[] = [];
  const held = (stage: "reproduce" | "patch", ...ends: (object | Error)[]) =>
    throughTiers<{ readonly made: true }>(desk, stage, async () => {
      tried.push([sessionName({ log }, stage), tierNow(log.events).current]);
      const next = ends.shift() ?? killed;
      if (next instanceof Error) throw next;
      return next as { made: true };
    });
  const waited: number[] = [];
  // Time passes by waiting, in the ledger as well.
  const clock = {
    ...systemClock,
    now: () => Math.max(now(), log.events.at(-1)?.at ?? 0),
    sleep: async (ms: number) => {
      waited.push(ms);
      later += ms;
    },
  };
  let later = 0;
  const now = () => (log.events.at(-1)?.at ?? 0) + later;
  const desk = { log, clock, signal: new AbortController().signal, connect: () => connect() };
  let connect = (): Promise<never> => Promise.resolve({} as never);
  return { log, tried, held, waited, refuse: (error: Error) => (connect = () => Promise.reject(error)) };
}
const lost = async (log: RunLog) =>
  log.append({ type: "model.failed", session: "patch", turn: 1, kind: "unreachable", reason: "", billable: false });
const moves = (log: RunLog) => log.events.flatMap((event) => (event.type === "tier.moved" ? [event] : []));

test("a test that nobody could show goes to the next model, and what comes after stays with that one", async () => {
  const { log, tried, held } = await run();
  expect(await held("reproduce", end("not-reproduced"), { made: true })).toEqual({ made: true });
  expect(await held("patch", end("stuck"), { made: true })).toEqual({ made: true });
  expect(tried).toEqual([
    ["reproduce", null],
    ["reproduce-2", "middle"],
    ["patch", "middle"],
    ["patch-2", "strong"],
  ]);
  expect(moves(log).map(({ stage, from, to }) => [stage, from, to])).toEqual([
    ["reproduce", "weak", "middle"],
    ["patch", "middle", "strong"],
  ]);
});

test("each stage hands over its own words only, at most about 600 tokens", async () => {
  const { log, held } = await run();
  const judged: Event = {
    type: "call.judged",
    session: "reproduce",
    call: "c1",
    tool: "edit",
    effect: "write",
    verdict: "allow",
    rule: "",
    args: log.putJson({}),
    summary: "write test/empty.test.js",
  };
  const done = { session: "reproduce", exitCode: null, output: null, signature: "", message: log.put("{}"), ms: 1 };
  const wrote: Event = { type: "call.finished", ...done, call: "c1", tool: "edit", ok: true };
  const why = `not accepted: the test passes ${"on the base ".repeat(300)}`;
  const refused: Event = { type: "call.finished", ...done, call: "c2", tool: "finish", ok: false, why };
  await log.appendTogether([judged, wrote, refused]);
  await held("reproduce", end("stuck"), { made: true });
  const words = await handOver({ log }, "reproduce");
  expect(words).toContain("It wrote: test/empty.test.js.\nWhat claw said about it: not accepted");
  expect(words.length).toBeLessThan(1800);
  expect(await handOver({ log }, "patch")).toBe("");

  const taken = { from: "a", to: "b", files: 1, added: 1, deleted: 1, summary: "" };
  await log.append({ type: "diff.taken", purpose: "rejected", patch: log.put(patchText), ...taken });
  await held("patch", end("unproven"), { made: true });
  expect(await handOver({ log }, "patch")).toContain("It changed: src/slug.ts 1-3");
  expect(await handOver({ log }, "reproduce")).toBe("");
});

test("a process that was killed between two models, or before the move was written down, goes on where it was", async () => {
  const { log, tried, held } = await run();
  await expect(held("reproduce", end("not-reproduced"), killed)).rejects.toBe(killed);
  await expect(held("reproduce", killed)).rejects.toBe(killed);
  expect(await held("reproduce", end("not-reproduced"), { made: true })).toEqual({ made: true });
  expect(tried.map(([session]) => session)).toEqual([
    "reproduce",
    "reproduce-2",
    "reproduce-2",
    "reproduce-2",
    "reproduce-3",
  ]);
  expect(moves(log)).toHaveLength(2);
});

test.each<[string, object | Error]>([
  ["its budget", end("over-budget")],
  ["a person's stop", end("interrupted")],
  ["a wrong key", failure("auth")],
  ["a bug", killed],
])("%s is no reason for another model", async (_, ended) => {
  const { log, held } = await run();
  const result = await held("patch", ended).catch((error: unknown) => error);
  expect([result, moves(log)]).toEqual([ended, []]);
});

test.each<[ModelErrorKind]>([["context_overflow"], ["tool_parse_server"], ["content_policy"], ["bad_history"]])(
  "%s, which no other try at the same model mends, is one; without another model it ends the run as before",
  async (kind) => {
    const { tried, held } = await run(["weak", "strong"]);
    const error = failure(kind);
    expect(await held("patch", error, { made: true })).toEqual({ made: true });
    await expect(held("patch", error)).rejects.toBe(error);
    expect(tried.map(([, model]) => model)).toEqual([null, "strong", "strong"]);
  },
);

test("a session that outgrew the model's context goes on with the next; one that outgrew its tokens does not", async () => {
  const { log, held } = await run();
  const ended = { type: "session.ended", session: "patch", reason: "over-budget", detail: "" } as const;
  await log.append({ ...ended, limit: "tokens" });
  expect(await held("patch", end("over-budget"))).toEqual(end("over-budget"));
  await log.append({ ...ended, limit: "context" });
  expect(await held("patch", end("over-budget"), { made: true })).toEqual({ made: true });
});

test("without a next model, or where it may not be asked, the first one's end stands", async () => {
  const single = await run(["only"]);
  expect(await single.held("patch", end("unproven"))).toEqual(end("unproven"));
  const refused = await run();
  refused.refuse(new UsageError("local-only", "stay here"));
  expect(await refused.held("reproduce", end("not-reproduced"))).toEqual(end("not-reproduced"));
  expect(moves(refused.log)).toEqual([]);
});

test("a server that gives no answer is tried again for a minute; then the run goes on with the next model, on record", async () => {
  const { log, tried, held, waited } = await run(["weak", "strong"]);
  await lost(log);
  const silent = Array.from({ length: 5 }, () => failure("unreachable"));
  expect(await held("patch", ...silent, { made: true })).toEqual({ made: true });
  expect(waited).toEqual([15_000, 15_000, 15_000, 15_000]);
  expect(tried.map(([session]) => session)).toEqual([...Array.from({ length: 5 }, () => "patch"), "patch-2"]);
  expect(moves(log)).toMatchObject([{ from: "weak", to: "strong", lost: true }]);
});

test("without another model a run whose server is lost pauses at once, to be resumed", async () => {
  const { log, held, waited } = await run(["weak"]);
  await lost(log);
  await expect(held("patch", failure("circuit_open"))).rejects.toThrow("circuit_open");
  expect(waited).toEqual([]);
});
