import { type Execution, type Lines, ownPath } from "./coverage.ts";
import { isObject, objects, parseObject, text } from "./readers/reader.ts";

const numbersOf = (value: unknown): number[] =>
  Array.isArray(value) ? value.filter((each) => Number.isInteger(each)) : [];

/** Executed lines from `coverage json`. */
export function coveragePyLines(report: string, root: string): Lines {
  const files = parseObject(report)?.["files"];
  return filesOf(isObject(files) ? files : {}, root, (file) => (isObject(file) ? file["executed_lines"] : null));
}

/** What each test ran, from the plugin that claw gives to pytest: `{ tests: [{ id, failed, files: { path: [line] } }] }`. */
export function tracedTests(report: string, root: string): Execution[] {
  const tests = parseObject(report)?.["tests"];
  return objects(tests).map((test) => ({
    id: text(test["id"]).split("::").join(" > "),
    file: text(test["id"]).split("::")[0] ?? null,
    failed: test["failed"] === true,
    lines: filesOf(isObject(test["files"]) ? test["files"] : {}, root, (file) => file),
  }));
}

function filesOf(files: Record<string, unknown>, root: string, linesIn: (file: unknown) => unknown): Lines {
  return new Map(
    Object.entries(files).flatMap(([name, file]) => {
      const path = ownPath(name, root);
      return path === null ? [] : [[path, new Set(numbersOf(linesIn(file)))] as const];
    }),
  );
}
