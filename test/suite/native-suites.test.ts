import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { suiteCommand } from "../../src/suite/command.ts";
import { detectSuite, planFromCommand } from "../../src/suite/detect.ts";
import { readResults } from "../../src/suite/read-results.ts";
import { selectTests } from "../../src/suite/select-tests.ts";
import { brokenBecause, type Runner, type SuitePlan } from "../../src/suite/suite.ts";

const bare = { files: [], read: () => undefined };
const plan = (command: string, flags: readonly string[] = []): SuitePlan => ({
  ...planFromCommand(command, "--test-command", bare),
  flags,
});
/** The line that runs the tests, without what gathers their report. */
const line = (made: SuitePlan, files: readonly string[] = []): string =>
  suiteCommand(made, { files, report: "/tmp/r" })
    .shell.split("\n")
    .at(-1)
    ?.replace(/ (?:2>&1 \| tee|; status=).*$/, "") ?? "";
const report = (name: string): string => readFileSync(join(import.meta.dirname, "native-reports", name), "utf8");
const told = (runner: Runner, name: string): string[] =>
  readResults({ runner }, { report: report(name), exitCode: 1, killed: null, root: "/home/ada/shop" }).tests.map(
    ({ id, status, loadError, message }) =>
      [loadError ? "does not load" : status, id, message?.split("\n").join(" / ")].filter(Boolean).join(" | "),
  );

describe("a repository's own files tell how its tests are run", () => {
  test.each([
    [["go.mod", "cart/cart_test.go"], "go", "go test ./..."],
    [["Cargo.toml", "src/lib.rs"], "cargo", "cargo test"],
    [["pom.xml", "src/test/java/CartTest.java"], "maven", "mvn -o test"],
    [["Gemfile", ".rspec", "spec/cart_spec.rb"], "rspec", "bundle exec rspec"],
    [["spec/cart_spec.rb"], "rspec", "rspec"],
  ])("%j", (files, runner, shell) => {
    expect(detectSuite({ files, read: () => undefined })[0]).toMatchObject({ runner, shell });
  });

  test("go without tests, and a package.json that says how, come first or not at all", () => {
    expect(detectSuite({ files: ["go.mod", "main.go"], read: () => undefined })).toEqual([]);
    const scripts = '{"scripts":{"test":"vitest run"}}';
    const both = {
      files: ["Cargo.toml", "package.json"],
      read: (path: string) => (path === "package.json" ? scripts : undefined),
    };
    expect(detectSuite(both).map(({ runner }) => runner)).toEqual(["vitest", "cargo"]);
  });
});

describe("what is run", () => {
  test.each([
    ["go test -v -race ./...", "go test -json -count=1 -race ./..."],
    ["go test -timeout 30s -count 1 ./cart", "go test -json -count=1 -timeout 30s ./cart"],
    ["cargo test --workspace -- --nocapture", "cargo test --no-fail-fast --color=never --workspace -- --nocapture"],
    ["cargo +nightly t -p shop", "cargo +nightly t --no-fail-fast --color=never -p shop"],
    [
      "bundle exec rspec --format doc -t ~slow",
      "bundle exec rspec --format progress --format json --out /tmp/r --no-fail-fast -t ~slow",
    ],
    ["./mvnw -q verify", "./mvnw -B -fae -DtrimStackTrace=false verify"],
  ])("%s", (command, expected) => {
    expect(line(plan(command))).toBe(expected);
  });

  test.each([
    ["go test ./...", ["cart/a_test.go", "cart/b_test.go", "main_test.go"], "go test -json -count=1 ./cart ./"],
    ["cargo test", ["tests/api.rs"], "cargo test --no-fail-fast --color=never --test=api"],
    ["cargo test", ["src/cart.rs"], "cargo test --no-fail-fast --color=never"],
    [
      "rspec spec",
      ["spec/it's_spec.rb"],
      `rspec --format progress --format json --out /tmp/r --no-fail-fast "$root"/'spec/it'\\''s_spec.rb'`,
    ],
    [
      "mvn -o test",
      ["src/test/java/shop/CartTest.java"],
      "mvn -B -fae -DtrimStackTrace=false -o test -Dtest=CartTest -DfailIfNoTests=false -Dsurefire.failIfNoSpecifiedTests=false",
    ],
  ])("%s, of %j", (command, files, expected) => {
    expect(line(plan(command), files)).toBe(expected);
  });

  test.each([
    ["go test ./...", ["cart/a_test.go"], "TestTable > a_b", "go test -json -count=1 -run '^(?:TestTable)$' ./cart"],
    [
      "cargo test -- --nocapture",
      ["tests/api.rs"],
      "deep > adds",
      "cargo test --no-fail-fast --color=never --test=api -- --nocapture --exact deep::adds",
    ],
    [
      "rspec",
      ["spec/a_spec.rb"],
      "Cart adds",
      `rspec --format progress --format json --out /tmp/r --no-fail-fast -e 'Cart adds' "$root"/spec/a_spec.rb`,
    ],
  ])("%s, of %j only %s", (command, files, name, expected) => {
    const made = plan(command);
    expect(line({ ...made, flags: selectTests(made.runner, "only", [{ name }]) ?? [] }, files)).toBe(expected);
  });
});

describe("what their reports say, as the tools wrote them", () => {
  test("go: subtests by name, a package that does not build, a test in which the process ended", () => {
    expect(told("go", "go.txt")).toEqual([
      "failed | dead/dead_test.go > TestExits | failed without a word",
      "failed | cart/cart_test.go > TestTotal | cart_test.go:3: Total(1, 2) = -1, want 3",
      "failed | cart/cart_test.go > TestTable > a_b | cart_test.go:4: bad",
      "passed | cart/cart_test.go > TestTable > fine",
      "skipped | cart/cart_test.go > TestSkips",
      "does not load | example.com/shop/lost (package) | # example.com/shop/lost [example.com/shop/lost.test] / lost/lost_test.go:3:28: undefined: undefinedThing / [build failed]",
    ]);
  });

  test("cargo: the same name in two crates of a workspace, each with its file", () => {
    expect(told("cargo", "cargo.txt")).toEqual([
      "passed | crates/a/src/lib.rs > tests > works",
      "failed | crates/a/src/deep.rs > deep > tests > below | assertion `left == right` failed /   left: 1 /  right: 2 / at crates/a/src/deep.rs:1",
      "passed | crates/b/src/lib.rs > tests > works",
      "passed | crates/b/src/deep.rs > deep > tests > below",
      "passed | crates/b/tests/it.rs > e2e",
      "failed | crates/b/tests/it.rs > red | no / at crates/b/tests/it.rs:2",
    ]);
  });

  test("rspec: what failed outside of its examples", () => {
    expect(told("rspec", "rspec.json").map((each) => each.split(" / ")[0])).toEqual([
      "failed | spec/cart_spec.rb > Cart adds | RSpec::Expectations::ExpectationNotMetError: expected: 3",
      "passed | spec/cart_spec.rb > Cart zero",
      "does not load | spec/lost_spec.rb > (outside of the examples) | An error occurred while loading ./spec/lost_spec.rb.",
    ]);
  });

  test("maven: classes by file", () => {
    expect(told("maven", "maven.txt")).toEqual([
      "passed | src/test/java/s/CartTest.java > s.CartTest > zero",
      "failed | src/test/java/s/CartTest.java > s.CartTest > total | org.opentest4j.AssertionFailedError: expected: <3> but was: <-1> / at (CartTest.java:4)",
    ]);
  });

  test.each(["go", "cargo", "rspec", "maven"] as const)(
    "%s: a report that is cut short or is none says nothing",
    (runner) => {
      const names = { go: "go.txt", cargo: "cargo.txt", rspec: "rspec.json", maven: "maven.txt" };
      for (const text of ["", "{", "<testsuite>", "\u0000", report(names[runner]).slice(0, 60)]) {
        const result = readResults({ runner }, { report: text, exitCode: 1, killed: null });
        expect([text, brokenBecause(result)]).toEqual([text, "no test report was written (exit code 1)"]);
      }
    },
  );
});
