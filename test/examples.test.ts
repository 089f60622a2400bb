import { execFileSync } from "node:child_process";
import { existsSync, globSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { UserConfig, userConfigSchema } from "../src/config.ts";
import { readManifest } from "../src/policy/manifest.ts";
import { readStrictYaml } from "../src/strict-yaml.ts";
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

test("every manifest and every configuration among the examples is one that claw takes", () => {
  const manifests = globSync("manifests/*.yaml", { cwd: examples });
  expect(manifests).toHaveLength(3);
  for (const file of manifests) expect(() => readManifest(readFileSync(join(examples, file), "utf8"))).not.toThrow();
  const text = readFileSync(join(examples, "gpu-server/config.yaml"), "utf8");
  const config = readStrictYaml(text, { file: "config.yaml", schema: UserConfig, published: userConfigSchema });
  expect(config.endpoints).toHaveProperty("local");
});

test("scripts of examples are scripts of the shell they name", () => {
  const scripts = globSync("**/*.sh", { cwd: examples }).map((file) => join(examples, file));
  expect(scripts.length).toBeGreaterThan(2);
  for (const script of scripts) execFileSync("sh", ["-n", script]);
});

test("a server of one's own is started with what claw serve-check would ask for", () => {
  const read = (file: string): string => readFileSync(join(examples, "gpu-server", file), "utf8");
  const advice = readFileSync(join(project, "src/models/probe/advice.ts"), "utf8");
  for (const flag of [
    "--max-model-len",
    "--enable-auto-tool-choice --tool-call-parser",
    "--gpu-memory-utilization 0.92",
  ]) {
    expect(read("vllm.sh")).toContain(flag);
    expect(advice).toContain(flag);
  }
  for (const flag of ["--jinja", "--metrics"]) {
    expect(read("llama-cpp.sh")).toContain(flag);
    expect(advice).toContain(flag);
  }
  for (const script of ["vllm.sh", "llama-cpp.sh"]) expect(read(script)).toContain("--host 127.0.0.1");
});

test("the list of examples names each of them", () => {
  const list = readFileSync(join(examples, "README.md"), "utf8");
  const folders = readdirSync(examples, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  for (const { name } of folders) expect(list).toContain(`(${name}/README.md)`);
});
