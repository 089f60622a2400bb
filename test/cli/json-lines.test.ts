import { readFileSync } from "node:fs";
import type { Command } from "commander";
import { expect, test } from "vitest";
import { z } from "zod";
import { linesOf, linesSchema } from "../../src/cli/lines/all.ts";
import { program } from "../../src/cli/program.ts";
import { type, typingDesk } from "../support/cli-desk.ts";
import { ledgerFile } from "../support/ledger-file.ts";
import { refuseStrangeLines } from "../support/published-lines.ts";
import { recordProvenFix } from "../support/recorded-fix.ts";

const published: unknown = JSON.parse(readFileSync("schema/lines.schema.json", "utf8"));
const line = z.fromJSONSchema(published as Parameters<typeof z.fromJSONSchema>[0]);
const results = z.fromJSONSchema(
  JSON.parse(readFileSync("schema/result.schema.json", "utf8")) as Parameters<typeof z.fromJSONSchema>[0],
);

const withJson = (command: Command, path: readonly string[]): readonly string[] => [
  ...(command.options.some(({ long }) => long === "--json") ? [path.join(" ")] : []),
  ...command.commands.flatMap((child) => withJson(child, [...path, child.name()])),
];

test("every command that has --json has its lines published, and no other", async () => {
  const root = await program([], typingDesk(), { version: "0.0.0", done: () => {}, all: true });
  expect(Object.keys(linesOf).toSorted()).toEqual(withJson(root, []).toSorted());
  expect(published, "run: npm run build").toEqual(linesSchema());
});

// Whatever any test types with --json is held against the schemas of its command, to the last key: test/support/cli-desk.ts.
test("a line with a key that nobody published, or of another command, is refused", () => {
  const pruned = { type: "prune", version: 1, pruned: 2 };
  const print = (words: string, value: object) => () =>
    refuseStrangeLines([...words.split(" "), "--json"], `${JSON.stringify(value)}\n`);
  expect(print("dlq prune", pruned)).not.toThrow();
  expect(print("dlq prune", { ...pruned, also: 1 })).toThrow(/Unrecognized key: "also"/);
  expect(print("dlq drop", pruned)).toThrow("src/cli/lines");
});

test.each<[string, string[]]>([
  ["log", ["event"]],
  ["show --follow", ["event", "result"]],
  ["tree", ["tree"]],
])("what claw %s --json prints is what the schema in the package says", async (typed, types) => {
  const { ledger } = await ledgerFile();
  for (const run of ["aaa2", "aaa1"]) await recordProvenFix(ledger, run);
  const { out } = await type([...typed.split(" "), "--json"], { ledger });
  const lines = out
    .trimEnd()
    .split("\n")
    .map((each) => JSON.parse(each) as { type: string });
  expect(lines.flatMap((each) => line.safeParse(each).error?.issues ?? [])).toEqual([]);
  expect([...new Set(lines.map((each) => each.type))]).toEqual(types);
});

test("runs and one run are results", async () => {
  const { ledger } = await ledgerFile();
  await recordProvenFix(ledger, "aaa1");
  for (const typed of ["runs", "show"]) {
    const { out } = await type([typed, "--json"], { ledger });
    expect(results.safeParse(JSON.parse(out)).error?.issues ?? []).toEqual([]);
  }
});

test("the schema refuses what is no line of claw's", () => {
  for (const wrong of [{}, { type: "cost" }, { type: "event", run: "a", event: { type: "run.flown", seq: 0, at: 0 } }])
    expect(line.safeParse(wrong).success).toBe(false);
});
