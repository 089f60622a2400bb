interface Replacement {
  readonly before: string;
  readonly after: string;
  readonly all: boolean;
}

export type Replaced = { readonly text: string; readonly around: string } | { readonly problem: string };

const CONTEXT = 4;
const NEAREST_LINES = 30;

/**
 * Exact match once (or everywhere with `all`); failing that, a match that differs only by a uniform indentation;
 * failing that, a problem that shows the nearest lines, so that the next try can be right. A file whose lines all end in
 * CRLF is matched, and stays, that way, also when the passage is given with plain line ends.
 */
export function replaceOnce(text: string, { before, after, all }: Replacement): Replaced {
  const plain = text.replaceAll("\r\n", "\n");
  const crlf = plain !== text && !/(?<!\r)\n/.test(text) && !`${before}${after}`.includes("\r");
  if (!crlf) return replaceIn(text, { before, after, all });
  const replaced = replaceIn(plain, { before, after, all });
  return "problem" in replaced ? replaced : { ...replaced, text: replaced.text.replaceAll("\n", "\r\n") };
}

function replaceIn(text: string, { before, after, all }: Replacement): Replaced {
  if (before === "") return { problem: "old_string is empty" };
  if (before === after) return { problem: "old_string and new_string are the same" };
  const parts = text.split(before);
  const count = parts.length - 1;
  if (count === 1 || (count > 1 && all)) {
    const changed = parts.join(after);
    return { text: changed, around: around(changed, text.indexOf(before), after.length) };
  }
  if (count > 1) {
    return {
      problem: `old_string occurs ${count} times (lines ${linesOf(text, before).join(", ")}): add lines around it, or set replace_all`,
    };
  }
  return (
    reindented(text, before, after) ?? {
      problem: `old_string is not in the file. The nearest lines are:\n${nearestBlock(text, before)}`,
    }
  );
}

/** A few numbered lines around a change. */
export function around(text: string, at: number, length: number): string {
  const lines = text.split("\n");
  const first = text.slice(0, at).split("\n").length;
  const last = text.slice(0, at + length).split("\n").length;
  const from = Math.max(1, first - CONTEXT);
  const to = Math.min(lines.length, last + CONTEXT);
  const shown = lines.slice(from - 1, to).map((line, index) => `${from + index}\t${line.slice(0, 200)}`);
  return shown.length <= 40 ? shown.join("\n") : [...shown.slice(0, 20), "…", ...shown.slice(-20)].join("\n");
}

function linesOf(text: string, part: string): number[] {
  const found = new Set<number>();
  for (let at = text.indexOf(part); at >= 0 && found.size < 6; at = text.indexOf(part, at + 1)) {
    found.add(text.slice(0, at).split("\n").length);
  }
  return [...found];
}

const indentOf = (line: string): string => /^[ \t]*/.exec(line)?.[0] ?? "";

/** The same lines under another common indentation, if there is exactly one such place. */
function reindented(text: string, before: string, after: string): Replaced | null {
  const wanted = before.replace(/\n$/, "").split("\n");
  const lines = text.split("\n");
  const places: { readonly at: number; readonly from: string; readonly to: string }[] = [];
  for (let at = 0; at + wanted.length <= lines.length; at++) {
    const shift = shiftBetween(wanted, lines, at);
    if (shift) places.push({ at, ...shift });
  }
  const [place] = places;
  if (!place || places.length > 1) return null;
  const moved = (after === "" ? [] : after.replace(/\n$/, "").split("\n")).map((line) =>
    line.trim() === "" ? line : place.to + (line.startsWith(place.from) ? line.slice(place.from.length) : line),
  );
  const changed = [...lines.slice(0, place.at), ...moved, ...lines.slice(place.at + wanted.length)].join("\n");
  const start = lines.slice(0, place.at).join("\n").length;
  return { text: changed, around: around(changed, start + 1, moved.join("\n").length) };
}

/** The indentation that makes the wanted lines those of a file from line `at` on, if one does. */
function shiftBetween(
  wanted: readonly string[],
  lines: readonly string[],
  at: number,
): { readonly from: string; readonly to: string } | null {
  const first = wanted.findIndex((line) => line.trim() !== "");
  if (first < 0) return null;
  const from = indentOf(wanted[first] ?? "");
  const to = indentOf(lines[at + first] ?? "");
  const fits = wanted.every((line, index) => {
    const other = lines[at + index] ?? "";
    if (line.trim() === "") return other.trim() === "";
    return line.startsWith(from) && to + line.slice(from.length) === other;
  });
  return fits ? { from, to } : null;
}

/** The block of the file most like the wanted one: it shares most lines, or else its first line has most words in common. */
export function nearestBlock(text: string, before: string): string {
  const wanted = before.split("\n").slice(0, NEAREST_LINES);
  const lines = text.split("\n");
  const known = new Set(wanted.map((line) => line.trim()).filter(Boolean));
  const words = new Set(before.match(/\w+/g)?.slice(0, 200));
  const scores = lines.map((line) => (known.has(line.trim()) ? 2 : sharedWords(line, words)));
  let best = { at: 0, score: -1 };
  let score = 0;
  for (let end = 0; end < lines.length; end++) {
    score += (scores[end] ?? 0) - (scores[end - wanted.length] ?? 0);
    const at = Math.max(0, end - wanted.length + 1);
    const exact = lines[at]?.trim() === wanted[0]?.trim() ? 0.5 : 0;
    if (score + exact > best.score) best = { at, score: score + exact };
  }
  return lines
    .slice(best.at, best.at + wanted.length)
    .map((line, index) => `${line === wanted[index] ? " " : "!"} ${best.at + index + 1}\t${line.slice(0, 200)}`)
    .join("\n");
}

/** Share of a line's words that are among the given ones, below one. */
function sharedWords(line: string, words: ReadonlySet<string>): number {
  const own = line.slice(0, 400).match(/\w+/g) ?? [];
  return own.length === 0 ? 0 : (own.filter((word) => words.has(word)).length / own.length) * 0.9;
}
