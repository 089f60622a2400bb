import { describe, expect, test } from "vitest";
import * as gates from "../../src/gates/all.ts";
import type { Change, ChangedFile, Gate } from "../../src/gates/gate.ts";
import { readManifest } from "../../src/policy/manifest.ts";
import { protectedPaths } from "../../src/policy/protected-paths.ts";

const source: ChangedFile = {
  path: "src/slug.ts",
  kind: "source",
  status: "modified",
  added: 2,
  deleted: 1,
  binary: false,
  before: "old",
  after: "new",
};
const file = (changes: Partial<ChangedFile>): ChangedFile => ({ ...source, ...changes });
const testFile = (changes: Partial<ChangedFile>): ChangedFile =>
  file({ path: "test/slug.test.ts", kind: "test", ...changes });

/** A small, honest fix; `manifest` as YAML. */
function change({ manifest = "", ...changes }: Partial<Omit<Change, "manifest">> & { manifest?: string } = {}): Change {
  return {
    manifest: readManifest(manifest),
    files: [source],
    patch: diffOf("+  return text.toLowerCase();", "-  return text;"),
    refused: [],
    reproduction: ["test/repro.test.ts"],
    comparison: { newlyFailing: [], missing: [], newlySkipped: [] },
    ...changes,
  };
}

/** A unified diff of one hunk with these lines. */
function diffOf(...lines: readonly string[]): string {
  const count = (sign: string) => lines.filter((line) => line.startsWith(sign) || line.startsWith(" ")).length;
  const head = "diff --git a/src/slug.ts b/src/slug.ts\n--- a/src/slug.ts\n+++ b/src/slug.ts\n";
  return `${head}@@ -1,${count("-")} +1,${count("+")} @@\n${lines.join("\n")}\n`;
}

const judge = (gate: Gate, changes: Parameters<typeof change>[0] = {}) => gate.judge(change(changes));
const blocked = (...reasons: string[]) => ({ verdict: "block", reasons });
const asked = (...reasons: string[]) => ({ verdict: "ask", reasons });
const passed = { verdict: "pass", reasons: [] };

test.each(Object.values(gates).map((gate) => [gate.name, gate] as const))(
  "%s lets a small, honest fix pass",
  (_, gate) => {
    expect(judge(gate)).toEqual(passed);
    expect(judge(gate, { comparison: null })).toEqual(passed);
  },
);

describe("tamper", () => {
  const { tamper } = gates;

  test.each([
    [
      "the reproduction edited",
      testFile({ path: "test/repro.test.ts" }),
      "test/repro.test.ts is the frozen reproduction and was modified",
    ],
    [
      "the reproduction deleted",
      testFile({ path: "test/repro.test.ts", status: "deleted" }),
      "test/repro.test.ts is the frozen reproduction and was deleted",
    ],
    ["a test file deleted", testFile({ status: "deleted" }), "the test file test/slug.test.ts was deleted"],
    [
      "a test file made a link",
      testFile({ status: "type-changed" }),
      "the test file test/slug.test.ts was type-changed",
    ],
    [
      "vitest's settings",
      file({ path: "vitest.config.ts", kind: "test-config" }),
      "vitest.config.ts steers how tests run and was modified",
    ],
    [
      "a new conftest",
      file({ path: "test/conftest.py", kind: "test-config", status: "added" }),
      "test/conftest.py steers how tests run and was added",
    ],
    [
      "CI",
      file({ path: ".github/workflows/ci.yml", kind: "ci" }),
      ".github/workflows/ci.yml belongs to CI and was modified",
    ],
  ])("blocks %s", (_, changed, reason) => {
    expect(judge(tamper, { files: [source, changed] })).toEqual(blocked(reason));
  });

  test.each([
    "it.skip('a', () => {});",
    "test.only('a', () => {});",
    "describe.only('a', () => {});",
    "test.concurrent.only('a', () => {});",
    "it.only.each([1])('a', () => {});",
    "test.todo('a');",
    "test.skipIf(true)('a', () => {});",
    "test.fails('a', () => {});",
    "xit('a', () => {});",
    "  fdescribe('a', () => {});",
    "test('a', { skip: true }, () => {});",
    "test('a', { only: true }, () => {});",
    "test('a', { todo: 'later' }, () => {});",
    "test('a', (t) => t.skip());",
    "it('a', function () { this.skip(); });",
    "@pytest.mark.skip(reason='later')",
    "@pytest.mark.skipif(True)",
    "@pytest.mark.xfail",
    "pytestmark = pytest.mark.skip",
    "    pytest.skip('later')",
    "@unittest.skip('later')",
    "@unittest.expectedFailure",
    "        self.skipTest('later')",
    "raise unittest.SkipTest",
    "t.Skip()",
  ])("blocks a test file that gains %s", (line) => {
    const before = "test('a', () => {});\n";
    expect(judge(tamper, { files: [testFile({ before, after: `${before}${line}\n` })] })).toEqual(
      blocked("test/slug.test.ts now skips or focuses tests"),
    );
  });

  test.each([
    "model.fit(x, y)",
    "expect(list.skip(3)).toEqual([]);",
    "query({ skip: 3, only: ['a'] })",
    "context.exit(1)",
    "suffix('a')",
    "const only = true;",
  ])("takes %s for what it is", (line) => {
    expect(judge(tamper, { files: [testFile({ before: "", after: line })] }).verdict).toBe("ask");
  });

  test("does not mind a skip that was there before", () => {
    const text = "it.skip('a', () => {});\n";
    const judged = judge(tamper, { files: [testFile({ before: text, after: `${text}test('b', () => {});` })] });
    expect(judged).toEqual(asked("the existing test file test/slug.test.ts was changed"));
  });

  test("lets a new test file pass, but not one that shuts the others up", () => {
    const added = (after: string) => testFile({ status: "added", before: null, after });
    expect(judge(tamper, { files: [added("test('a', () => {});")] })).toEqual(passed);
    expect(judge(tamper, { files: [added("describe.only('a', () => {});")] })).toEqual(
      blocked("test/slug.test.ts focuses tests"),
    );
  });

  describe("package.json", () => {
    const before = {
      name: "a",
      scripts: { test: "npm run unit", unit: "vitest run", build: "tsc" },
      jest: { bail: 1 },
    };
    const judged = (after: object | string, path = "packages/a/package.json") => {
      const text = typeof after === "string" ? after : JSON.stringify(after);
      return judge(tamper, { files: [file({ path, before: JSON.stringify(before), after: text })] });
    };
    const refused = blocked("the test scripts of packages/a/package.json were changed");

    test.each([
      ["the test script", { ...before, scripts: { ...before.scripts, test: "true" } }],
      ["a script before it", { ...before, scripts: { ...before.scripts, pretest: "rm -r test" } }],
      ["a script that it runs", { ...before, scripts: { ...before.scripts, unit: "vitest run --exclude slug" } }],
      ["a runner's settings", { ...before, jest: { bail: 1, testPathIgnorePatterns: ["slug"] } }],
      ["what is no JSON any more", "{"],
    ])("is blocked with a change of %s", (_, after) => {
      expect(judged(after)).toEqual(refused);
    });

    test.each([
      ["a version", { ...before, version: "2" }],
      ["another script", { ...before, scripts: { ...before.scripts, build: "tsc -b" } }],
      ["the order of scripts", { ...before, scripts: { build: "tsc", unit: "vitest run", test: "npm run unit" } }],
    ])("passes this gate with a change of %s", (_, after) => {
      expect(judged(after)).toEqual(passed);
    });

    test("of a name that only ends alike is a file like any other", () => {
      expect(judged("{}", "src/my-package.json")).toEqual(passed);
    });
  });

  test("blocks tests that vanished or are skipped now", () => {
    const comparison = { newlyFailing: [], missing: ["a", "b", "c", "d"], newlySkipped: ["e"] };
    expect(judge(tamper, { comparison })).toEqual(
      blocked("4 tests of the base did not run on the head: a, b, c", "1 test of the base now skipped: e"),
    );
  });
});

describe("scope", () => {
  const { scope } = gates;
  test("without a word in the manifest every path may change", () => {
    expect(judge(scope, { files: [file({ path: "anything/at/all" })] })).toEqual(passed);
  });
  test("blocks what is denied, also below a folder's name, and what is not allowed", () => {
    const manifest = "scope: { allow: [src], deny: [generated, '*.min.js'] }";
    const paths = ["src/a.ts", "src/generated/b.ts", "src/x.min.js", "docs/c.md"];
    expect(judge(scope, { manifest, files: paths.map((path) => file({ path })) })).toEqual(
      blocked(
        "src/generated/b.ts is denied by scope.deny of claw.yaml",
        "src/x.min.js is denied by scope.deny of claw.yaml",
        "docs/c.md is outside scope.allow of claw.yaml",
      ),
    );
  });
  test("blocks what may never leave a workspace", () => {
    const refused = [{ path: "src/out", why: "a link that leads out of the repository" }];
    expect(judge(scope, { refused })).toEqual(blocked("src/out: a link that leads out of the repository"));
  });
});

describe("protected-paths", () => {
  const gate = gates.protectedPaths;
  test.each([
    "package.json",
    "packages/deep/down/package-lock.json",
    ".github/workflows/ci.yml",
    "sub/.github/CODEOWNERS",
    "AGENTS.md",
    "docs/CLAUDE.md",
    "claw.yaml",
    "services/api/Dockerfile.dev",
    "requirements-dev.txt",
    "a/.env.production",
    "a/.vscode/settings.json",
    ".husky/pre-commit",
  ])("asks a person about %s", (path) => {
    expect(judge(gate, { files: [source, file({ path })] })).toEqual(asked(`${path} is protected`));
  });
  test.each(["src/package.ts", "docs/agents.md", "github/x.yml", "src/environment.ts", "src/makefile.ts"])(
    "does not mind %s",
    (path) => {
      expect(judge(gate, { files: [file({ path })] })).toEqual(passed);
    },
  );
  test("asks about what the manifest adds", () => {
    expect(judge(gate, { manifest: "protect: [src/*.ts]" })).toEqual(asked("src/slug.ts is protected"));
  });
  test("names every built-in path once", () => {
    expect(new Set(protectedPaths).size).toBe(protectedPaths.length);
  });
});

describe("size", () => {
  const { size } = gates;
  const many = (count: number) => Array.from({ length: count }, (_, index) => file({ path: `src/${index}.ts` }));
  test("blocks 10,000 files with two reasons, not 10,000", () => {
    expect(judge(size, { files: many(10_000) })).toEqual(
      blocked("10000 files changed; limits.files is 20", "30000 lines changed; limits.diffLines is 600"),
    );
  });
  test("lets pass what just fits, and counts as the manifest says", () => {
    expect(judge(size, { files: many(20) })).toEqual(passed);
    expect(judge(size, { files: many(2), manifest: "limits: { files: 1, diffLines: 5 }" })).toEqual(
      blocked("2 files changed; limits.files is 1", "6 lines changed; limits.diffLines is 5"),
    );
  });
  test("blocks what nobody can review, and counts files without lines as none", () => {
    const binary = file({ path: "logo.png", binary: true, added: null, deleted: null });
    expect(judge(size, { files: [binary] })).toEqual(blocked("logo.png is binary and cannot be reviewed"));
  });
});

describe("secrets", () => {
  const { secrets } = gates;
  const token = `ghp_${"a1B2".repeat(10)}`;
  const found = blocked("an added line looks like it holds a GitHub token");
  test("blocks one in an added line", () => {
    expect(judge(secrets, { patch: diffOf(" a", `+const token = "${token}";`, " b") })).toEqual(found);
  });
  test("blocks one in a line that looks like a header of the diff", () => {
    expect(judge(secrets, { patch: diffOf("--- b", `+++ b/${token}`, " c") })).toEqual(found);
    expect(judge(secrets, { patch: diffOf("+a") + diffOf(`+++ ${token}`) })).toEqual(found);
  });
  test("does not mind one that is deleted, in the surroundings, or in a file's name", () => {
    const patch = diffOf(`-const token = "${token}";`, ` // ${token}`, "+const token = read();").replaceAll(
      "slug",
      token,
    );
    expect(judge(secrets, { patch })).toEqual(passed);
  });
  test("finds a key that spans lines, after a file without a final newline", () => {
    const body = Array.from({ length: 3 }, () => `+${"aB3d".repeat(12)}`);
    const key = [`+-----BEGIN ${"PRIVATE"} KEY-----`, ...body, `+-----END ${"PRIVATE"} KEY-----`];
    const patch = `${diffOf("-old")}\\ No newline at end of file\n${diffOf(...key)}`;
    expect(judge(secrets, { patch })).toEqual(blocked("an added line looks like it holds a private key"));
  });
});

describe("regressions", () => {
  const regressed = (...newlyFailing: string[]) =>
    judge(gates.regressions, { comparison: { newlyFailing, missing: [], newlySkipped: [] } });
  test("blocks tests that fail now and did not before, and names the first of them", () => {
    expect(regressed("a > b")).toEqual(blocked("newly failing: a > b"));
    expect(regressed("a", "b", "c", "d", "e", "f", "g")).toEqual(blocked("newly failing: a, b, c, d, e and 2 others"));
  });
});
