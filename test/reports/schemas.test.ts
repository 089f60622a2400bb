import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { z } from "zod";
import { type } from "../support/cli-desk.ts";
import { ledgerFile } from "../support/ledger-file.ts";
import { recordProvenFix } from "../support/recorded-fix.ts";

type JsonSchema = Parameters<typeof z.fromJSONSchema>[0];

/** A schema of somebody else's format, as data: test/schemas says of each where it is from. */
const schema = (name: string) =>
  z.fromJSONSchema(JSON.parse(readFileSync(new URL(`../schemas/${name}.json`, import.meta.url), "utf8")) as JsonSchema);

async function exported(format: string): Promise<string> {
  const { ledger } = await ledgerFile();
  await recordProvenFix(ledger, "aaa1");
  return (await type(["audit", "export", "--format", format], { ledger })).out.trimEnd();
}

test.each([
  ["otel", "otlp-traces"],
  ["agent-trace", "agent-trace"],
])("an export as %s is what its schema says", async (format, name) => {
  const value: unknown = JSON.parse(await exported(format));
  expect(schema(name).safeParse(value).error?.issues ?? []).toEqual([]);
});

test("statements are in-toto statements: red on the base, green on the head, and the change", async () => {
  const statements = (await exported("jsonl")).split("\n").flatMap((line) => {
    const one = JSON.parse(line) as { type: string; statement: { predicateType: string; predicate: unknown } };
    return one.type === "statement" ? [one.statement] : [];
  });
  const [statement, result] = [schema("in-toto-statement"), schema("in-toto-test-result")];
  expect(statements.flatMap((one) => statement.safeParse(one).error?.issues ?? [])).toEqual([]);
  const results = statements.filter(({ predicateType }) => predicateType.includes("/test-result/"));
  expect(results).toHaveLength(2);
  expect(results.flatMap(({ predicate }) => result.safeParse(predicate).error?.issues ?? [])).toEqual([]);
});

test.each([
  ["otlp-traces", { resourceSpans: [{ resource: { attributes: [] }, scopeSpans: [{ scope: {}, spans: [] }] }] }],
  ["agent-trace", { version: "0.1.0", id: "x", timestamp: "now", files: [] }],
  ["in-toto-statement", { _type: "https://in-toto.io/Statement/v0.1", subject: [], predicateType: "x" }],
  ["in-toto-test-result", { result: "GREEN", configuration: [] }],
])("the schema of %s refuses what is none", (name, value) => {
  expect(schema(name).safeParse(value).success).toBe(false);
});
