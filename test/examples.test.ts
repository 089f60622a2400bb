import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { compareResults } from "../src/suite/compare.ts";
import { detectSuite } from "../src/suite/detect.ts";
import { matchesLock } from "../src/suite/installed-match.ts";
import { dependencyPlan } from "../src/suite/packages.ts";
import { failedTests, verdict, type SuitePlan } from "../src/suite/suite.ts";
import { borrowPackages, runSuite } from "./support/run-suite.ts";

const project = join(import.meta.dirname, "..");
const examples = join(project, "examples");

const Session = z.strictObject({
  note: z.string().regex(/^Recorded replies/),
  sessions: z.strictObject({ reproduce: z.array(z.unknown()), patch: z.array(z.unknown()) }),
});
const Turn = z.strictObject({
  text: z.string(),
  calls: z.array(z.strictObject({ name: z.string(), arguments: z.record(z.string(), z.unknown()) })).min(1),
});
const Edit = z.strictObject({
  path: z.string(),
  old_string: z.string(),
  new_string: z.string(),
  replace_all: z.boolean().nullable(),
});
const Finish = z.strictObject({
  outcome: z.literal("done"),
  summary: z.string().min(20),
  test_commands: z.array(z.string()).min(1),
});

type Turns = z.infer<typeof Turn>[];

const callsNamed = <T>(turns: Turns, name: string, shape: z.ZodType<T>): T[] =>
  turns.flatMap((turn) => turn.calls.filter((call) => call.name === name).map((call) => shape.parse(call.arguments)));

/** Does what the edit tool would do, and returns the paths it changed. */
function applyEdits(directory: string, turns: Turns): string[] {
  return callsNamed(turns, "edit", Edit).map(({ path, old_string, new_string }) => {
    const file = join(directory, path);
    const before = old_string === "" ? "" : readFileSync(file, "utf8");
    expect(old_string === "" ? Number(existsSync(file)) : before.split(old_string).length - 1).toBe(
      old_string === "" ? 0 : 1,
    );
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, old_string === "" ? new_string : before.replace(old_string, () => new_string));
    return path;
  });
}

const filesOf = (directory: string): string[] =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
    .filter((path) => !path.startsWith("node_modules"));

const made: string[] = [];
afterAll(() => made.forEach((directory) => rmSync(directory, { recursive: true, force: true })));

/** A private copy of an example, its recorded session, and the plan found for its tests. */
function open(name: string): { directory: string; reproduce: Turns; patch: Turns; plan: SuitePlan } {
  const directory = mkdtempSync(join(realpathSync(tmpdir()), "claw-example-"));
  made.push(directory);
  cpSync(join(examples, name), directory, { recursive: true });
  const files = filesOf(directory);
  const read = (path: string): string | undefined =>
    files.includes(path) ? readFileSync(join(directory, path), "utf8") : undefined;
  const { sessions } = Session.parse(JSON.parse(readFileSync(join(directory, "session.json"), "utf8")));
  const plan = detectSuite({ files, read })[0] as SuitePlan;
  if (dependencyPlan({ files, read }).needsInstall) borrowPackages(directory);
  return {
    directory,
    reproduce: z.array(Turn).parse(sessions.reproduce),
    patch: z.array(Turn).parse(sessions.patch),
    plan,
  };
}

describe.each([
  ["slug-vitest-ts", "vitest"],
  ["duration-node-test", "node-test"],
  ["ledger-pytest", "pytest"],
])("example %s", (name, runner) => {
  const { directory, reproduce, patch, plan } = open(name);

  test("its recorded session turns a green suite red by assertions, and green again", () => {
    const base = runSuite(directory, plan);
    expect([plan.runner, verdict(base)]).toEqual([runner, "green"]);

    const tests = applyEdits(directory, reproduce);
    const red = runSuite(directory, plan, tests);
    expect(verdict(red)).toBe("red");
    expect(
      failedTests(red).filter(
        ({ loadError, message }) => loadError || !/assert|expect|UnbalancedEntry/i.test(message ?? ""),
      ),
    ).toEqual([]);

    const sources = applyEdits(directory, patch);
    expect(sources.filter((path) => tests.includes(path))).toEqual([]);
    expect(verdict(runSuite(directory, plan, tests))).toBe("green");
    const head = runSuite(directory, plan);
    expect(verdict(head)).toBe("green");
    expect(compareResults(base, head)).toEqual({
      newlyFailing: [],
      fixed: [],
      stillFailing: [],
      missing: [],
      newlySkipped: [],
    });
    expect(head.tests.length).toBeGreaterThan(base.tests.length);
  });

  test("each session runs its tests and then finishes, the patch twice: before and after claw's checklist", () => {
    const lastCalls = (turns: Turns, count: number): string[] =>
      turns.slice(-count).map((turn) => turn.calls.at(-1)?.name ?? "");
    expect([lastCalls(reproduce, 2), lastCalls(patch, 3)]).toEqual([
      ["bash", "finish"],
      ["bash", "finish", "finish"],
    ]);
    expect(callsNamed([...reproduce, ...patch], "finish", Finish)).toHaveLength(3);
  });

  test("it is a whole little repository", () => {
    expect(readdirSync(join(examples, name))).toEqual(
      expect.arrayContaining(["README.md", "ISSUE.md", "session.json", ".gitignore"]),
    );
    expect(existsSync(join(examples, name, ".git"))).toBe(false);
  });
});

test("the vitest example locks exactly what this project has installed, so that no installation is needed", () => {
  const read = (path: string): string => readFileSync(join(project, path), "utf8");
  const example = "examples/slug-vitest-ts";
  const files = ["package.json", "package-lock.json"];
  const plan = dependencyPlan({
    files,
    read: (path) => (files.includes(path) ? read(`${example}/${path}`) : undefined),
  });
  const record = read("node_modules/.package-lock.json");
  expect(matchesLock(plan, read(`${example}/package-lock.json`), { record, packages: [] })).toMatchObject({ ok: true });
  const versionIn = (path: string): unknown =>
    z.object({ devDependencies: z.object({ vitest: z.string() }) }).parse(JSON.parse(read(path))).devDependencies
      .vitest;
  expect(versionIn(`${example}/package.json`)).toBe(versionIn("package.json"));
});
