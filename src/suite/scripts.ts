import { assignmentsBefore, findRunner, type Invocation } from "./invocation.ts";
import { parseCommands, type Command } from "./shell.ts";

/** The scripts of a package.json. */
export type Scripts = Readonly<Record<string, string>>;

/** A command line with package scripts spelled out, cut down to what leads to its test runner. */
export interface Resolved {
  readonly script: string;
  readonly leftOut: readonly string[];
  readonly runner: Invocation["runner"] | null;
}

const call = /^(?:npm|pnpm|yarn|bun)$/;
const checker =
  /^(?:eslint|xo|standard|prettier|biome|oxlint|oxfmt|tslint|stylelint|semistandard|knip|publint|attw|ruff|flake8|mypy|black|isort)$/;

/** Which script a command such as `npm run build -- --fast` runs, and with which further arguments. */
function scriptCall(command: Command, scripts: Scripts, text: string): { name: string; rest: string } | null {
  const [program, verb, third] = command.words.map((word) => word.text);
  if (!call.test(program ?? "") || verb === undefined) return null;
  const explicit = verb === "run" || verb === "run-script";
  const name = explicit ? third : verb === "t" || verb === "tst" ? "test" : verb;
  if (name === undefined || !(name in scripts)) return null;
  if (program === "bun" && !explicit) return null; // `bun test` is bun's own runner, not the script
  const after = command.words
    .slice(explicit ? 3 : 2)
    .filter((word) => word.text !== "--" && !/^(?:-s|--silent|--if-present)$/.test(word.text));
  return { name, rest: after.map((word) => ` ${text.slice(word.start, word.end)}`).join("") };
}

/** Spells package scripts out, `pre` scripts included, so that the runner's own command line becomes visible. */
function expand(text: string, scripts: Scripts, depth: number): string {
  const commands = parseCommands(text);
  if (commands === null || depth > 8) return text;
  const parts = commands.map((command) => {
    const found = scriptCall(command, scripts, text);
    const body = found && scripts[found.name];
    const own = text.slice(command.start, command.end);
    if (!found || body === undefined || body === null) return `${own} ${command.operator}`;
    const before = scripts[`pre${found.name}`];
    const chain = [...(before ? [before] : []), body + found.rest].map((part) => expand(part, scripts, depth + 1));
    return `${chain.join(" && ")} ${command.operator}`;
  });
  return parts.join(" ").trim();
}

/** Checks style or types and builds nothing: its verdict is not about tests. */
function isCheck(command: Command): boolean {
  const [first, second] = command.words.map((word) => word.text);
  const words = /^(?:npx|pnpm|yarn)$/.test(first ?? "") ? command.words.slice(1) : command.words;
  if (checker.test(words[0]?.text ?? "")) return true;
  if (/^v?tsc$|^vue-tsc$/.test(words[0]?.text ?? "")) return words.some((word) => word.text === "--noEmit");
  return (
    call.test(first ?? "") &&
    /^(?:lint|format|typecheck|type-check)/.test(second === "run" ? (command.words[2]?.text ?? "") : (second ?? ""))
  );
}

/** The runner's command without launchers that only fetch or measure, so that its own flags can be set. */
function direct(command: Command, invocation: Invocation, text: string): string {
  if (invocation.keepPrefix) return text.slice(command.start, command.end);
  const from = command.words[invocation.first]?.start ?? command.start;
  return assignmentsBefore(command, invocation, text) + text.slice(from, command.end);
}

/**
 * Follows a command line to its test runner. What prepares the tests stays (builds); linters before them and everything
 * after them are left out, because their exit codes are not about tests. Without a known runner the text stays as it is.
 */
export function resolveCommand(typed: string, scripts: Scripts): Resolved {
  const text = expand(typed, scripts, 0);
  const commands = parseCommands(text);
  const target = commands?.findIndex((command) => findRunner(command) !== null) ?? -1;
  const command = commands?.[target];
  const invocation = command ? findRunner(command) : null;
  if (!commands || !command || !invocation || commands.slice(0, target).some((each) => each.operator === "|")) {
    return { script: typed, leftOut: [], runner: null };
  }
  const kept: string[] = [];
  const leftOut: string[] = [];
  commands.forEach((each, index) => {
    const own = text.slice(each.start, each.end);
    if (index === target) kept.push(direct(each, invocation, text));
    else if (index > target || isCheck(each)) leftOut.push(own);
    else kept.push(`${own} ${each.operator}`);
  });
  return { script: kept.join(" "), leftOut, runner: invocation.runner };
}
