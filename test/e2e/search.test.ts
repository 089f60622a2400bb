import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { type Finished, machine } from "../support/claw.ts";

const user = machine();
afterAll(() => user.remove());

interface Told {
  readonly type: string;
  readonly event?: { readonly type: string; readonly [field: string]: unknown };
}

const lines = ({ stdout }: Finished): Told[] =>
  stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Told);
const eventsOf = (done: Finished, type: string) =>
  lines(done).flatMap(({ event }) => (event?.type === type ? [event] : []));

test("claw demo fixes a project of its own without a key, and ends with diff, record and next steps", async () => {
  const done = await user.claw(["demo"]);
  expect(done.code, done.stderr).toBe(0);
  expect(done.stdout).toContain("+  return one.start < other.end && other.start < one.end;");
  expect(done.stdout).toMatch(/hash chain, its head is sha256:[0-9a-f]{64}/);
  const [, run = ""] = /claw show (\w{12})/.exec(done.stdout) ?? [];
  const shown = await user.claw(["show", run]);
  expect(shown.stdout).toContain("Found by search, not by understanding: review it.");
  expect(shown.stdout).toContain("Weak: one failing input.");
  const [, dir = ""] = /cd (\S+)/.exec(done.stdout) ?? [];
  expect(await user.git(dir, "status", "--porcelain")).toBe("");
  expect(await user.git(dir, "log", "-1", "--format=%B", "--branches=claw/*")).toContain("Assisted-by: claw:search-v1");
});

// Each change to what is short here is a start of pytest, so it is short.
const shelf = {
  "shelf.py": "def fits(books, width):\n    return sum(books) < width\n",
  "test_shelf.py": `from shelf import fits


def test_too_wide():
    assert not fits([2, 3], 4)


def test_just_fits():
    assert fits([2, 3], 5)


def test_fits():
    assert fits([1], 3)
`,
  "test_empty.py": "from shelf import fits\n\n\ndef test_empty():\n    assert fits([], 3)\n",
};

test("without any model the search engine works and says so; what a command shows is repaired at cost 0 and judged by the whole suite", async () => {
  const dir = await user.repository("shelf", shelf);
  // Plugins that happen to be installed often take longer to load than the tests.
  const command = "PYTEST_DISABLE_PLUGIN_AUTOLOAD=1 python3 -m pytest";
  const part = ["--test-command", command, "--repro", `${command} test_shelf.py`];
  const args = ["fix", "Books that just fit are refused", ...part, "--json"];
  const done = await user.claw(args, { cwd: dir });
  expect(done.stderr).toContain("No model is configured, so the search engine works");
  const result = lines(done).at(-1) as unknown as Record<string, Record<string, unknown>>;
  expect(done.code, JSON.stringify(result)).toBe(0);
  expect(result["model"]).toEqual({ label: "search-v1", served: [] });
  expect(result["spend"]).toMatchObject({ usd: 0, turns: 0 });
  expect(result["evidenceLevel"]).toMatchObject({ level: "L2" });
  const [ranked] = eventsOf(done, "suspects.ranked");
  expect(ranked).toMatchObject({ method: "coverage" });
  const tried = eventsOf(done, "search.tried");
  expect(tried.at(-1)).toMatchObject({ why: "found" });
  expect(Number(tried.at(-1)?.["cpuMs"])).toBeGreaterThan(0);
  const ran = eventsOf(done, "suite.ran").filter(({ purpose }) => purpose === "suite-on-head");
  expect(ran).toEqual([expect.objectContaining({ command, passed: 4, failed: 0 })]);
}, 120_000);

test("localise maps what vitest ran back to the lines of the TypeScript source", async () => {
  const dir = await user.example("slug-vitest-ts");
  const file = join(dir, "src/truncate.ts");
  writeFileSync(file, readFileSync(file, "utf8").replace("slug.length <= maxLength", "slug.length < maxLength"));
  // One file of tests instead of all: each costs a start of vitest.
  rmSync(join(dir, "test"), { recursive: true });
  mkdirSync(join(dir, "test"));
  writeFileSync(
    join(dir, "test/exact.test.ts"),
    `import { expect, test } from "vitest";\nimport { slugify } from "../src/slug.ts";\ntest("fits", () => expect(slugify("abc-d", { maxLength: 5 })).toBe("abc-d"));\ntest("is shorter", () => expect(slugify("ab", { maxLength: 5 })).toBe("ab"));\n`,
  );
  await user.git(dir, "add", "--all");
  await user.git(dir, "commit", "--quiet", "--message=break it");
  const done = await user.claw(["localise", "test/exact.test.ts", "--lines", "40"], { cwd: dir });
  expect(done.stdout + done.stderr).toContain("done");
  expect(done.code).toBe(0);
  expect(done.stdout).toMatch(/^ {2}src\/truncate\.ts:\d+ \(\d\.\d\d\): .*maxLength/m);
  expect(done.stdout).not.toMatch(/^ {2}test\//m);
});

test("without a failing test nothing is changed: not-reproduced, with the lines that the issue's words point at", async () => {
  const dir = await user.example("duration-node-test");
  const done = await user.claw(["fix", "unitOf knows no weeks", "--engine", "search", "--json"], { cwd: dir });
  const result = lines(done).at(-1) as unknown as Record<string, unknown>;
  expect(done.code).toBe(10);
  expect(result["reason"]).toMatch(/needs a failing test[^]*src\/units\.js:\d+ \(1\.00\): export function unitOf/);
  expect(await user.git(dir, "branch", "--list", "claw/*")).toBe("");
});

test("the search engine takes no model", async () => {
  const done = await user.claw(["fix", "it fails", "--engine", "search", "--model", "openai/x"], { cwd: user.dir });
  expect([done.code, done.stderr]).toEqual([2, expect.stringContaining("asks no model")]);
});
