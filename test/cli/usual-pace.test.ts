import { expect, test } from "vitest";
import { usualPace } from "../../src/cli/usual-pace.ts";
import { memoryLedger, pieces, recordProvenFix } from "../support/recorded-fix.ts";

test("what is usual is the median of what worked in this repository, and nothing with a single run", async () => {
  const ledger = await memoryLedger();
  await recordProvenFix(ledger, "aaa1", "/here");
  expect(await usualPace(ledger, { workflow: "fix", repository: "/here" })).toEqual({ stages: {}, whole: null });
  await recordProvenFix(ledger, "aaa2", "/here");
  await recordProvenFix(ledger, "aaa3", "/elsewhere");
  const failed = await ledger.open("aaa4");
  for (const event of [pieces(failed, "/here").started, ...pieces(failed).intake]) await failed.append(event);
  await failed.close();
  const { stages, whole } = await usualPace(ledger, { workflow: "fix", repository: "/here" });
  expect(stages).toMatchObject({ intake: 1000, baseline: 2000, reproduce: 6000, prove: 3000 });
  expect(whole).toBe(22_000);
  expect(await usualPace(ledger, { workflow: "triage", repository: "/here" })).toEqual({ stages: {}, whole: null });
});
