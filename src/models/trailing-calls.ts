import type { RawCall } from "./repair.ts";

/** Calls a model wrote as text because its server did not parse them, and the words before them. */
export interface Rescued {
  readonly text: string;
  readonly calls: readonly RawCall[];
}

/** All matches of `pattern` that follow each other up to the end of the text. */
export function trailing(
  text: string,
  pattern: RegExp,
  read: (match: RegExpMatchArray) => RawCall | null,
): Rescued | null {
  const matches = [...text.matchAll(pattern)];
  let from = text.length;
  const calls: RawCall[] = [];
  for (const match of matches.toReversed()) {
    if (text.slice(match.index + match[0].length, from).trim() !== "") break;
    const call = read(match);
    if (call === null) return null;
    calls.unshift(call);
    from = match.index;
  }
  return calls.length === 0 ? null : { text: text.slice(0, from), calls };
}
