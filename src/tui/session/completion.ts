import type { Choice, SlashCommand } from "./screen.ts";

export interface Completion {
  readonly choices: readonly Choice[];
  /** The part of the text that a choice takes the place of. */
  readonly from: number;
  readonly to: number;
}

const MOST = 8;

/** All that is known by now of what could be meant. */
interface Known {
  readonly commands: readonly SlashCommand[];
  readonly files: readonly string[];
  /** By the name of the command that takes them. */
  readonly values: ReadonlyMap<string, readonly Choice[]>;
}

/** What could be meant by the word at the cursor: a command at the beginning, what it takes, a file behind @. Null when nothing. */
export function completionAt(text: string, cursor: number, { commands, files, values }: Known): Completion | null {
  const head = text.slice(0, cursor);
  const [, taker = "", value] = takes.exec(head) ?? [];
  if (value !== undefined && values.has(taker)) {
    const found = (values.get(taker) ?? []).filter((choice) => choice.text.startsWith(value)).slice(0, MOST);
    return found.length === 0 ? null : { choices: found, from: cursor - value.length, to: cursor };
  }
  const [, slash] = /^\/(\S*)$/.exec(head) ?? [];
  if (slash !== undefined) {
    const found = commands.filter(({ name }) => name.startsWith(slash));
    const choices = found.map(({ name, takes, about }) => ({ text: `/${name}${takes ? " " : ""}`, about }));
    return choices.length === 0 ? null : { choices, from: 0, to: cursor };
  }
  const [, word] = /(?:^|\s)@(\S*)$/.exec(head) ?? [];
  if (word === undefined) return null;
  const choices = nearestPaths(word, files).map((path) => ({ text: `@${quoted(path)} `, about: "" }));
  return choices.length === 0 ? null : { choices, from: cursor - word.length - 1, to: cursor };
}

/** Where a name with blanks ends, quotes say. */
const quoted = (path: string): string => (/\s/.test(path) ? `"${path}"` : path);

const takes = /^\/([a-z]+) +(\S*)$/;

/** The command that wants to be told what it could take at the cursor. */
export function wantsValues(
  text: string,
  cursor: number,
  commands: readonly SlashCommand[],
): { readonly name: string; readonly values: () => Promise<readonly Choice[]> } | null {
  const [, taker] = takes.exec(text.slice(0, cursor)) ?? [];
  const { name = "", values } = commands.find((command) => command.name === taker) ?? {};
  return values ? { name, values } : null;
}

/** Does one of the words at the cursor ask for files? */
export const wantsFiles = (text: string, cursor: number): boolean => /(?:^|\s)@\S*$/.test(text.slice(0, cursor));

/** Paths that hold the letters in their order, the nearest first: in the name, at its beginning, and short. */
function nearestPaths(word: string, files: readonly string[]): readonly string[] {
  const wanted = word.toLowerCase();
  const scored: { path: string; score: number }[] = [];
  for (const path of files) {
    const score = scoreOf(path.toLowerCase(), wanted);
    if (score !== null) scored.push({ path, score });
  }
  return scored
    .toSorted((one, other) => one.score - other.score || one.path.length - other.path.length)
    .slice(0, MOST)
    .map(({ path }) => path);
}

function scoreOf(path: string, wanted: string): number | null {
  const name = path.slice(path.lastIndexOf("/") + 1);
  if (name.startsWith(wanted)) return 0;
  if (path.startsWith(wanted)) return 1;
  if (name.includes(wanted)) return 2;
  if (path.includes(wanted)) return 3;
  let position = 0;
  for (const letter of wanted) {
    position = path.indexOf(letter, position) + 1;
    if (position === 0) return null;
  }
  return 4;
}
