import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { z } from "zod";
import { linesSchema } from "../../src/reports/lines.ts";
import { type } from "../support/cli-desk.ts";
import { ledgerFile } from "../support/ledger-file.ts";
import { recordProvenFix } from "../support/recorded-fix.ts";

const published: unknown = JSON.parse(readFileSync("schema/lines.schema.json", "utf8"));
const line = z.fromJSONSchema(published as Parameters<typeof z.fromJSONSchema>[0]);
const results = z.fromJSONSchema(
  JSON.parse(readFileSync("schema/result.schema.json", "utf8")) as Parameters<typeof z.fromJSONSchema>[0],
);

const faultsIn = (text: string, schema = line): readonly unknown[] =>
  text
    .trimEnd()
    .split("\n")
    .flatMap((each) => schema.safeParse(JSON.parse(each)).error?.issues ?? []);

test.each<[string, string[]]>([
  ["log", ["event"]],
  ["show --follow", ["event", "result"]],
  ["why", ["why"]],
  ["tree", ["tree"]],
  ["cost", ["cost"]],
  ["audit verify --no-repository", ["audit"]],
  ["audit size", ["size"]],
  ["audit egress", ["egress"]],
])("what claw %s --json prints is what the published schema says", async (typed, types) => {
  const { ledger } = await ledgerFile();
  for (const run of ["aaa2", "aaa1"]) await recordProvenFix(ledger, run);
  const { out } = await type([...typed.split(" "), "--json"], { ledger });
  expect(faultsIn(out)).toEqual([]);
  const seen = out
    .trimEnd()
    .split("\n")
    .map((each) => (JSON.parse(each) as { type: string }).type);
  expect([...new Set(seen)]).toEqual(types);
});

test("runs and one run are results", async () => {
  const { ledger } = await ledgerFile();
  await recordProvenFix(ledger, "aaa1");
  for (const typed of [["runs"], ["show"]]) {
    const { out } = await type([...typed, "--json"], { ledger });
    expect(faultsIn(out, results)).toEqual([]);
  }
});

test("the schema refuses what is no line of claw's, and is the one in the package", () => {
  expect(published, "run: npm run build").toEqual(linesSchema());
  for (const wrong of [{}, { type: "cost" }, { type: "event", run: "a", event: { type: "run.flown", seq: 0, at: 0 } }])
    expect(line.safeParse(wrong).success).toBe(false);
});
