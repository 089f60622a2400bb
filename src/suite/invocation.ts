import type { Command, Word } from "./shell.ts";
import type { Runner } from "./suite.ts";

/** Where in a command its test runner is called. Indices are into `command.words`. */
export interface Invocation {
  readonly runner: Exclude<Runner, "generic">;
  /** Words before this one only prepare the call; from here on it is the runner's own command line. */
  readonly first: number;
  /** Arguments of the runner start here. */
  readonly args: number;
  /** Whether the words before `first` matter (a wrapper that sets variables) or only fetch or measure (npx, c8). */
  readonly keepPrefix: boolean;
}

const assignment = /^[A-Za-z_]\w*=/;
const programs: Readonly<Record<string, Invocation["runner"]>> = {
  vitest: "vitest",
  "vitest.mjs": "vitest",
  jest: "jest",
  "jest.js": "jest",
  mocha: "mocha",
  _mocha: "mocha",
  "mocha.js": "mocha",
  pytest: "pytest",
  "py.test": "pytest",
  rspec: "rspec",
};
/** Programs that only find, install or measure: the runner is called directly instead. */
const launchers = /^(?:cross-env|cross-env-shell|npx|pnpx|bunx|c8|nyc|poetry|uv|uvx|pipenv|hatch|rye|pdm|coverage)$/;
const packageManagers = /^(?:pnpm|yarn|npm|bun)$/;
/** Programs that change the surroundings of what they start: kept in front. */
const wrappers = /^(?:bundle|env|dotenv|dotenvx|env-cmd|xvfb-run|dbus-run-session|time|timeout|nice)$/;
const otherVitest = new Set(["bench", "list", "init", "related"]);

const basename = (path: string): string => path.slice(path.lastIndexOf("/") + 1);

/** How many words at the start of a command set variables. */
function leadingAssignments(words: readonly Word[]): number {
  const index = words.findIndex((word) => !assignment.test(word.text));
  return index === -1 ? words.length : index;
}

/** `node --test`, `node path/to/jest.js`, `tsx --test`: the program is node, the runner an argument of it. */
function throughNode(words: readonly Word[], at: number): Pick<Invocation, "runner" | "first" | "args"> | null {
  const test = words.findIndex((word, index) => index > at && word.text === "--test");
  const script = words.findIndex(
    (word, index) => index > at && basename(word.text) in programs && word.text.includes("/"),
  );
  if (test !== -1 && (script === -1 || test < script)) return { runner: "node-test", first: at, args: test + 1 };
  const runner = programs[basename(words[script]?.text ?? "")];
  return runner ? { runner, first: at, args: script + 1 } : null;
}

/** The runner called by the word at `at`, if it is one. */
function runnerAt(words: readonly Word[], at: number): Pick<Invocation, "runner" | "first" | "args"> | null {
  const name = basename(words[at]?.text ?? "");
  const next = words[at + 1]?.text;
  if (/^(?:node|tsx|ts-node)$/.test(name)) return throughNode(words, at);
  if (/^python[\d.]*$/.test(name)) {
    return next === "-m" && words[at + 2]?.text === "pytest" ? { runner: "pytest", first: at, args: at + 3 } : null;
  }
  if (name === "react-scripts" && next === "test") return { runner: "jest", first: at, args: at + 2 };
  if (name === "go") return next === "test" ? { runner: "go", first: at, args: at + 2 } : null;
  if (name === "cargo") {
    const verb = next?.startsWith("+") ? at + 2 : at + 1;
    return /^(?:test|t)$/.test(words[verb]?.text ?? "") ? { runner: "cargo", first: at, args: verb + 1 } : null;
  }
  if (/^mvnw?$/.test(name)) {
    const tests = words
      .slice(at + 1)
      .some((word) => /^(?:test|verify|package|install|integration-test)$/.test(word.text));
    return tests ? { runner: "maven", first: at, args: at + 1 } : null;
  }
  const runner = programs[name];
  if (!runner || (runner === "vitest" && otherVitest.has(next ?? ""))) return null;
  return { runner, first: at, args: at + 1 };
}

/** Finds the test runner a command calls, directly or through the usual launchers; null when it calls none. */
export function findRunner(command: Command): Invocation | null {
  const { words } = command;
  const start = leadingAssignments(words);
  const direct = runnerAt(words, start);
  if (direct) return { ...direct, keepPrefix: true };
  const program = basename(words[start]?.text ?? "");
  const launcher =
    launchers.test(program) || (packageManagers.test(program) && !/^(?:test|t)$/.test(words[start + 1]?.text ?? ""));
  if (!launcher && !wrappers.test(program)) return null;
  if (program === "coverage") {
    const module = words.findIndex((word, index) => word.text === "-m" && words[index + 1]?.text === "pytest");
    return module === -1 ? null : { runner: "pytest", first: module + 1, args: module + 2, keepPrefix: false };
  }
  for (let at = start + 1; at < words.length; at++) {
    const found = runnerAt(words, at);
    if (found) return { ...found, keepPrefix: !launcher };
  }
  return null;
}

/** The variables a launcher such as cross-env would have set, as raw assignments in front of the runner. */
export function assignmentsBefore(command: Command, invocation: Invocation, text: string): string {
  const set = command.words.slice(0, invocation.first).filter((word) => assignment.test(word.text));
  return set.map((word) => `${text.slice(word.start, word.end)} `).join("");
}
