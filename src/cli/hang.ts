import { textWidth } from "../text-width.ts";

/** Columns before the text of a row, unless said otherwise: two blanks, its name, one blank. */
const INDENT = 10;
/** On a terminal narrower than this, lines are left to it. */
const NARROWEST = 40;

/** Blanks outside a command of claw or git, which is copied whole or not at all. */
export const betweenCommands = / (?!(?:[a-z-]+ )?[0-9][0-9a-z]{11}\b|claw\/|merge\b|--?[a-z])/;

/**
 * A row's text within so many columns, its further lines under the first. Breaks only where `between` matches, at blanks
 * unless said otherwise, so that a command can stay in one piece; what is longer than a line is left to the terminal.
 */
export function hang(text: string, columns: number, between = / /, indent = INDENT): string {
  if (columns < NARROWEST || textWidth(text) + indent <= columns) return text;
  const lines: string[] = [];
  let line = "";
  for (const part of partsOf(text, between)) {
    if (line !== "" && indent + textWidth((line + part).trimEnd()) > columns) {
      lines.push(line.trimEnd());
      line = "";
    }
    line += part;
  }
  return [...lines, line].join(`\n${" ".repeat(indent)}`);
}

/** The text in pieces that end with what is between them. */
const partsOf = (text: string, between: RegExp): string[] => text.split(new RegExp(`(?<=${between.source})`));
