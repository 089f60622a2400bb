import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { matchesLock } from "../src/suite/installed-match.ts";
import { dependencyPlan } from "../src/suite/packages.ts";

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
const Finish = z.strictObject({
  outcome: z.literal("done"),
  summary: z.string().min(20),
  test_commands: z.array(z.string()).min(1),
});

type Turns = z.infer<typeof Turn>[];

const callsNamed = <T>(turns: Turns, name: string, shape: z.ZodType<T>): T[] =>
  turns.flatMap((turn) => turn.calls.filter((call) => call.name === name).map((call) => shape.parse(call.arguments)));

describe.each(["slug-vitest-ts", "duration-node-test", "ledger-pytest"])("example %s", (name) => {
  test("each session runs its tests and then finishes, the patch twice: before and after claw's checklist", () => {
    const { sessions } = Session.parse(JSON.parse(readFileSync(join(examples, name, "session.json"), "utf8")));
    const reproduce = z.array(Turn).parse(sessions.reproduce);
    const patch = z.array(Turn).parse(sessions.patch);
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
