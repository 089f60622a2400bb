import { joinLines, type Lines, ownPath } from "./coverage.ts";
import { isObject, objects, text } from "./readers/reader.ts";
import { generatedToOriginal, type Place } from "./source-map.ts";

/**
 * Executed lines from V8's block coverage: one JSON list of scripts per line of text, each with its `url`, its `functions`
 * and the `source` that V8 ran. Where that was made from another text, its inline source map leads back.
 */
export function v8Lines(report: string, root: string): Lines {
  const scripts = report.split("\n").flatMap(readScripts);
  return joinLines(
    scripts.map((script) => {
      const path = ownPath(text(script["url"]), root);
      const source = text(script["source"]);
      return new Map(path === null || source === "" ? [] : [[path, executed(source, ranges(script))]]);
    }),
  );
}

function readScripts(line: string): Record<string, unknown>[] {
  try {
    return objects(JSON.parse(line || "[]"));
  } catch {
    return [];
  }
}

interface Range {
  readonly start: number;
  readonly end: number;
  readonly count: number;
  /** The first range of a function is the function itself; the others are blocks in it. */
  readonly whole: boolean;
}

function ranges(script: Record<string, unknown>): Range[] {
  return objects(script["functions"]).flatMap((each) =>
    objects(each["ranges"]).map(({ startOffset, endOffset, count }, index) => ({
      start: Number(startOffset),
      end: Number(endOffset),
      count: Number(count),
      whole: index === 0 && isObject(each),
    })),
  );
}

/** Larger ranges first, so that the innermost one has the last word; a line with a function on it ran when that function did. */
function executed(source: string, all: readonly Range[]): ReadonlySet<number> {
  const counts = new Float64Array(source.length);
  for (const { start, end, count } of all.toSorted((a, b) => b.end - b.start - (a.end - a.start)))
    counts.fill(count, start, end);
  const places = generatedToOriginal(source) ?? firstPlaces(source);
  const starts = functionStarts(source, all);
  const ran = new Set<number>();
  for (const { offset, line } of places) if ((counts[offset] ?? 0) > 0) ran.add(line);
  for (const line of linesOf(places, starts, false)) ran.delete(line);
  for (const line of linesOf(places, starts, true)) ran.add(line);
  return ran;
}

/** Where functions begin, and whether they ran. The outermost range of a script is no function. */
function functionStarts(source: string, all: readonly Range[]): { offset: number; ran: boolean }[] {
  return all
    .filter(({ whole, start, end }) => whole && end - start < source.length && start > 0)
    .map(({ start, count }) => ({ offset: start, ran: count > 0 }));
}

function linesOf(
  places: readonly Place[],
  starts: readonly { offset: number; ran: boolean }[],
  ran: boolean,
): number[] {
  return starts
    .filter((start) => start.ran === ran)
    .flatMap(({ offset }) => {
      const place = places.findLast((each) => each.offset <= offset);
      return place ? [place.line] : [];
    });
}

/** The first character of each line with code on it: neither blank, nor comment alone. */
function firstPlaces(source: string): Place[] {
  let [offset, inComment] = [0, false];
  return source.split("\n").flatMap((content, index) => {
    const text = content.trim();
    const at = offset + content.search(/\S|$/);
    offset += content.length + 1;
    const begins = inComment || text.startsWith("/*");
    const ends = /\*\/\s*(\S?)/.exec(text);
    inComment = begins && !ends;
    const isComment = text.startsWith("//") || (begins && !ends?.[1]);
    return text === "" || isComment ? [] : [{ offset: at, line: index + 1 }];
  });
}
