import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { Result, resultOf, resultSchema } from "../../src/reports/result.ts";
import type { Recorded } from "../../src/ledger/events.ts";
import { label, memoryLedger, pieces, recordProvenFix } from "../support/recorded-fix.ts";

test("the result of a proven fix holds everything a script may ask for", async () => {
  const ledger = await memoryLedger();
  await recordProvenFix(ledger, "r1", "/home/ada/slug");
  const { events, head } = await ledger.read("r1");
  const result = Result.parse(resultOf({ run: "r1", events, head, active: false }));
  expect(result).toMatchObject({
    version: 1,
    status: "ended",
    outcome: "proven",
    exitCode: 0,
    resumable: false,
    task: { title: "Umlauts are lost", source: "ISSUE.md" },
    repository: "/home/ada/slug",
    branch: "claw/umlauts-are-lost-r1",
    commit: "e".repeat(40),
    model: { label, served: ["recorded"] },
    spend: { turns: 1, inputTokens: 1500, cachedTokens: 500, outputTokens: 100, usd: 0.0123 },
    diff: { files: 4, added: 6, deleted: 2 },
    record: head,
  });
  expect(result.stages.map(({ name, finished }) => [name, finished])).toEqual(
    ["intake", "workspace", "baseline", "reproduce", "patch", "prove", "gates", "publish"].map((name) => [name, true]),
  );
  expect(result.evidence).toHaveLength(9);
  expect(result.gates).toContainEqual({ gate: "tamper", verdict: "pass", reasons: [] });
});

test("a run without an end is running while somebody writes it, and interrupted when its process is gone", async () => {
  const events = await startedOnly();
  expect(resultOf({ run: "r1", events, head: "", active: true })).toMatchObject({
    status: "running",
    outcome: null,
    exitCode: null,
    resumable: false,
  });
  expect(resultOf({ run: "r1", events, head: "", active: false })).toMatchObject({
    status: "interrupted",
    outcome: "interrupted",
    exitCode: 130,
    resumable: true,
    hint: "claw resume r1",
  });
});

test("a cost of which a part has no known price is null, never a number", async () => {
  const ledger = await memoryLedger();
  const log = await ledger.open("r1");
  const { started, replied } = pieces(log);
  for (const event of [started, replied("patch", 1, "a"), replied("patch", 2, "b", null)]) await log.append(event);
  expect(resultOf({ run: "r1", events: log.events, head: "", active: true }).spend.usd).toBeNull();
});

test("the published schema is the one results are made by", () => {
  expect(JSON.parse(readFileSync("schema/result.schema.json", "utf8"))).toEqual(resultSchema());
});

async function startedOnly(): Promise<readonly Recorded[]> {
  const ledger = await memoryLedger();
  const log = await ledger.open("r1");
  const { started, intake } = pieces(log);
  for (const event of [started, ...intake]) await log.append(event);
  return log.events;
}
