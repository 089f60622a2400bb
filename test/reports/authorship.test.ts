import { expect, test } from "vitest";
import { z } from "zod";
import { addedLines } from "../../src/reports/added-lines.ts";
import { agentTrace, authorshipNote } from "../../src/reports/authorship.ts";
import type { Event } from "../../src/ledger/events.ts";
import { memoryLedger, patchText, pieces, recordProvenFix } from "../support/recorded-fix.ts";

const proven = async () => {
  const ledger = await memoryLedger();
  await recordProvenFix(ledger, "aaa1");
  return { ...(await ledger.read("aaa1")), patch: patchText };
};

/** As the specification has it: nothing else is allowed. */
const contributor = z.strictObject({
  type: z.enum(["human", "ai", "mixed", "unknown"]),
  model_id: z.string().max(250).optional(),
});
const range = z.strictObject({ start_line: z.int().min(1), end_line: z.int().min(1) });
const TraceRecord = z.strictObject({
  version: z.string().regex(/^[0-9]+\.[0-9]+$/),
  id: z.uuid(),
  timestamp: z.iso.datetime(),
  vcs: z.strictObject({ type: z.literal("git"), revision: z.string() }).optional(),
  tool: z.strictObject({ name: z.string(), version: z.string() }),
  files: z.array(
    z.strictObject({
      path: z.string(),
      conversations: z.array(z.strictObject({ contributor, ranges: z.array(range) })),
    }),
  ),
  metadata: z.record(z.string(), z.unknown()),
});

test("lines that a patch adds are counted as they are numbered afterwards", () => {
  expect(addedLines(patchText)).toEqual([
    { path: "src/slug.ts", ranges: [{ start: 2, end: 3 }] },
    { path: "test/slug.test.ts", ranges: [{ start: 1, end: 1 }] },
  ]);
  const hunks = "@@ -1,4 +1,4 @@\n+a\n b\n-c\n+c\n d\n@@ -20,2 +20,3 @@ x\n y\n+z\n\\ No newline at end of file\n";
  expect(addedLines(`diff --git a/x y.ts b/x y.ts\n--- a/x y.ts\t\n+++ b/x y.ts\t\n${hunks}`)).toEqual([
    {
      path: "x y.ts",
      ranges: [
        { start: 1, end: 1 },
        { start: 3, end: 3 },
        { start: 21, end: 21 },
      ],
    },
  ]);
  expect(addedLines("diff --git a/x b/x\n--- a/x\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n")).toEqual([]);
});

test("an Agent Trace record names the model behind each line", async () => {
  const record = await proven();
  const trace = TraceRecord.parse(agentTrace(record));
  expect(trace).toMatchObject({
    version: "0.1",
    vcs: { type: "git", revision: "e".repeat(40) },
    tool: { name: "claw", version: "0.1.0" },
    metadata: { "claw.run": "aaa1", "claw.record": `sha256:${record.head}`, "claw.outcome": "proven" },
  });
  expect(trace.files[0]).toEqual({
    path: "src/slug.ts",
    conversations: [
      { contributor: { type: "ai", model_id: "scripted/recorded" }, ranges: [{ start_line: 2, end_line: 3 }] },
    ],
  });
  expect(agentTrace(record)).toEqual(agentTrace(record));
});

test("what the search engine wrote is no model's", async () => {
  const log = await (await memoryLedger()).open("bbb2");
  const found: Event = {
    type: "search.found",
    path: "a",
    line: 1,
    operator: "o",
    suspicious: true,
    rank: 1,
    tried: 1,
    heldOut: 0,
    failing: 1,
  };
  for (const event of [pieces(log).started, found]) await log.append(event);
  const authored = { run: "bbb2", events: log.events, head: log.head, patch: patchText };
  const trace = TraceRecord.parse(agentTrace(authored));
  expect(trace.files[0]?.conversations[0]?.contributor).toEqual({ type: "unknown" });
  expect(trace).not.toHaveProperty("vcs");
  expect(authorshipNote(authored)).toContain('"model": "search"');
});

test("a note lists lines by file, and below them who is behind it", async () => {
  const record = await proven();
  const spaced = patchText.replaceAll("test/slug.test.ts", "test/a slug.ts");
  const id = record.head.slice(0, 16);
  const [lines = "", json = ""] = authorshipNote({ ...record, patch: spaced }).split("\n---\n");
  expect(lines).toBe(`src/slug.ts\n  ${id} 2-3\n"test/a slug.ts"\n  ${id} 1`);
  expect(JSON.parse(json)).toEqual({
    schema_version: "authorship/3.0.0",
    base_commit_sha: "e".repeat(40),
    prompts: {
      [id]: {
        agent_id: { tool: "claw", id: "aaa1", model: "scripted/recorded" },
        human_author: null,
        messages: [],
        total_additions: 3,
        total_deletions: 1,
        accepted_lines: 3,
        overriden_lines: 0,
      },
    },
  });
});
