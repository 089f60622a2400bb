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
 * failing that, a problem that shows the nearest lines, so that the next try can be right.
 */
export function replaceOnce(text: string, { before, after, all }: Replacement): Replaced {
  if (before === after) return { problem: "old_string and new_string are the same" };
  const count = text.split(before).length - 1;
  if (count === 1 || (count > 1 && all)) {
    const at = text.indexOf(before);
    const changed = all ? text.split(before).join(after) : text.slice(0, at) + after + text.slice(at + before.length);
    return { text: changed, around: around(changed, at, after.length) };
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
function around(text: string, at: number, length: number): string {
  const lines = text.split("\n");
  const first = text.slice(0, at).split("\n").length;
  const last = text.slice(0, at + length).split("\n").length;
  const from = Math.max(1, first - CONTEXT);
  const to = Math.min(lines.length, last + CONTEXT);
  const shown = lines.slice(from - 1, to).map((line, index) => `${from + index}\t${line.slice(0, 200)}`);
  return shown.length <= 40 ? shown.join("\n") : [...shown.slice(0, 20), "…", ...shown.slice(-20)].join("\n");
}

function linesOf(text: string, part: string): number[] {
  const found: number[] = [];
  for (let at = text.indexOf(part); at >= 0 && found.length < 6; at = text.indexOf(part, at + 1)) {
    found.push(text.slice(0, at).split("\n").length);
  }
  return found;
}

const indentOf = (line: string): string => /^[ \t]*/.exec(line)?.[0] ?? "";

/** The same lines under another common indentation, if there is exactly one such place. */
function reindented(text: string, before: string, after: string): Replaced | null {
  const wanted = before.replace(/\n$/, "").split("\n");
  const lines = text.split("\n");
  const places: { readonly at: number; readonly from: string; readonly to: string }[] = [];
  for (let at = 0; at + wanted.length <= lines.length; at++) {
    const shift = shiftBetween(wanted, lines.slice(at, at + wanted.length));
    if (shift) places.push({ at, ...shift });
  }
  const [place] = places;
  if (!place || places.length > 1) return null;
  const moved = after
    .replace(/\n$/, "")
    .split("\n")
    .map((line) =>
      line.trim() === "" ? line : place.to + (line.startsWith(place.from) ? line.slice(place.from.length) : line),
    );
  const changed = [...lines.slice(0, place.at), ...moved, ...lines.slice(place.at + wanted.length)].join("\n");
  const start = lines.slice(0, place.at).join("\n").length;
  return { text: changed, around: around(changed, start + 1, moved.join("\n").length) };
}

function shiftBetween(wanted: readonly string[], found: readonly string[]): { from: string; to: string } | null {
  const first = wanted.findIndex((line) => line.trim() !== "");
  if (first < 0) return null;
  const from = indentOf(wanted[first] ?? "");
  const to = indentOf(found[first] ?? "");
  const fits = wanted.every((line, index) => {
    const other = found[index] ?? "";
    if (line.trim() === "") return other.trim() === "";
    return line.startsWith(from) && to + line.slice(from.length) === other;
  });
  return fits ? { from, to } : null;
}

/** The block of the file most like the wanted one, by shared trimmed lines; differing lines are marked. */
function nearestBlock(text: string, before: string): string {
  const wanted = before.split("\n").slice(0, NEAREST_LINES);
  const lines = text.split("\n");
  const trimmed = new Set(wanted.map((line) => line.trim()).filter(Boolean));
  let best = { at: 0, score: -1 };
  for (let at = 0; at < lines.length; at++) {
    const block = lines.slice(at, at + wanted.length);
    const score = block.reduce((sum, line, index) => {
      const same =
        line.trim() === wanted[index]?.trim()
          ? 2
          : trimmed.has(line.trim())
            ? 1
            : similarity(line, wanted[index] ?? "");
      return sum + same;
    }, 0);
    if (score > best.score) best = { at, score };
  }
  return lines
    .slice(best.at, best.at + wanted.length)
    .map((line, index) => `${line === wanted[index] ? " " : "!"} ${best.at + index + 1}\t${line.slice(0, 200)}`)
    .join("\n");
}

/** Share of common words, below one. */
function similarity(a: string, b: string): number {
  const words = new Set(a.match(/\w+/g) ?? []);
  const others = b.match(/\w+/g) ?? [];
  if (words.size === 0 || others.length === 0) return 0;
  return (others.filter((word) => words.has(word)).length / Math.max(words.size, others.length)) * 0.9;
}
