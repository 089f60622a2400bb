import { lexer, type Token, type Tokens } from "marked";
import { printable } from "../../text.ts";
import type { Highlight } from "./highlight.ts";
import { type Line, lineWidth, looks, plainLine, type Span, span, wrapLine } from "./spans.ts";

export interface Sheet {
  readonly columns: number;
  /** Without colours, marks stay where looks would say it. */
  readonly colours: boolean;
  readonly highlight: Highlight;
}

/** Markdown as lines of a terminal: what a model says is data, nothing in it moves the cursor. */
export const markdownLines = (text: string, sheet: Sheet): readonly Line[] => blocks(lexer(clean(text)), sheet);

const clean = (text: string): string => printable(text);

/** Blocks with an empty line between them. */
function blocks(tokens: readonly Token[], sheet: Sheet): readonly Line[] {
  const lines: Line[] = [];
  for (const token of tokens) {
    const own = block(token, sheet);
    if (own.length > 0 && lines.length > 0) lines.push([]);
    lines.push(...own);
  }
  return lines;
}

function block(token: Token, sheet: Sheet): readonly Line[] {
  switch (token.type) {
    case "space":
    case "def":
      return [];
    case "heading": {
      const { tokens, depth } = token as Tokens.Heading;
      const mark = sheet.colours ? [] : [span(`${"#".repeat(depth)} `)];
      const look = depth === 1 ? `${looks.strong};${looks.under}` : looks.strong;
      return wrapLine([...mark, ...inline(tokens, sheet, look)], sheet.columns);
    }
    case "code": {
      const { text, lang = "" } = token as Tokens.Code;
      return codeLines(text, lang, sheet);
    }
    case "list":
      return list(token as Tokens.List, sheet);
    case "table":
      return table(token as Tokens.Table, sheet);
    case "blockquote": {
      const inner = blocks((token as Tokens.Blockquote).tokens, { ...sheet, columns: sheet.columns - 2 });
      return inner.map((line) => [span("│ ", looks.faint), ...line]);
    }
    case "hr":
      return [plainLine("─".repeat(Math.min(40, sheet.columns)), looks.faint)];
    default:
      return paragraph(token, sheet);
  }
}

function paragraph(token: Token, sheet: Sheet): readonly Line[] {
  const spans = "tokens" in token && token.tokens ? inline(token.tokens, sheet) : [span(token.raw.trimEnd())];
  return broken(spans).flatMap((line) => wrapLine(line, sheet.columns));
}

/** Line breaks in what was written are breaks here, too. */
function broken(spans: readonly Span[]): readonly Line[] {
  const lines: Span[][] = [[]];
  for (const { text, look } of spans) {
    const [first = "", ...more] = text.split("\n");
    if (first !== "") lines.at(-1)?.push(span(first, look));
    for (const part of more) lines.push(part === "" ? [] : [span(part, look)]);
  }
  return lines;
}

function codeLines(text: string, language: string, { highlight }: Sheet): readonly Line[] {
  const [name = ""] = language.split(/\s/, 1);
  const lines = highlight(text, name) ?? text.split("\n").map((line) => plainLine(line));
  return lines.map((line) => [span("  "), ...line]);
}

function list({ ordered, start, items }: Tokens.List, sheet: Sheet): readonly Line[] {
  return items.flatMap((item, index) => {
    const number = `${(typeof start === "number" ? start : 1) + index}.`;
    const mark = item.task ? (item.checked ? "[x]" : "[ ]") : ordered ? number : "•";
    const indent = " ".repeat(mark.length + 1);
    const inner = { ...sheet, columns: Math.max(10, sheet.columns - indent.length) };
    const parts = item.tokens.filter(({ type }) => type !== "checkbox").flatMap((token) => block(token, inner));
    const lines = parts.length > 0 ? parts : [[]];
    return lines.map((line, row) => [span(row === 0 ? `${mark} ` : indent), ...line]);
  });
}

/** Columns beside each other where they have room, else each row as a list. */
function table({ header, rows, align }: Tokens.Table, sheet: Sheet): readonly Line[] {
  const cells = [header, ...rows].map((row) => row.map(({ tokens }) => inline(tokens, sheet)));
  const widths = header.map((_, column) => Math.max(1, ...cells.map((row) => lineWidth(row[column] ?? []))));
  const whole = widths.reduce((sum, width) => sum + width + 2, -2);
  if (whole > sheet.columns) return tableAsList(cells, sheet);
  const drawn = cells.map((row, number) =>
    widths.flatMap((width, column): Span[] => {
      const cell = (row[column] ?? []).map(({ text, look }) => span(text, look, number === 0 ? looks.strong : ""));
      const blanks = span(" ".repeat(width - lineWidth(cell)));
      const gap = span(column < widths.length - 1 ? "  " : "");
      return align[column] === "right" ? [blanks, ...cell, gap] : [...cell, blanks, gap];
    }),
  );
  const rule = plainLine(widths.map((width) => "─".repeat(width)).join("  "), looks.faint);
  return [drawn[0] ?? [], rule, ...drawn.slice(1)];
}

const tableAsList = (
  [header = [], ...rows]: readonly (readonly (readonly Span[])[])[],
  sheet: Sheet,
): readonly Line[] =>
  rows.flatMap((row) =>
    row.flatMap((cell, column) => {
      const name = (header[column] ?? []).map(({ text }) => text).join("");
      const lead = [span(column === 0 ? "• " : "  "), span(`${name}: `, looks.strong)];
      return wrapLine([...lead, ...cell], sheet.columns);
    }),
  );

/** Words in a line, in the looks of what is around them. */
function inline(tokens: readonly Token[], sheet: Sheet, look = ""): readonly Span[] {
  return tokens.flatMap((token): readonly Span[] => {
    switch (token.type) {
      case "strong":
        return inline((token as Tokens.Strong).tokens, sheet, join(look, looks.strong));
      case "em":
        return inline((token as Tokens.Em).tokens, sheet, join(look, looks.italic));
      case "del":
        return inline((token as Tokens.Del).tokens, sheet, join(look, "9"));
      case "codespan":
        return [span(code((token as Tokens.Codespan).text, sheet), join(look, looks.cyan))];
      case "br":
        return [span("\n")];
      case "link":
        return link(token as Tokens.Link, sheet, look);
      case "image":
        return [span(`[image: ${(token as Tokens.Image).text}] ${(token as Tokens.Image).href}`, look)];
      default:
        if ("tokens" in token && token.tokens) return inline(token.tokens, sheet, look);
        return [span("text" in token ? String(token.text) : token.raw, look)];
    }
  });
}

const join = (one: string, other: string): string => (one === "" ? other : `${one};${other}`);

/** Without colours its marks say where code begins and ends. */
const code = (text: string, { colours }: Sheet): string => (colours ? text : `\`${text}\``);

/** The address is shown: a link says where it leads. */
function link({ tokens, href, text }: Tokens.Link, sheet: Sheet, look: string): readonly Span[] {
  const label = inline(tokens, sheet, join(look, looks.under));
  return href === text || href === `mailto:${text}` ? label : [...label, span(` (${href})`, join(look, looks.faint))];
}

/** Where a text may be cut while it still grows: before its last block, which may go on even behind an empty line, as lists do. */
export function completeUpTo(text: string): number {
  const tokens = lexer(text);
  const last = tokens.findLastIndex(({ type }) => type !== "space");
  const done = tokens
    .slice(0, Math.max(0, last))
    .map(({ raw }) => raw)
    .join("");
  return text.startsWith(done) ? done.length : 0;
}
