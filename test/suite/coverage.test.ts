import { expect, test } from "vitest";
import { joinLines, ownPath } from "../../src/suite/coverage.ts";
import { lcovLines } from "../../src/suite/coverage-lcov.ts";
import { coveragePyLines, tracedTests } from "../../src/suite/coverage-python.ts";
import { v8Lines } from "../../src/suite/coverage-v8.ts";
import { generatedToOriginal } from "../../src/suite/source-map.ts";
import { stackLines } from "../../src/suite/stack-lines.ts";

const plain = (lines: ReadonlyMap<string, ReadonlySet<number>>): Record<string, number[]> =>
  Object.fromEntries([...lines].map(([path, numbers]) => [path, [...numbers].toSorted((a, b) => a - b)]));

/** A script as V8 reports it; functions are named by their text. */
function script(
  path: string,
  source: string,
  functions: readonly { text: string; count: number; dead?: readonly string[] }[],
) {
  const range = (text: string, count: number) => {
    const startOffset = source.indexOf(text);
    return { startOffset, endOffset: startOffset + text.length, count };
  };
  return {
    url: path,
    source,
    functions: [
      { functionName: "", isBlockCoverage: true, ranges: [{ startOffset: 0, endOffset: source.length, count: 1 }] },
      ...functions.map(({ text, count, dead = [] }) => ({
        functionName: "f",
        isBlockCoverage: true,
        ranges: [range(text, count), ...dead.map((block) => range(block, 0))],
      })),
    ],
  };
}

const source = `const limit = 3;
export function used(a) {
  if (a > limit) {
    return limit;
  }
  return a;
}
export function unused(a) {
  return a + 1;
}
export const one = (a) => a + 1;
export const other = (a) => a - 1;
`;

const used = source.slice(source.indexOf("function used"), source.indexOf("\nexport function unused"));
const unused = source.slice(source.indexOf("function unused"), source.indexOf("\nexport const one"));
const report = (more: readonly unknown[] = []): string =>
  JSON.stringify([
    script("file:///workspace/src/a.js", source, [
      { text: used, count: 2, dead: ["{\n    return limit;\n  }"] },
      { text: unused, count: 0 },
      { text: "(a) => a + 1", count: 1 },
      { text: "(a) => a - 1", count: 0 },
    ]),
    ...more,
  ]);

test("V8: lines of functions and blocks that did not run are not covered, also when a line holds a whole function", () => {
  expect(plain(v8Lines(report(), "/workspace"))).toEqual({ "src/a.js": [1, 2, 3, 6, 7, 11] });
});

test("V8: several processes are joined, and what is not the repository's own is left out", () => {
  const foreign = script("file:///workspace/node_modules/x/i.js", "1;\n", []);
  const second = script("file:///workspace/src/b%20c.js", "let b = 1;\n", []);
  const text = `${report([foreign])}\n${JSON.stringify([second, script("file:///usr/lib/x.js", "1;\n", [])])}\nnot JSON`;
  expect(Object.keys(plain(v8Lines(text, "/workspace"))).toSorted()).toEqual(["src/a.js", "src/b c.js"]);
});

test("V8: what is comment alone is no line of code, also in the middle of a long one", () => {
  const source = "/** Says\n * why.\n */\nlet a = 1; // here\n// there\n/* so */ a += 2;\n  * 3;\n/*\nb = 1; */\n";
  const made = JSON.stringify([script("/workspace/src/a.js", source, [])]);
  expect(plain(v8Lines(made, "/workspace"))).toEqual({ "src/a.js": [4, 6, 7] });
});

/** "AAAA" maps the first column to the first line; ";AAEA" the next line to two lines further down. */
const mapped = (generated: string, mappings: string): string =>
  `${generated}\n//# sourceMappingURL=data:application/json;base64,${btoa(JSON.stringify({ version: 3, sources: ["a.ts"], mappings }))}\n`;

test("V8: an inline source map leads back to the lines of the original", () => {
  const text = mapped("const a = 1;\nconst b = 2;", "AAAA;AAEA");
  expect(generatedToOriginal(text)).toEqual([
    { offset: 0, line: 1 },
    { offset: 13, line: 3 },
  ]);
  const made = JSON.stringify([script("/workspace/src/a.ts", text, [])]);
  expect(plain(v8Lines(made, "/workspace"))).toEqual({ "src/a.ts": [1, 3] });
});

test("a text without a source map, or with a broken one, stands for itself", () => {
  expect(generatedToOriginal("const a = 1;\n")).toBeNull();
  expect(generatedToOriginal("//# sourceMappingURL=data:application/json;base64,e30x\n")).toBeNull();
});

test("pytest: each test has its own lines, under the id that results use", () => {
  const traced = JSON.stringify({
    tests: [
      {
        id: "tests/test_a.py::TestA::test_x[1]",
        failed: true,
        files: { "/workspace/a.py": [3, 4], "/usr/lib/x.py": [1] },
      },
    ],
  });
  const [one] = tracedTests(traced, "/workspace");
  expect(one).toMatchObject({ id: "tests/test_a.py > TestA > test_x[1]", file: "tests/test_a.py", failed: true });
  expect(plain(one?.lines ?? new Map())).toEqual({ "a.py": [3, 4] });
  expect(tracedTests("cut off", "/workspace")).toEqual([]);
});

test("coverage.py and lcov reports", () => {
  const json = JSON.stringify({
    files: { "pkg/a.py": { executed_lines: [1, 2] }, "/elsewhere/b.py": { executed_lines: [1] } },
  });
  expect(plain(coveragePyLines(json, "/workspace"))).toEqual({ "pkg/a.py": [1, 2] });
  const lcov = "SF:src/a.js\nDA:1,1\nDA:2,0\nDA:3,7\nend_of_record\nSF:/workspace/src/b.js\nDA:4,1\nend_of_record\n";
  expect(plain(lcovLines(lcov, "/workspace"))).toEqual({ "src/a.js": [1, 3], "src/b.js": [4] });
});

test("paths of the sandbox become paths of the repository, others nothing", () => {
  const paths = [
    "/workspace/a/b.js",
    "file:///workspace/a.js?x=1",
    "./a.js",
    "/etc/passwd",
    "/workspace/.venv/x.py",
    "../a.js",
  ];
  expect(paths.map((path) => ownPath(path, "/workspace"))).toEqual(["a/b.js", "a.js", "a.js", null, null, null]);
});

test("joined lines are those of all", () => {
  expect(
    plain(
      joinLines([
        new Map([["a", new Set([1])]]),
        new Map([
          ["a", new Set([2])],
          ["b", new Set([1])],
        ]),
      ]),
    ),
  ).toEqual({ a: [1, 2], b: [1] });
});

test("stack traces of Node and Python name the repository's own lines, in order", () => {
  const text = `AssertionError: no
    at f (file:///workspace/src/a.js:12:5)
    at g (/workspace/node_modules/x/i.js:1:1)
    at Object.<anonymous> (/workspace/src/b.ts:3:1)
  File "/workspace/pkg/c.py", line 7, in f
pkg/d.py:9: in g`;
  expect(stackLines(text, "/workspace")).toEqual([
    { path: "src/a.js", line: 12 },
    { path: "src/b.ts", line: 3 },
    { path: "pkg/c.py", line: 7 },
    { path: "pkg/d.py", line: 9 },
  ]);
});
