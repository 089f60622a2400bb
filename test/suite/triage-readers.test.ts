import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Found } from "../../src/suite/readers/dialect.ts";
import { openReport, type ReportDigest } from "../../src/suite/read-report.ts";
import { groupFailures } from "../../src/suite/failure-groups.ts";
import { failureSignature, normalised } from "../../src/suite/failure-signature.ts";
import { judge } from "../../src/suite/verdict.ts";
import { firstExecutions } from "../../src/workflows/triage/executions.ts";
import { troubleIn } from "../../src/suite/infrastructure.ts";
import { expectations } from "./triage-logs.ts";

const folder = join(import.meta.dirname, "triage-logs");

/** Reads a text in lines, as a file is read; in pieces of so many characters, as a very long line is. */
function read(text: string, size = Infinity): ReportDigest {
  const reader = openReport();
  let offset = 0;
  for (const line of text.split("\n")) {
    let at = 0;
    do {
      const piece = line.slice(at, at + size);
      at += size;
      reader.piece(piece, offset, at >= line.length);
      offset += Buffer.byteLength(piece);
    } while (at < line.length);
    offset += 1;
  }
  return reader.end();
}

const told = (found: Found): string =>
  [
    `${found.format}/${found.kind}`,
    `${found.file ?? "-"}:${found.line ?? "-"}`,
    found.titles.join(" > "),
    found.expected === null ? "" : `${found.expected} ≠ ${found.actual}`.replaceAll("\n", " "),
    [found.timedOut ? "out of time" : "", found.passes > 0 ? `${found.failures}+${found.passes}` : ""].join(""),
    found.message.split("\n")[0]?.slice(0, 60) ?? "",
  ].join(" | ");

/** Logs of jobs, each below "##### name | verdicts | what failed". */
function ciLogs(): [name: string, verdicts: string, titles: string, log: string][] {
  const text = readFileSync(join(import.meta.dirname, "ci-logs.txt"), "utf8");
  return text
    .split(/^##### /m)
    .slice(1)
    .map((part) => {
      const [name = "", verdicts = "", titles = ""] = (part.split("\n")[0] ?? "").split(" | ");
      return [name, verdicts, titles, part.slice(part.indexOf("\n") + 1)];
    });
}

describe("failures in what real runners write", () => {
  test.each(readdirSync(folder))("%s", (name) => {
    const { found, notes } = read(readFileSync(join(folder, name), "utf8"));
    expect([...found.map(told), ...notes]).toEqual(expectations[name]);
  });

  test.each(ciLogs())("a job's log: %s", (_, verdicts, titles, log) => {
    const { found } = read(log);
    const rule = { confidence: 0.95, reruns: 0, hasBase: false };
    const judged = found.map((one) => judge(one, firstExecutions(one, "report"), rule).verdict);
    expect([[...new Set(judged)].toSorted().join(" "), found.map((one) => one.titles.join(" > ")).join("; ")]).toEqual([
      verdicts,
      titles,
    ]);
  });

  test("an excerpt stands in the report where its offset says", () => {
    const text = readFileSync(join(folder, "actions-jest-pytest.txt"));
    for (const { offset, excerpt } of read(text.toString("utf8")).found) {
      const there = text.subarray(offset).toString("utf8").split("\n")[0] ?? "";
      expect(there).toContain(excerpt.split("\n")[0]?.trim());
    }
  });

  test("all of them in one log are the same failures, told once", () => {
    const names = ["mvn.txt", "go.txt", "cargo.txt", "rspec.txt", "vitest.txt", "node-spec.txt", "pytest-q.txt"];
    const one = read(names.map((name) => readFileSync(join(folder, name), "utf8")).join("\n")).found.map(told);
    expect(one.toSorted()).toEqual(names.flatMap((name) => expectations[name] ?? []).toSorted());
  });

  test("XML on one endless line is read in pieces", () => {
    const text = readFileSync(join(folder, "pytest.xml"), "utf8").replaceAll("\n", "&#10;");
    expect(read(text, 7).found.map(told)).toEqual(read(text).found.map(told));
  });
});

describe("bad reports", () => {
  test.each([
    ["", [], ["it is empty"]],
    ["\n \n", [], ["it is empty"]],
    ['{"testResults":[{"name":"a', [], ["it begins like JSON, but is no report that is known, or is cut short"]],
    [
      '<!DOCTYPE a SYSTEM "file:///etc/passwd"><testsuites/>',
      [],
      ["refused: it names an external definition, or declares entities"],
    ],
    ["\u0000\u0001\u0002\uffff binary", [], ["it tells of no test"]],
    ["<testsuites></testsuites>", [], ["it tells of no test"]],
  ])("%j", (text, found, notes) => {
    const digest = read(text);
    expect([digest.found, digest.notes]).toEqual([found, notes]);
  });
});

describe("signatures", () => {
  const plain = read("not ok 1 - x\n").found[0] as Found;
  const failing = (message: string, more: Partial<Found> = {}): Found => ({
    ...plain,
    message,
    ...more,
  });

  test.each([
    ["at 2026-11-21T20:41:12Z took 12.5 ms", "at 2027-01-02T00:00:00Z took 9 s"],
    ["open /tmp/x-1a2b/file.json", "open /tmp/y-9z/file.json"],
    ["object at 0x7fec3c294090", "object at 0x7fec3c111111"],
    ["Randomized with seed 12345", "Randomized with seed 9"],
    ["connect to 127.0.0.1:45123", "connect to 127.0.0.1:45999"],
    ["/home/ada/work/src/a.ts:3:5 broke", "/runner/_work/src/a.ts:99:1 broke"],
  ])("%j is the same as %j", (one, other) => {
    expect(normalised(one)).toBe(normalised(other));
  });

  test("one cause in many tests is one group; different errors are two", () => {
    const many = Array.from({ length: 1000 }, (_, index) =>
      failing(`TypeError: connect is not a function (request ${index})`, {
        titles: [`test ${index}`],
        file: "src/db.ts",
      }),
    );
    const groups = groupFailures([...many, failing("RangeError: too large", { file: "src/db.ts" })]);
    expect(groups.map(({ members }) => members.length)).toEqual([1000, 1]);
  });

  test("what compared two values in one file differs from the same in another", () => {
    const message = "AssertionError: expected 1 to be 2";
    expect(failureSignature(failing(message, { file: "a.test.ts" }))).not.toBe(
      failureSignature(failing(message, { file: "b.test.ts" })),
    );
  });
});

test.each([
  ["# Fatal process out of memory: Failed to reserve virtual memory for CodeRange", "memory"],
  ["failed to allocate memory (NoMemoryError)", "memory"],
  ["PHP Fatal error:  Allowed memory size of 134217728 bytes exhausted (tried to allocate 20480 bytes)", "memory"],
  ["FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory", "memory"],
  ["subprocess.CalledProcessError: Command 'x' died with <Signals.SIGKILL: 9>.", "memory"],
  ["A jest worker process (pid=9) was terminated by another process: signal=SIGKILL, exitCode=null.", "memory"],
  ["OSError: [Errno 28] No space left on device", "disk"],
  ["npm error code ECONNRESET", "registry"],
  ["Could not resolve host: github.com", "network"],
  ["bash: line 1: foo: command not found", "tool"],
  ["Error: listen EADDRINUSE: address already in use :::3000", "port"],
  ["The hosted runner: GitHub Actions 2 lost communication with the server.", "runner"],
  ["toomanyrequests: You have reached your pull rate limit.", "rate-limit"],
  ["expected 3 to be 4", undefined],
  ["Element with testid foo not found", undefined],
  ["AssertionError: expected 'memory' to equal 'disk'", undefined],
  ["Error: user: not found", undefined],
  ["/bin/sh: 1: jq: not found", "tool"],
  ["Error: failed to restore the state", undefined],
])("%s: %s", (text, cause) => {
  expect(troubleIn(text)?.cause).toBe(cause);
});
