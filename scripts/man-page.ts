import { readFileSync } from "node:fs";
import type { Command } from "commander";
import type { CommandDesk } from "../src/cli/command.ts";
import { helpText } from "../src/cli/help-text.ts";
import { program } from "../src/cli/program.ts";
import { topicTexts } from "../src/cli/topics/texts.ts";
import { localTimes } from "../src/times.ts";

/** Help for a page stands in the manual as it is: man indents it by 7 columns, of 80. */
const COLUMNS = 72;

const version = (JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { version: string })
  .version;

/** A desk that no command is run at. */
const desk: CommandDesk = {
  app: () => Promise.reject(new Error("a manual runs no command")),
  out: () => {},
  bytes: () => {},
  heard: () => false,
  err: () => {},
  status: { show: () => {}, clear: () => {} },
  cwd: "/",
  stdin: () => Promise.resolve(Buffer.alloc(0)),
  line: () => Promise.resolve(null),
  terminal: { stdin: false, stdout: true, stderr: false, columns: COLUMNS, colour: false },
  signal: new AbortController().signal,
  times: localTimes,
};

/** man/claw.1 in the language of man(7), from the commands themselves: https://man7.org/linux/man-pages/man7/man.7.html */
export async function manPage(): Promise<string> {
  const root = await program([], desk, { version, done: () => {}, all: true });
  const commands = root.commands.flatMap(withMembers);
  return [
    `.\\" Made by npm run build from the commands in src/cli; a change here is lost.`,
    `.TH CLAW 1 "" "claw ${version}" "User Commands"`,
    ".SH NAME",
    "claw \\- a governed coding-agent runner: it proves a fix instead of claiming it",
    ".SH SYNOPSIS",
    ".B claw",
    ".I command",
    ".RI [ options ]",
    ".SH DESCRIPTION",
    ...prose(description),
    ".SH COMMANDS",
    ...commands.flatMap(section),
    ".SH EXIT STATUS",
    ...preformatted(helpText(topicTexts.outcomes(), COLUMNS)),
    ".SH FILES",
    ...files.flatMap(([name, what]) => [".TP", `.I ${escaped(name)}`, escaped(what)]),
    ".SH ENVIRONMENT",
    ...environment.flatMap(([name, what]) => [".TP", `.B ${escaped(name)}`, escaped(what)]),
    ".SH SEE ALSO",
    ...prose("git(1), bwrap(1), claw help outcomes, claw help manifest, claw help config, claw help sandbox"),
    "",
  ].join("\n");
}

const description = `claw takes an issue and leaves a proven fix: a test that fails without the change, passes with it, and fails
again when the change is taken back, executed by claw itself, in a sandbox. Everything that happened is in a ledger that shows
when it was changed. Results go to standard output, progress to standard error; with --json each is one JSON object per line.
claw asks nothing where standard input is no terminal, or CI is set.`;

const files = [
  ["~/.config/claw/config.yaml", "the user's configuration: models, credentials by reference, budgets, notifications"],
  ["claw.yaml", "what a repository allows, at its root; it can only narrow what the user's configuration grants"],
  ["~/.local/state/claw", "the ledger, private clones and reports; $CLAW_HOME or $XDG_STATE_HOME/claw in its place"],
] as const;

const environment = [
  ["OPENAI_API_KEY, OPENAI_BASE_URL, ANTHROPIC_API_KEY, ANTHROPIC_BASE_URL", "models without a configuration"],
  ["CLAW_MODEL", "the model to ask, as <endpoint>/<model>"],
  ["CLAW_HOME", "where the ledger is"],
  ["GITHUB_TOKEN, GH_TOKEN", "the token for github.com"],
  ["NO_COLOR, FORCE_COLOR", "whether colours are used"],
  ["CI", "set: no questions, and lines in place of the live view"],
] as const;

const withMembers = (command: Command): readonly Command[] =>
  command.name() === "help" ? [] : [command, ...command.commands.flatMap(withMembers)];

const spelled = (command: Command): string =>
  command.parent ? `${spelled(command.parent)} ${command.name()}` : command.name();

/** One command: how it is typed, what it does, its options, and what its help says after them. */
function section(command: Command): readonly string[] {
  const options = command.options.filter(({ hidden }) => !hidden);
  return [
    `.SS ${escaped(`${spelled(command)} ${command.usage()}`)}`,
    ...prose(`${command.description()}.`),
    ...options.flatMap(({ flags, description: about }) => [".TP", `.B ${escaped(flags)}`, escaped(about)]),
    ...preformatted(afterHelp(command)),
  ];
}

/** What is added to the help of a command; commander gives it to listeners only. */
function afterHelp(command: Command): string {
  let text = "";
  command.configureOutput({ writeOut: (part) => (text += part) });
  command.outputHelp();
  return text.slice(text.indexOf(command.helpInformation()) + command.helpInformation().length).trim();
}

const prose = (text: string): readonly string[] => [".PP", ...text.split("\n").map(escaped)];

const preformatted = (text: string): readonly string[] =>
  text === "" ? [] : [".PP", ".nf", ...text.split("\n").map(escaped), ".fi"];

/** Backslashes, hyphens that are typed as such, and points and quotes that would begin a request. */
const escaped = (text: string): string => text.replaceAll("\\", "\\e").replaceAll("-", "\\-").replace(/^[.']/, "\\&$&");
