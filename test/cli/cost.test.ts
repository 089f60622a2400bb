import { expect, test } from "vitest";
import { type } from "../support/cli-desk.ts";
import { memoryLedger, recordProvenFix } from "../support/recorded-fix.ts";

test("claw cost tells what runs cost and what a proven fix costs, for people and for scripts", async () => {
  const ledger = await memoryLedger();
  await recordProvenFix(ledger, "aaa1");
  await recordProvenFix(ledger, "aaa2");

  const { out, code } = await type(["cost", "--days", "3650", "--by", "repository"], { ledger });
  expect(code).toBe(0);
  expect(out).toMatch(/^last 3650 days: \$\S+ in 2 runs; 2 of 2 fixes proven, \$\S+ for each, failed ones included\n/);
  expect(out).toContain("day budget: $0.00 spent, no limit");
  expect(out).toMatch(/\nrepository +runs +cost +tokens read +written\n\S+ +2 +\$/);

  const json = await type(["cost", "--days", "3650", "--json"], { ledger });
  const found = JSON.parse(json.out) as { total: { nano: number }; day: { nano: number }[]; outcome: unknown[] };
  expect(found.total.nano).toBe(found.day.reduce((sum, { nano }) => sum + nano, 0));
  expect(found.outcome).toMatchObject([{ name: "proven", runs: 2 }]);
});
