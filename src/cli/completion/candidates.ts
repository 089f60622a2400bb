import type { Command as Commander, Option } from "commander";

/** A word that could come next, and what it is. */
export type Candidate = readonly [word: string, about: string];

/** What a word is to be, when it is not one of a command's own: a value that has to be looked up. */
export interface Wanted {
  /** As the command calls it: "run" for `[run]`, "model" for `--model <name>`; null where nothing more is taken. */
  readonly value: string | null;
  /** The words of the command line itself: sub-commands and options. */
  readonly own: readonly Candidate[];
}

/** What could stand where the last of `words` is being typed. `root` has the command of these words loaded. */
export function wantedAt(root: Commander, words: readonly string[]): Wanted {
  const current = words.at(-1) ?? "";
  let command = root;
  let taken = 0;
  let open: Option | undefined;
  for (const word of words.slice(0, -1)) {
    if (open) open = undefined;
    else if (word.startsWith("-")) open = withValue(command, word);
    else {
      const child = command.commands.find((one) => one.name() === word);
      taken = child ? 0 : taken + 1;
      command = child ?? command;
    }
  }
  if (open) return { value: open.attributeName(), own: [] };
  if (current.startsWith("-")) return { value: null, own: optionsOf(command).filter(beginning(current)) };
  const argument =
    command.registeredArguments[taken] ?? command.registeredArguments.findLast(({ variadic }) => variadic);
  return { value: argument?.name() ?? null, own: namesOf(command).filter(beginning(current)) };
}

export const beginning =
  (typed: string) =>
  ([word]: Candidate): boolean =>
    word.startsWith(typed);

/** The option that takes the next word; none for a switch, or where the value is given with "=". */
const withValue = (command: Commander, word: string): Option | undefined =>
  command.options.find(
    (option) => (option.long === word || option.short === word) && (option.required || option.optional),
  );

const optionsOf = (command: Commander): Candidate[] => [
  ...command.options.flatMap(({ long, hidden, description }): Candidate[] =>
    long && !hidden ? [[long, description]] : [],
  ),
  ["--help", "show help"],
];

const namesOf = (command: Commander): Candidate[] =>
  command
    .createHelp()
    .visibleCommands(command)
    .map((child): Candidate => [child.name(), child.description()]);
