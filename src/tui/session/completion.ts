import type { SlashCommand } from "./screen.ts";

interface Choice {
  /** What stands in the list. */
  readonly text: string;
  readonly about: string;
}

export interface Completion {
  readonly choices: readonly Choice[];
  /** The part of the text that a choice takes the place of. */
  readonly from: number;
  readonly to: number;
}

const MOST = 8;

/** What could be meant by the word at the cursor: a command at the beginning, a file behind @. Null when nothing. */
export function completionAt(
  text: string,
  cursor: number,
  { commands, files }: { readonly commands: readonly SlashCommand[]; readonly files: readonly string[] },
): Completion | null {
  const head = text.slice(0, cursor);
  const [, slash] = /^\/(\S*)$/.exec(head) ?? [];
  if (slash !== undefined) {
    const found = commands.filter(({ name }) => name.startsWith(slash));
    const choices = found.map(({ name, takes, about }) => ({ text: `/${name}${takes ? " " : ""}`, about }));
    return choices.length === 0 ? null : { choices, from: 0, to: cursor };
  }
  const [, word] = /(?:^|\s)@(\S*)$/.exec(head) ?? [];
  if (word === undefined) return null;
  const choices = nearestPaths(word, files).map((path) => ({ text: `@${path} `, about: "" }));
  return choices.length === 0 ? null : { choices, from: cursor - word.length - 1, to: cursor };
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
