import { readFileSync } from "node:fs";
import type { Command } from "commander";
import { expect, test } from "vitest";
import { manPage } from "../../scripts/man-page.ts";
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

test("the manual in the package is that of these commands", async () => {
  expect(readFileSync("man/claw.1", "utf8"), "run: npm run build").toBe(await manPage());
});
