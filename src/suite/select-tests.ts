import type { Runner, TestResult } from "./suite.ts";

const literal = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
const titles = (tests: readonly Pick<TestResult, "name">[]): string[] =>
  tests.map(({ name }) => literal(name.split(" > ").join(" ")));

/** The tests themselves, without their subtests. */
const tops = (tests: readonly Pick<TestResult, "name">[]): string[] => [
  ...new Set(tests.map(({ name }) => literal(name.split(" > ")[0] ?? name))),
];

/** More names than this do not fit on a command line in every shell. */
const MAX_NAMES = 50;

/** Runner flags that run only these tests, or all but these; null when the runner cannot, or they are too many. */
export function selectTests(
  runner: Runner,
  which: "only" | "without",
  tests: readonly Pick<TestResult, "name">[],
): string[] | null {
  if (tests.length === 0 || tests.length > MAX_NAMES) return null;
  const names = titles(tests);
  const any = `(?:${names.join("|")})`;
  switch (runner) {
    case "vitest":
    case "jest":
      return ["-t", which === "only" ? `^${any}$` : `^(?!${any}$)`];
    case "mocha":
      return ["-g", which === "only" ? `^${any}$` : `^(?!${any}$)`];
    case "node-test":
      return names.map((name) => `--test-${which === "only" ? "name" : "skip"}-pattern=^${name}$`);
    case "go":
      // Of a subtest its test runs, for its name is matched in parts.
      return which === "only" ? ["-run", `^(?:${tops(tests).join("|")})$`] : null;
    case "cargo": {
      const paths = tests.map(({ name }) => name.split(" > ").join("::"));
      return which === "only"
        ? ["--", "--exact", ...paths]
        : ["--", "--exact", ...paths.flatMap((path) => ["--skip", path])];
    }
    case "rspec":
      return which === "only" ? tests.flatMap(({ name }) => ["-e", name.split(" > ").join(" ")]) : null;
    case "maven":
    case "pytest":
    case "generic":
      return null;
  }
}
