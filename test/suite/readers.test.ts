import { describe, expect, test } from "vitest";
import { readResults } from "../../src/suite/read-results.ts";
import { parseXml } from "../../src/suite/readers/xml.ts";
import { failureText } from "../../src/suite/failure-text.ts";
import { brokenBecause, verdict, type Runner } from "../../src/suite/suite.ts";

const read = (runner: Runner, report: string | null, exitCode = 1) =>
  readResults({ runner }, { report, exitCode, killed: null });

// As jest 30 writes it: https://jestjs.io/docs/cli#--json
const jest = {
  numFailedTests: 1,
  success: false,
  testResults: [
    {
      name: "/workspace/src/sum.test.js",
      status: "failed",
      message: "  ● sum › adds",
      assertionResults: [
        {
          ancestorTitles: ["sum"],
          title: "adds",
          fullName: "sum adds",
          status: "failed",
          failureMessages: [
            "Error: expect(received).toBe(expected)\n\nExpected: 3\nReceived: 4\n    at Object.toBe (/workspace/node_modules/x/y.js:1:1)\n    at Object.<anonymous> (/workspace/src/sum.test.js:4:21)",
          ],
        },
        { ancestorTitles: ["sum"], title: "later", fullName: "sum later", status: "todo", failureMessages: [] },
        { ancestorTitles: [], title: "alone", fullName: "alone", status: "passed", failureMessages: [] },
        { ancestorTitles: [], title: "filtered", fullName: "filtered", status: "pending", failureMessages: null },
      ],
    },
    {
      name: "/workspace/src/broken.test.js",
      status: "failed",
      message: "  ● Test suite failed to run\n\n    Cannot find module './nope'",
      assertionResults: [],
    },
  ],
};

// As mocha 12 writes it: https://mochajs.org/#json
const mochaTest = (title: string, err = {}) => ({
  title,
  fullTitle: `list ${title}`,
  file: "/workspace/test/list.spec.js",
  duration: 1,
  currentRetry: 0,
  err,
});
const failure = mochaTest("grows", {
  message: "1 == 2",
  stack: "AssertionError: 1 == 2\n    at Context.<anonymous> (test/list.spec.js:3:10)",
});
const hook = mochaTest('"before each" hook for "shrinks"', { message: "boom", stack: "Error: boom\n    at x" });
const mocha = {
  stats: { tests: 3 },
  tests: [mochaTest("starts"), failure, mochaTest("waits")],
  pending: [mochaTest("waits")],
  failures: [failure, hook],
  passes: [mochaTest("starts")],
};

describe("reports by their documented format", () => {
  test("jest", () => {
    expect(
      read("jest", JSON.stringify(jest)).tests.map((each) => [each.id, each.status, each.loadError, each.message]),
    ).toEqual([
      [
        "src/sum.test.js > sum > adds",
        "failed",
        false,
        "Error: expect(received).toBe(expected)\n\nExpected: 3\nReceived: 4\nat Object.<anonymous> (src/sum.test.js:4:21)",
      ],
      ["src/sum.test.js > sum > later", "skipped", false, null],
      ["src/sum.test.js > alone", "passed", false, null],
      ["src/sum.test.js > filtered", "skipped", false, null],
      [
        "src/broken.test.js > (file does not load)",
        "failed",
        true,
        "● Test suite failed to run\n\n    Cannot find module './nope'",
      ],
    ]);
  });

  test("mocha, failed hooks included", () => {
    expect(read("mocha", JSON.stringify(mocha)).tests.map((each) => [each.id, each.status, each.message])).toEqual([
      ["test/list.spec.js > list starts", "passed", null],
      ["test/list.spec.js > list grows", "failed", "AssertionError: 1 == 2"],
      ["test/list.spec.js > list waits", "skipped", null],
      ['test/list.spec.js > list "before each" hook for "shrinks"', "failed", "Error: boom"],
    ]);
  });

  test("node:test of Node 20, which names no files", () => {
    const report = `<testsuites><testcase name="ok" classname="test"/><testsuite name="s" failures="0"><testcase name="in"/></testsuite>
      <testcase name="/workspace/test/b.test.js" failure="test failed"><failure type="testCodeFailure" message="test failed">[Error]</failure></testcase><!-- fail 1 --></testsuites>`;
    expect(read("node-test", report).tests.map((each) => [each.id, each.file, each.loadError])).toEqual([
      ["ok", null, false],
      ["s > in", null, false],
      ["test/b.test.js > (file)", "test/b.test.js", true],
    ]);
  });

  test("pytest in its default family, which names no files", () => {
    const report = `<testsuites><testsuite><testcase classname="tests.test_a.TestC" name="test_in" /><testcase classname="" name="tests.test_b"><error message="collection failure">E   ImportError: x</error></testcase></testsuite></testsuites>`;
    expect(read("pytest", report).tests.map((each) => [each.id, each.loadError])).toEqual([
      ["tests/test_a.py > TestC > test_in", false],
      ["tests/test_b.py > (file does not load)", true],
    ]);
  });
});

describe("a report that says nothing is broken, never green", () => {
  test.each<[Runner, string | null, number]>([
    ["vitest", null, 0],
    ["vitest", "", 0],
    ["vitest", '{"testResults":[{"name":"/workspace/a', 0],
    ["jest", "[]", 0],
    ["jest", '{"testResults":[null,{"assertionResults":"x"}]}', 0],
    ["mocha", "null", 0],
    ["pytest", "<testsuites><testsuite>", 0],
    ["pytest", '<testsuites><testsuite tests="0"/></testsuites>', 5],
    ["node-test", "<testsuites></testsuites></testsuites>", 0],
    ["pytest", '<t><testcase name="a" classname="b"><skipped/></testcase></t>', 0],
    ["pytest", '<t><testcase name="a" classname="b"><failure/></testcase></t>', 0],
    ["pytest", '<t><testcase name="a" classname="b"/></t>', 1],
  ])("%s %j, exit code %i", (runner, report, exitCode) => {
    expect(verdict(read(runner, report, exitCode))).toBe("broken");
  });

  test("a command stopped by a limit", () => {
    const result = readResults({ runner: "generic" }, { report: null, exitCode: 124, killed: "timeout" });
    expect([verdict(result), brokenBecause(result), failureText(result).split("\n")[0]]).toEqual([
      "broken",
      "the test command was stopped: it took too long",
      "the test command was stopped: it took too long",
    ]);
  });
});

describe("the XML scanner", () => {
  test("entities, CDATA, comments, unescaped > in attributes, raw control characters", () => {
    const root = parseXml(
      `<?xml version="1.0"?><!DOCTYPE x><a b="1 > 0 &amp; &#x41;" c='"'><!-- <z> -->t&lt;<![CDATA[<raw>&amp;]]>\u0001<d/></a>`,
    );
    expect(root).toEqual({
      name: "a",
      attributes: { b: "1 > 0 & A", c: '"' },
      text: "t<<raw>&amp;\u0001",
      children: [{ name: "d", attributes: {}, children: [], text: "" }],
    });
  });

  test.each(["", "text", "<a", "<a><b></a>", "</a>", '<a b="', "<![CDATA[x"])("%j is no document", (source) => {
    expect(parseXml(source)).toBeNull();
  });

  test("five megabytes are read at once, and deep nesting does not end the process", () => {
    const long = `<t>${'<testcase name="n" classname="c.d"><failure message="m">x &lt; y</failure></testcase>'.repeat(60_000)}</t>`;
    expect(parseXml(long)?.children).toHaveLength(60_000);
    expect(parseXml("<a>".repeat(50_000) + "</a>".repeat(50_000))?.name).toBe("a");
  });
});
