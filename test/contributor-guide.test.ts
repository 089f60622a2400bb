import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { UserConfig, userConfigSchema } from "../src/config.ts";
import { exitCodes } from "../src/errors.ts";
import { readManifest } from "../src/policy/manifest.ts";
import { readStrictYaml } from "../src/strict-yaml.ts";

const guides = ["AGENTS.md", "README.md", "SECURITY.md", ...globSync("docs/*.md").toSorted()];
const read = (file: string) => readFileSync(file, "utf8");
const scripts = Object.keys((JSON.parse(read("package.json")) as { scripts: Record<string, string> }).scripts);
const menu = existsSync("src/cli/program.ts") ? namesOnTheMenu(read("src/cli/program.ts")) : undefined;

/** Inline code and the lines of code blocks: where a guide names things. */
function codeIn(text: string): readonly string[] {
  const blocks = [...text.matchAll(/^```\w*\n([\s\S]*?)^```/gm)].flatMap(([, block = ""]) => block.split("\n"));
  const inline = [...text.replace(/^```[\s\S]*?^```/gm, "").matchAll(/`([^`]+)`/g)].map(([, code = ""]) => code);
  return [...blocks, ...inline].map((code) => code.replace(/\s+/g, " ").trim());
}

/** Paths of this project: below a folder of it, or a file at its top. What is built or the user's is not. */
function pathsIn(text: string): readonly string[] {
  const links = [...text.matchAll(/\]\(([^)#:]+)\)/g)].map(([, path = ""]) => path);
  const named = codeIn(text).filter((code) =>
    /^(src|test|scripts|bin|bench|schema|prompts|examples|\.ci|\.github)\/\S*$/.test(code),
  );
  const ours = codeIn(text).filter((code) => /^[A-Za-z-]+\.(md|json)$/.test(code));
  return [...new Set([...links, ...named, ...ours])];
}

/** `src/tools/<name>.ts` stands for a file to come: its folder must exist, and hold others like it. */
function isThere(path: string): boolean {
  if (!path.includes("<")) return existsSync(path);
  return existsSync(dirname(path)) && globSync(path.replace(/<[^>]+>/g, "*")).length > 0;
}

function scriptsIn(text: string): readonly string[] {
  return codeIn(text).flatMap((code) =>
    [...code.matchAll(/\bnpm (?:run )?(test|(?<=run )[a-z:-]+)/g)].map(([, name = ""]) => name),
  );
}

function commandsIn(text: string): readonly string[] {
  return codeIn(text).flatMap((code) =>
    [...code.matchAll(/(?:^|\| |npx )claw ([a-z-]+)/g)].map(([, name = ""]) => name),
  );
}

function namesOnTheMenu(program: string): readonly string[] {
  return [...program.matchAll(/import\("\.\/commands\/([a-z-]+)\.ts"\)/g)].map(([, name = ""]) => name);
}

describe.each(guides)("%s", (guide) => {
  test("names only paths that exist", () => {
    const there = (path: string): boolean => isThere(path) || existsSync(join(dirname(guide), path));
    expect(pathsIn(read(guide)).filter((path) => !there(path))).toEqual([]);
  });

  test("names only scripts of package.json", () => {
    expect(scriptsIn(read(guide)).filter((name) => !scripts.includes(name))).toEqual([]);
  });

  test.skipIf(menu === undefined)("names only commands that are on the menu", () => {
    const own = ["help"]; // of the command line itself
    expect(commandsIn(read(guide)).filter((name) => ![...own, ...(menu ?? [])].includes(name))).toEqual([]);
  });
});

test("the guide says how each script is used", () => {
  const named = scriptsIn(read("AGENTS.md"));
  expect(scripts.filter((name) => !named.includes(name))).toEqual([]);
});

test.skipIf(menu === undefined)("docs/commands.md lists every command", () => {
  const named = commandsIn(read("docs/commands.md"));
  expect(menu?.filter((name) => !named.includes(name))).toEqual([]);
});

test("the README lists every outcome with its exit code", () => {
  const rows = [...read("README.md").matchAll(/^\| (\d+) \| `([a-z-]+)` \|/gm)].map(([, code, outcome]) => [
    outcome,
    Number(code),
  ]);
  expect(Object.fromEntries(rows)).toEqual(exitCodes);
});

test.each(["README.md", "docs/configuration.md"])("the examples of configuration in %s are valid", (guide) => {
  const blocks = [...read(guide).matchAll(/^```yaml\n([\s\S]*?)^```/gm)].map(([, yaml = ""]) => yaml);
  const [[user = ""] = [], [repository = ""] = []] = [/^# config\.yaml/, /^# claw\.yaml/].map((kind) =>
    blocks.filter((block) => kind.test(block)),
  );
  const readUser = (text: string) =>
    readStrictYaml(text, { file: "config.yaml", schema: UserConfig, published: userConfigSchema });
  expect(readUser(user).endpoints).toHaveProperty("local");
  expect(readManifest(repository).test.command).toBe("npm test");
  for (const block of blocks) expect(/^# (?:config|claw)\.yaml/.test(block)).toBe(true);
  for (const block of blocks.filter((one) => one.startsWith("# config.yaml")))
    expect(() => readUser(block)).not.toThrow();
});

test("what is checked is really found in a guide", () => {
  const guide = [
    "See `src/nowhere.ts`, [the plan](PLAN.md), `src/tools/<name>.ts` and `src/rooms/<name>.ts`.",
    "Run `npm run frobnicate`, `npm test`, `claw conjure 7` or:",
    "```sh",
    "cat issue | claw divine -",
    "```",
  ].join("\n");
  expect(pathsIn(guide).filter((path) => !isThere(path))).toEqual(["PLAN.md", "src/nowhere.ts", "src/rooms/<name>.ts"]);
  expect(scriptsIn(guide)).toEqual(["frobnicate", "test"]);
  expect(commandsIn(guide)).toEqual(["divine", "conjure"]);
});
