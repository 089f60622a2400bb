import { globSync, readFileSync } from "node:fs";
import { type Command, CommanderError } from "commander";
import { expect, test } from "vitest";
import { manPage } from "../../scripts/man-page.ts";
import { UsageError } from "../../src/errors.ts";
import { helpText } from "../../src/cli/help-text.ts";
import { program } from "../../src/cli/program.ts";
import { topicNames } from "../../src/cli/topics/names.ts";
import { type, typingDesk } from "../support/cli-desk.ts";

const root = await program([], typingDesk(), { version: "0.0.0", done: () => {}, all: true });
const pathsOf = (command: Command, path: readonly string[]): readonly (readonly string[])[] =>
  command.commands
    .filter((child) => child.name() !== "help")
    .flatMap((child) => [[...path, child.name()], ...pathsOf(child, [...path, child.name()])]);
const everyCommand = pathsOf(root, []);

const faults = (page: string): readonly string[] =>
  page.split("\n").filter((line) => line.length > 80 || /[ \t]$/.test(line));

test("every command and sub-command has help with examples that fits a terminal of 80 columns", async () => {
  expect(everyCommand.length).toBeGreaterThan(40);
  for (const path of everyCommand) {
    const { code, out, err } = await type([...path, "--help"]);
    expect({ path, code, err, faults: faults(out) }).toEqual({ path, code: 0, err: "", faults: [] });
    expect(out).toContain(`Usage: claw ${path.join(" ")}`);
    expect(out, `claw ${path.join(" ")} has no example`).toMatch(/^Examples?:\n( +\S.*\n)* *.*claw /m);
  }
});

test("no command knows an option that is not there: two lines and exit 2, also for what a slip of the finger makes", async () => {
  for (const path of everyCommand) {
    const { code, out, err } = await type([...path, "--jsno"]);
    expect({ path, code, out, lines: err.trimEnd().split("\n").length }).toEqual({ path, code: 2, out: "", lines: 2 });
    expect(err).toMatch(/^claw: unknown option '--jsno'.*\n {2}see: claw .*--help\n$/);
  }
});

test.each(["", ...topicNames.map((name) => `help ${name}`)])("claw %s fits a terminal of 80 columns", async (typed) => {
  const { out } = await type(typed === "" ? ["--help"] : typed.split(" "));
  expect(faults(out)).toEqual([]);
});

test("prose is filled, and a list goes on under what it explains", () => {
  const text =
    "One line\nand another that is longer than that.\n\nExamples:\n  claw it\n\n  name   says what it is and more\n";
  expect(helpText(text, 40)).toBe(
    "One line and another that is longer than\nthat.\n\nExamples:\n  claw it\n\n  name   says what it is and more",
  );
  expect(helpText("  name   says what it is and also somewhat more", 40)).toBe(
    "  name   says what it is and also\n         somewhat more",
  );
});

/** Command lines of claw's in a text: in its code blocks, below "Examples:", or all of it for a script. */
function commandLines(text: string): readonly (readonly string[])[] {
  const lines = text
    .replaceAll(/\\\n\s*/g, " ")
    .replaceAll(/(?:^|\s)#\s.*$| {3,}.*$/gm, "")
    .split("\n");
  return lines.flatMap((line) =>
    [
      ...line.matchAll(
        /(?:^|[|&;(]|\bexec) *(?:"\$\{CLAW:-claw\}"|npx claw|claw) ((?:"[^"]*"|'[^']*'|[^|&;)#<>"'])*)/g,
      ),
    ].map(([, typed = ""]) =>
      [...typed.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(([, a, b, c]) => a ?? b ?? c ?? ""),
    ),
  );
}

const blocksOf = (text: string): string =>
  [...text.matchAll(/^```(?:sh|bash)?\n([^]*?)^```/gm)].map(([, block]) => block).join("\n");

/** What the parser says about words that are typed; nothing is run. */
async function refusal(words: readonly string[]): Promise<string> {
  const whole = await program(words, typingDesk(), { version: "0.0.0", done: () => {} });
  const quiet = { writeOut: () => {}, writeErr: () => {}, outputError: () => {} };
  for (const each of [whole, ...allOf(whole)]) each.configureOutput(quiet);
  const error: unknown = await whole.parseAsync([...words], { from: "user" }).catch((thrown: unknown) => thrown);
  const misread =
    error instanceof CommanderError
      ? error.exitCode !== 0
      : error instanceof UsageError && error.hint.startsWith("see: claw");
  return misread ? `claw ${words.join(" ")}: ${(error as Error).message}` : "";
}

const allOf = (command: Command): readonly Command[] => command.commands.flatMap((child) => [child, ...allOf(child)]);

test("every command line in the documents, the examples and the help is one that claw takes", async () => {
  const documents = ["README.md", ...globSync("{docs,examples}/**/*.md")].map((file) =>
    blocksOf(readFileSync(file, "utf8")),
  );
  const scripts = globSync("examples/**/*.{sh,example}").map((file) =>
    readFileSync(file, "utf8").replaceAll(/^\s*#.*$/gm, ""),
  );
  const pages = await Promise.all(everyCommand.map(async (path) => (await type([...path, "--help"])).out));
  const examples = pages.map(
    (page) =>
      /^Examples?:\n((?: .*\n?)*)/m
        .exec(page)?.[1]
        ?.replaceAll(/\n {4,}/g, " ")
        .replaceAll(/^ +/gm, "") ?? "",
  );
  const lines = [...documents, ...scripts, ...examples].flatMap(commandLines);
  expect(lines.length).toBeGreaterThan(100);
  const refused: string[] = [];
  // What is no command is said to a session.
  for (const words of lines.filter(([first = ""]) => /^[a-z-]+$/.test(first)))
    refused.push(await refusal(words.filter((word) => word !== "…" && word !== "$@")));
  expect(refused.filter((words) => words !== "")).toEqual([]);
});

test("the manual in the package is that of these commands", async () => {
  expect(readFileSync("man/claw.1", "utf8"), "run: npm run build").toBe(await manPage());
});
