import { parseOr } from "./json-text.ts";
import { isNothing, numberIn, plainWord, type Reworded } from "./plain-words.ts";

/** Words for a range of lines, spelled plainly. */
const words: Readonly<Record<string, "first" | "last" | "count" | "pair">> = {
  start: "first",
  startline: "first",
  linestart: "first",
  offset: "first",
  end: "last",
  endline: "last",
  lineend: "last",
  limit: "count",
  viewrange: "pair",
};

/**
 * Puts a range of lines, however it is said, into `start` and `end` (from 1; null for the file's own). Changes nothing
 * where the tool has no such range, or the range is in its own words already. Pure.
 */
export function withLineRange(sent: Record<string, unknown>, fields: readonly string[]): Reworded {
  if (!fields.includes("start") || !fields.includes("end")) return { args: sent };
  const meaning = (key: string) => (Object.hasOwn(words, plainWord(key)) ? words[plainWord(key)] : undefined);
  const keys = Object.keys(sent).filter((key) => meaning(key) !== undefined);
  if (keys.every((key) => fields.includes(key))) return { args: sent };

  const numbers = { first: new Set<number>(), last: new Set<number>(), count: new Set<number>() };
  for (const key of keys) {
    const is = meaning(key);
    const said = is === "pair" ? pairIn(sent[key]) : ([[is ?? "first", sent[key]]] as const);
    if (said === undefined) return { error: `${key} must be two line numbers` };
    for (const [end, value] of said) {
      if (isNothing(value)) continue;
      const number = numberIn(value);
      if (number === undefined || !Number.isSafeInteger(number) || number < (end === "last" ? -1 : 0))
        return { error: `${key} must be ${is === "pair" ? "two line numbers" : "a line number"}` };
      numbers[end].add(number);
    }
  }
  // By line 0 the beginning is meant, whether one counts from 0 or from 1; by a last line of -1 the end, by no lines all.
  const firsts = new Set([...numbers.first].map((line) => Math.max(line, 1)));
  const [first = 1] = firsts;
  const counted = [...numbers.count].filter((count) => count > 0).map((count) => first + count - 1);
  const lasts = new Set([...[...numbers.last].filter((line) => line > 0), ...counted]);
  for (const [name, { size }] of [
    ["start", firsts],
    ["end", lasts],
  ] as const)
    if (size > 1) return { error: `${name} is given twice, with different values` };
  const others = Object.fromEntries(Object.entries(sent).filter(([key]) => !keys.includes(key)));
  return { args: { ...others, start: firsts.size + counted.length === 0 ? null : first, end: [...lasts][0] ?? null } };
}

/** `[first, last]`, also as text, or nothing. Undefined for anything else. */
function pairIn(value: unknown): readonly (readonly ["first" | "last", unknown])[] | undefined {
  const pair = typeof value === "string" ? parseOr(value, value) : value;
  if (isNothing(pair) || (Array.isArray(pair) && pair.length === 0)) return [];
  if (!Array.isArray(pair) || pair.length !== 2) return undefined;
  return [
    ["first", pair[0]],
    ["last", pair[1]],
  ];
}
