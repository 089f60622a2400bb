import type { Hunk } from "./patch-text.ts";
import { around, nearestBlock } from "./replace.ts";

export type Patched = { readonly text: string; readonly around: string } | { readonly problem: string };

/**
 * Applies the hunks of one file in order, each behind the one before it. Lines are matched exactly, failing that without
 * regard to white space at their ends. A place that could be several is none. A file whose lines all end in CRLF stays
 * that way. Pure.
 */
export function patchLines(text: string, hunks: readonly Hunk[]): Patched {
  const plain = text.replaceAll("\r\n", "\n");
  const crlf = plain !== text && !/(?<!\r)\n/.test(text);
  const patched = patchPlain(crlf ? plain : text, hunks);
  return !crlf || "problem" in patched ? patched : { ...patched, text: patched.text.replaceAll("\n", "\r\n") };
}

/** A file's lines; whether its last one is ended. */
function linesOf(text: string): { readonly lines: readonly string[]; readonly ended: boolean } {
  const ended = text === "" || text.endsWith("\n");
  return { lines: text === "" ? [] : text.replace(/\n$/, "").split("\n"), ended };
}

const beforeOf = ({ lines }: Hunk): readonly string[] => unmarked(lines, "+");
const afterOf = ({ lines }: Hunk): readonly string[] => unmarked(lines, "-");
const unmarked = (lines: readonly string[], left: "+" | "-"): readonly string[] =>
  lines.filter((line) => !line.startsWith(left)).map((line) => line.slice(1));

function patchPlain(text: string, hunks: readonly Hunk[]): Patched {
  const { lines, ended } = linesOf(text);
  const made: string[] = [];
  const changed: { readonly from: number; readonly to: number }[] = [];
  let cursor = 0;
  for (const [index, hunk] of hunks.entries()) {
    const found = placeOf(lines, hunk, cursor);
    if ("problem" in found)
      return { problem: hunks.length > 1 ? `change ${index + 1}: ${found.problem}` : found.problem };
    made.push(...lines.slice(cursor, found.at));
    cursor = found.at;
    const from = made.length;
    for (const line of hunk.lines) {
      // What stays is the file's own line: the patch may have other white space at its end.
      if (line.startsWith("+")) made.push(line.slice(1));
      else if (line.startsWith("-")) cursor += 1;
      else made.push(lines[cursor++] ?? "");
    }
    changed.push({ from, to: made.length });
  }
  made.push(...lines.slice(cursor));
  const whole = made.length === 0 ? "" : made.join("\n") + (ended ? "\n" : "");
  const length = (count: number): number => made.slice(0, count).join("\n").length;
  const shown = changed.map(({ from, to }) => {
    const start = length(from) + (from > 0 ? 1 : 0);
    return around(whole, start, Math.max(0, length(to) - start));
  });
  return { text: whole, around: shown.join("\n…\n") };
}

/** Where in the file a hunk belongs, from line `from` on. */
function placeOf(
  lines: readonly string[],
  hunk: Hunk,
  from: number,
): { readonly at: number } | { readonly problem: string } {
  const { below, atEnd } = hunk;
  const before = beforeOf(hunk);
  const after = from > 0 ? " after the change before it" : "";
  let start = from;
  for (const place of below) {
    const at = named(lines, place, start);
    if (at === null) return { problem: `there is no line "${place.slice(0, 120)}"${after}` };
    start = at + 1;
  }
  // Nothing to find: what comes is put at the named place, else at the end.
  if (before.length === 0) return { at: below.length > 0 && !atEnd ? start : lines.length };
  const last = lines.length - before.length;
  if (atEnd && matches(lines, before, start).includes(last)) return { at: last };
  // The line that an "@@" names may be the first of the lines themselves.
  const found = [matches(lines, before, start), matches(lines, before, Math.max(from, start - 1))];
  const places = found[0]?.length ? found[0] : (found[1] ?? []);
  const [at] = places;
  if (at === undefined)
    return {
      problem: `these lines are not in the file${after}. The nearest are:\n${nearestBlock(lines.join("\n"), before.join("\n"))}`,
    };
  if (places.length > 1 && below.length === 0) {
    const numbers = places.slice(0, 6).map((line) => line + 1);
    return {
      problem: `the lines occur ${places.length} times (at ${numbers.join(", ")}): add lines around them, or "@@ <a line above>"`,
    };
  }
  return { at };
}

/** Every place where lines stand in this order: exactly, else but for white space at their ends. */
function matches(lines: readonly string[], wanted: readonly string[], from: number): readonly number[] {
  const exact = standing(lines, wanted, from);
  if (exact.length > 0) return exact;
  const bare = (line: string): string => line.trimEnd();
  return standing(lines.map(bare), wanted.map(bare), from);
}

function standing(lines: readonly string[], wanted: readonly string[], from: number): readonly number[] {
  const found: number[] = [];
  for (let at = from; at + wanted.length <= lines.length; at += 1)
    if (wanted.every((line, index) => lines[at + index] === line)) found.push(at);
  return found;
}

/** The line that an `@@` line means: it says all of it, or how it begins; null when there is none. */
function named(lines: readonly string[], place: string, from: number): number | null {
  const bare = lines.map((line) => line.trim());
  for (const fits of [(line: string) => line === place, (line: string) => line.startsWith(place)]) {
    const at = bare.findIndex((line, index) => index >= from && fits(line));
    if (at >= 0) return at;
  }
  return null;
}

/** Has this been done already? Every hunk's new lines are there in order, and its old ones are not, or are part of them. */
export function isPatched(text: string, hunks: readonly Hunk[]): boolean {
  const { lines } = linesOf(text.replaceAll("\r\n", "\n"));
  let from = 0;
  for (const hunk of hunks) {
    const after = afterOf(hunk);
    const [at] = matches(lines, after, from);
    if (at === undefined) return false;
    from = at + after.length;
  }
  const within = hunks.every((hunk) => matches(afterOf(hunk), beforeOf(hunk), 0).length > 0);
  return within || "problem" in patchLines(text, hunks);
}
