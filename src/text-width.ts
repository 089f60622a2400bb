/**
 * Columns that texts take on a terminal: two for most of East Asia and for emoji, none for what is drawn over the letter
 * before it. The ranges are those with East_Asian_Width W or F in https://www.unicode.org/Public/16.0.0/ucd/EastAsianWidth.txt,
 * taken together where only unassigned characters lie between them.
 */
const wide =
  /^[\u1100-\u115f\u2329\u232a\u2630-\u2637\u268a-\u268f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6b\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{18d7f}\u{1aff0}-\u{1b2fb}\u{1d300}-\u{1d376}\u{1f200}-\u{1f265}\u{20000}-\u{3fffd}]/u;
const emoji = /^(?:\p{Emoji_Presentation}|\p{Emoji}\ufe0f|\p{Regional_Indicator}{2}|\p{Emoji}\u20e3)/u;
const drawnOver = /^[\p{Mn}\p{Me}\p{Cf}\p{Cc}\u{1160}-\u{11ff}]+$/u;
const drawnBeside = /\p{Mc}/gu;
const plain = /^[ -~]*$/;
/** Letters that are written from right to left. */
const rightToLeft = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;
// oxlint-disable-next-line no-control-regex -- colours take no columns
const colours = /\u001b\[[0-9;]*m/g;

/** The letters of a text as people count them. Loads tables of some milliseconds: only for texts that need them. */
export const letters = (text: string): readonly string[] =>
  Array.from(new Intl.Segmenter("en", { granularity: "grapheme" }).segment(text), ({ segment }) => segment);

/** Columns that one letter takes. */
export function letterWidth(letter: string): number {
  if (drawnOver.test(letter)) return 0;
  if (emoji.test(letter) || wide.test(letter)) return 2;
  const beside = letter.match(drawnBeside)?.length ?? 0;
  return beside + (/^\p{Mc}/u.test(letter) ? 0 : 1);
}

/** Columns that one line of text takes; colours take none. */
export function textWidth(text: string): number {
  const bare = text.includes("\u001b") ? text.replace(colours, "") : text;
  if (plain.test(bare)) return bare.length;
  return letters(bare).reduce((sum, letter) => sum + letterWidth(letter), 0);
}

/** The text with blanks up to so many columns, behind it or before it. */
export function padTo(text: string, columns: number, side: "left" | "right" = "left"): string {
  const blanks = " ".repeat(Math.max(0, columns - textWidth(text)));
  return side === "left" ? text + blanks : blanks + text;
}

/** The first line of a text without colours, cut at a whole letter where it takes more than so many columns. */
export function fitTo(text: string, columns: number): string {
  const line = text.trim().split("\n", 1)[0]?.trimEnd() ?? "";
  if (textWidth(line) <= columns) return line;
  let kept = "";
  let width = 0;
  for (const letter of letters(line)) {
    const next = letterWidth(letter);
    if (width + next > columns - 1) break;
    kept += letter;
    width += next;
  }
  return `${kept.trimEnd()}…`;
}

/**
 * Text that is written from right to left, kept from turning around what stands beside it in a line: between a first-strong
 * isolate and its end. https://www.unicode.org/reports/tr9/#Explicit_Directional_Isolates
 */
export const keptInPlace = (text: string): string => (rightToLeft.test(text) ? `\u2068${text}\u2069` : text);
