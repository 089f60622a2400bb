import { diffWordsWithSpace, structuredPatch } from "diff";
import { printable } from "../../text.ts";
import { type Line, looks, plainLine, type Span, span } from "./spans.ts";

/** Longer lines, and larger blocks, are not compared word by word. */
const LONGEST_LINE = 600;
const MOST_LINES = 60;

/** A patch in git's unified format, in colours: lines that were changed show which of their words were. */
export function patchLines(patch: string): readonly Line[] {
  const lines = printable(patch).trimEnd().split("\n");
  const shown: Line[] = [];
  for (let at = 0; at < lines.length;) {
    const line = lines[at] ?? "";
    const isHead = /^(?:--- |\+\+\+ )/.test(line);
    if (/^[-+]/.test(line) && !isHead) {
      const { before, after } = changed(lines, at);
      shown.push(...blockLines(before, after));
      at += before.length + after.length;
      continue;
    }
    const name = /^diff --git "?a\/(.*?)"? "?b\//.exec(line)?.[1];
    if (name !== undefined && shown.length > 0) shown.push([]);
    if (name !== undefined) shown.push(plainLine(name, looks.strong));
    else if (!isHead && !unsaid.test(line)) shown.push(plainLine(line, ...(/^[@nd]/.test(line) ? [looks.faint] : [])));
    at += 1;
  }
  return shown;
}

/** Lines of a patch that say nothing to people. */
const unsaid = /^(?:index |GIT binary|old mode|literal |delta )/;

/** One passage that takes another's place. */
export function passageLines(before: string, after: string): readonly Line[] {
  const { hunks } = structuredPatch("", "", ended(printable(before)), ended(printable(after)), "", "", { context: 2 });
  return hunks.flatMap(({ lines }, index) => {
    const own = lines.filter((line) => !line.startsWith("\\"));
    return [...(index > 0 ? [plainLine("…", looks.faint)] : []), ...patchLines(own.join("\n"))];
  });
}

const ended = (text: string): string => (text === "" || text.endsWith("\n") ? text : `${text}\n`);

/** The lines that go and those that come, as they stand one after the other. */
function changed(lines: readonly string[], from: number): { before: readonly string[]; after: readonly string[] } {
  const run = (sign: string, start: number): readonly string[] => {
    let end = start;
    while (lines[end]?.startsWith(sign)) end += 1;
    return lines.slice(start, end);
  };
  const before = run("-", from);
  return { before, after: run("+", from + before.length) };
}

function blockLines(before: readonly string[], after: readonly string[]): readonly Line[] {
  const alike = before.length === after.length && before.length <= MOST_LINES;
  if (!alike)
    return [...before.map((line) => plainLine(line, looks.red)), ...after.map((line) => plainLine(line, looks.green))];
  const pairs = before.map((line, index) => words(line.slice(1), (after[index] ?? "").slice(1)));
  return [
    ...pairs.map(([gone]) => [span("-", looks.red), ...gone]),
    ...pairs.map(([, come]) => [span("+", looks.green), ...come]),
  ];
}

/** Two versions of a line; the words that differ stand out. */
function words(before: string, after: string): readonly [readonly Span[], readonly Span[]] {
  if (before.length > LONGEST_LINE || after.length > LONGEST_LINE)
    return [[span(before, looks.red)], [span(after, looks.green)]];
  const parts = diffWordsWithSpace(before, after);
  const side = (skip: "added" | "removed", look: string): readonly Span[] =>
    parts
      .filter((part) => !part[skip])
      .map((part) => span(part.value, look, part.added || part.removed ? looks.inverse : ""));
  return [side("added", looks.red), side("removed", looks.green)];
}
