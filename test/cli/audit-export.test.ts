import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Ledger } from "../../src/ledger/ledger.ts";
import type { ExportLine } from "../../src/ledger/export.ts";
import { type } from "../support/cli-desk.ts";
import { ledgerFile, recordRun } from "../support/ledger-file.ts";
import { recordProvenFix } from "../support/recorded-fix.ts";
import { temporaryDirectory } from "../support/temporary.ts";

/** A fix between other runs, exported to a file. */
async function exported() {
  const { ledger } = await ledgerFile();
  for (const run of ["run0", "run1"]) await recordRun(ledger, run, 2);
  await recordProvenFix(ledger, "aaa1");
  await recordRun(ledger, "run2", 2);
  const again = await ledger.open("aaa1");
  await again.append({ type: "run.resumed", host: "here" });
  await again.close();
  await recordRun(ledger, "run3", 2);
  const file = join(temporaryDirectory(), "aaa1.jsonl");
  const typed = await type(["audit", "export", "aaa1", "--output", file], { ledger });
  const lines = readFileSync(file, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as ExportLine);
  /** Checks a changed copy, far from any ledger. */
  const check = (changed: readonly unknown[], ...more: string[]) => {
    writeFileSync(file, changed.map((line) => (typeof line === "string" ? line : JSON.stringify(line))).join("\n"));
    return type(["audit", "verify", "--file", file, ...more]);
  };
  return { ledger, file, typed, lines, check };
}

test("an exported run is checked and answers without a ledger", async () => {
  const { ledger, file, typed } = await exported();
  expect(typed).toEqual({
    code: 0,
    out: "",
    err: `written: ${file}\n  check it with: claw audit verify --file ${file}\n`,
  });
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(await type(["audit", "verify", "--file", file])).toMatchObject({
    code: 0,
    err: expect.stringContaining("one that somebody worked out anew would hold, too"),
    out: expect.stringMatching(
      /^✓ as it was written: 1 run, 36 events, \d+ bodies, 4 anchors, 0 heads from outside\n$/,
    ),
  });
  const here = await type(["audit", "answer", "aaa1"], { ledger });
  expect(await type(["audit", "answer", "--file", file])).toEqual(here);
});

test("the file holds events as they are stored, the anchors between them, all bodies, and statements", async () => {
  const { ledger, lines } = await exported();
  const of = (kind: ExportLine["type"]) => lines.filter(({ type: one }) => one === kind);
  expect(lines[0]).toEqual({ type: "export", version: 1, run: "aaa1", claw: "0.0.0" });
  expect(of("event")).toHaveLength((await ledger.read("aaa1")).events.length);
  expect(of("anchor").map((line) => (line.type === "anchor" ? [line.seq, line.run] : []))).toEqual([
    [1, "run1"],
    [2, "aaa1"],
    [3, "run2"],
    [4, "aaa1"],
  ]);
  expect(of("statement").map((line) => (line.type === "statement" ? line.statement : null))).toMatchObject([
    {
      _type: "https://in-toto.io/Statement/v1",
      subject: [{ name: "base", digest: { gitCommit: "d".repeat(40) } }],
      predicateType: "https://in-toto.io/attestation/test-result/v0.1",
      predicate: { result: "FAILED" },
    },
    {
      subject: [{ name: "head", digest: { gitCommit: "e".repeat(40) } }],
      predicateType: "https://in-toto.io/attestation/test-result/v0.1",
      predicate: { result: "PASSED" },
    },
    { predicateType: "urn:claw:agent-change:v0.1", predicate: { outcome: null, proof: { holds: true } } },
  ]);
});

test.each([
  ["export", "--output"],
  ["verify", "--file"],
])("a path below a file is refused by %s in two lines", async (...args) => {
  const { ledger, file } = await exported();
  const { code, err } = await type(["audit", ...args, join(file, "x.jsonl")], { ledger });
  expect([code, err]).toEqual([
    2,
    expect.stringMatching(/^claw: .*x\.jsonl cannot be (written|read)\n {2}name a file .*\n$/),
  ]);
});

test("what a stranger wrote into a file does not reach the terminal as it is, in errors either", async () => {
  const { lines, check } = await exported();
  const { err } = await check(lines.map((line) => (line.type === "event" ? { ...line, run: "\u001b[2Jaaa2" } : line)));
  expect(err).toMatch(/^claw: line 2 of the export is of run aaa2\n/);
});

test("standard output gets the same lines", async () => {
  const { ledger, file } = await exported();
  expect((await type(["audit", "export", "aaa1"], { ledger })).out).toBe(readFileSync(file, "utf8"));
});

type Change = (lines: readonly ExportLine[]) => readonly unknown[];
const without =
  (unwanted: (line: ExportLine) => boolean): Change =>
  (lines) =>
    lines.filter((line) => !unwanted(line));
const event = (seq: number) => (line: ExportLine) => line.type === "event" && line.seq === seq;
const replaced =
  (kind: ExportLine["type"], before: string, after: string): Change =>
  (lines) =>
    lines.map((line) => (line.type === kind ? JSON.stringify(line).replace(before, after) : line));

test.each<[string, Change, string]>([
  ["a changed byte", replaced("event", `ada\\"`, `eve\\"`), "run aaa1: event 0 does not match its hash"],
  ["a deleted event", without(event(7)), "run aaa1: event 7 is missing: event 8 follows event 6"],
  ["a cut tail", without(event(35)), "run aaa1: event 35 is anchored, and no longer there as it was"],
  ["no events", without(({ type: kind }) => kind === "event"), "run aaa1: none of its events are there"],
  ["a changed anchor", replaced("anchor", '"at":1', '"at":2'), "run aaa1: anchor 2 does not match its hash"],
  [
    "a deleted body",
    without(({ type: kind }) => kind === "body"),
    /run aaa1: body [0-9a-f]{12}, which event 0 names, is missing/.source,
  ],
  ["an exchanged body", replaced("body", '"data":"', '"data":"AAAA'), "is not what its name, its hash, says"],
  [
    "a changed statement",
    replaced("statement", "PASSED", "WARNED"),
    "run aaa1: statement 2 does not follow from its events",
  ],
  ["a deleted statement", (lines) => lines.slice(0, -1), "run aaa1: statement 3 is missing"],
  ["another run's event", replaced("event", '"run":"aaa1"', '"run":"aaa2"'), "line 2 of the export is of run aaa2"],
  [
    "a cut tail, and the anchors before the last",
    (lines) => lines.filter((line) => !event(35)(line) && !(line.type === "anchor" && line.seq < 4)),
    "run aaa1: event 35 is anchored, and no longer there as it was",
  ],
  ["a body that is there twice", (lines) => [...lines, ...lines.filter((line) => line.type === "body")], "there twice"],
  ["an event that is there twice", (lines) => [...lines, ...lines.filter(event(3))], "of the export is there twice"],
  [
    "a run with a path for a name",
    replaced("export", '"run":"aaa1"', '"run":"../../aaa1"'),
    "line 1 of the export does not fit: run must be up to 40 digits and small letters",
  ],
  ["no first line", (lines) => lines.slice(1), "line 1 of the export is not in its place"],
  ["an empty file", () => [], "line 1 of the export is missing"],
  ["words", () => ["hello"], "line 1 of the export is not JSON"],
  ["another kind of line", (lines) => [...lines, { type: "x" }], "of the export does not fit"],
])("%s in the file is found", async (_, change, message) => {
  const { lines, check } = await exported();
  const { code, err } = await check(change(lines));
  expect(code).toBe(24);
  expect(err).not.toContain("backup");
  expect(err).toMatch(message.includes("[0-9") ? new RegExp(message) : message);
});

test("a line nested thousands deep does not fit and crashes nothing; a mark in front of the file is no fault", async () => {
  const { lines, check } = await exported();
  const deep = `{"type":"statement","statement":${"[".repeat(100_000)}${"]".repeat(100_000)}}`;
  const { code, err } = await check([...lines, deep]);
  expect([code, err]).toEqual([24, expect.stringMatching(/^claw: .*line \d+ of the export is nested too deeply/)]);
  expect((await check([`\ufeff${JSON.stringify(lines[0])}`, ...lines.slice(1)])).code).toBe(0);
});

test("a file that was cut whole is found out by a head from outside", async () => {
  const { ledger, lines, check } = await exported();
  const { head } = await ledger.read("aaa1");
  const cut = lines.filter((line) => !event(35)(line) && line.type !== "anchor" && line.type !== "statement");
  expect((await check(cut, "--head", `aaa1=${head}`)).err).toContain("its head");
  expect((await check(lines, "--head", `aaa1=${head}`)).code).toBe(0);
  expect((await check(lines, "--head", `run1=${head}`)).err).toContain(
    "--head is of run run1, and run aaa1 is checked",
  );
});

test("a file is never overwritten, and one that is not there is told", async () => {
  const { ledger, file } = await exported();
  expect((await type(["audit", "export", "-o", file], { ledger })).err).toContain("exists already");
  expect(await type(["audit", "verify", "--file", "/nowhere/x"])).toEqual({
    code: 2,
    out: "",
    err: "claw: /nowhere/x cannot be read\n  name a file that claw audit export wrote\n",
  });
});

test("a run that goes on while it is exported is exported as it was when that began", async () => {
  const { ledger, check } = await exported();
  const growing: Ledger = {
    ...ledger,
    async *export(request) {
      const log = await ledger.open("aaa1");
      await log.append({ type: "run.resumed", host: "here" });
      await log.append({ type: "run.ended", outcome: "stuck", reason: "", hint: "" });
      await log.close();
      yield* ledger.export(request);
    },
  };
  const { out } = await type(["audit", "export", "aaa1"], { ledger: growing });
  expect((await ledger.read("aaa1")).events.length).toBeGreaterThan(36);
  expect((await check(out.trimEnd().split("\n"))).out).toMatch(/^✓ as it was written: 1 run, 36 events/);
});

test("the formats of others are one text each", async () => {
  const { ledger, file } = await exported();
  const as = async (format: string) => (await type(["audit", "export", "aaa1", "--format", format], { ledger })).out;
  expect(JSON.parse(await as("otel"))).toMatchObject({
    resourceSpans: [{ scopeSpans: [{ scope: { name: "claw" } }] }],
  });
  expect(JSON.parse(await as("agent-trace"))).toMatchObject({ version: "0.1", files: [{ path: "src/slug.ts" }, {}] });
  expect(await as("git-note")).toMatch(/^src\/slug\.ts\n {2}[0-9a-f]{16} 2-3\n/);
  expect((await type(["audit", "export", "--format", "xml"], { ledger })).err).toContain(
    "--format: must be jsonl, otel,",
  );
  const other = await type(["audit", "export", "aaa1", "--format", "otel", "-o", `${file}.otel`], { ledger });
  expect(other.err).toBe(`written: ${file}.otel\n`);
});
