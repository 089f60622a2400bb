import { findRunner } from "./invocation.ts";
import { pytestLimit } from "./pytest-limit.ts";
import { isRedirect, parseCommands, shellQuote, type Word } from "./shell.ts";
import { type Flags, flagsOf } from "./runner-flags.ts";
import type { Runner, SuitePlan } from "./suite.ts";

/** A command for the sandbox's shell, and variables it wants besides the sandbox's own. */
export interface SuiteCommand {
  readonly shell: string;
  readonly env: Readonly<Record<string, string>>;
}

/** The project's own interpreter when there is one, else the machine's. */
const python = `py=python3; for v in .venv venv; do if [ -x "$root/$v/bin/python" ]; then py="$root/$v/bin/python"; break; fi; done`;

/** Takes out what the report needs changed, with values that stand in a word of their own; and paths, when others are given. */
function keepArguments(words: readonly Word[], flags: Flags, limited: boolean): Word[] {
  const kept: Word[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at] as Word;
    const next = words[at + 1];
    const hasValue = flags.valued.test(word.text) && next !== undefined;
    const dropped = flags.drop.test(word.text) || (limited && !word.text.startsWith("-"));
    if (!dropped) kept.push(word, ...(hasValue ? [next] : []));
    if (hasValue) at += 1;
  }
  return kept;
}

/** Where a test never ends: what stops it. Other runners have limits of their own for tests that wait; loops are made to end by themselves. */
const stopping: Partial<Record<Runner, readonly string[]>> = {
  pytest: pytestLimit.flags,
  "node-test": ["--test-timeout=10000"],
};

/** Arguments of a program that hands what follows "--" on to its tests; of two such marks one is enough. */
function beforeDashes(kept: readonly string[], targets: readonly string[], flags: readonly string[]): string[] {
  const at = kept.indexOf("--");
  const [own, tests] = at === -1 ? [kept, []] : [kept.slice(0, at), kept.slice(at + 1)];
  const wished = flags[0] === "--" ? flags.slice(1) : flags;
  return [...own, ...targets, ...(tests.length + wished.length > 0 ? ["--", ...tests, ...wished] : [])];
}

/** The script with reporter flags, and with the given test files in place of its own. */
function withReport(plan: SuitePlan, report: string, files: readonly string[]): string {
  const text = plan.script;
  const command = parseCommands(text)?.find((each) => findRunner(each) !== null);
  const invocation = command && findRunner(command);
  if (!command || !invocation) return text;
  const flags = flagsOf[invocation.runner];
  const raw = (word: Word): string => text.slice(word.start, word.end);
  const args = command.words.slice(invocation.args);
  const redirect = args.findIndex((word) => isRedirect(word, text));
  const own = redirect === -1 ? args : args.slice(0, redirect);
  const limited = files.length > 0;
  const prefix = command.words.slice(0, invocation.first).map(raw);
  const program = keepArguments(command.words.slice(invocation.first, invocation.args), flags, false).map(raw);
  const head = [...prefix, ...(invocation.runner === "pytest" ? ['"$py" -m pytest'] : program)];
  const tail = redirect === -1 ? [] : args.slice(redirect).map(raw);
  const wished = plan.flags.map(shellQuote);
  const paths = flags.limit?.(files).map(shellQuote) ?? files.map((file) => `"$root"/${shellQuote(file)}`);
  const kept = keepArguments(own, flags, limited).map(raw);
  const line = [
    ...head,
    ...flags.add(report, limited).map(shellQuote),
    ...(flags.flagsLast ? [] : wished),
    ...(plan.hangs ? (stopping[invocation.runner] ?? []) : []),
    ...(flags.flagsLast ? beforeDashes(kept, limited ? paths : [], wished) : [...kept, ...(limited ? paths : [])]),
    ...tail,
    ...(flags.report ? [flags.report(shellQuote(report))] : []),
  ];
  return text.slice(0, command.start) + line.join(" ") + text.slice(command.end);
}

/**
 * The shell text that runs a suite, or only the given files of it (relative to the repository; a generic command cannot be
 * limited), leaving a machine-readable report at `report`, an absolute path. An older report there is removed first, so
 * that what is found afterwards is of this run. Runs in the repository's root.
 */
export function suiteCommand(
  plan: SuitePlan,
  options: { readonly files?: readonly string[]; readonly report: string },
): SuiteCommand {
  const report = shellQuote(options.report);
  const lines = [
    'root=$PWD; export PATH="$root/node_modules/.bin:$PATH"',
    `rm -f ${report}`,
    ...(plan.runner === "pytest" ? [python] : []),
    ...(plan.runner === "pytest" && plan.hangs ? pytestLimit.lines : []),
    ...(plan.runner !== "generic" && flagsOf[plan.runner].before ? [flagsOf[plan.runner].before ?? ""] : []),
    plan.runner === "generic" ? plan.script : withReport(plan, options.report, options.files ?? []),
  ];
  // Python prints sets in a new order in every run, unless told otherwise: that would look like a flaky failure.
  return {
    shell: lines.join("\n"),
    env: { CI: "1", NO_COLOR: "1", VITEST_SKIP_INSTALL_CHECKS: "1", PYTHONHASHSEED: "0" },
  };
}
