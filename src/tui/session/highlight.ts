import type { Line, Span } from "./spans.ts";
import { looks, span } from "./spans.ts";

/** Code as lines in its colours; null for a language that is not known. */
export type Highlight = (code: string, language: string) => readonly Line[] | null;

/** Longer code is shown as it is: nobody reads colours of megabytes. */
const LONGEST = 60_000;

/** Nothing has a colour of its own. */
export const noHighlight: Highlight = () => null;

const lookOf: Readonly<Record<string, string>> = {
  keyword: looks.magenta,
  built_in: looks.cyan,
  type: looks.cyan,
  literal: looks.yellow,
  number: looks.yellow,
  string: looks.green,
  regexp: looks.green,
  comment: looks.faint,
  title: looks.blue,
  attr: looks.cyan,
  attribute: looks.cyan,
  tag: looks.blue,
  name: looks.blue,
  meta: looks.faint,
  section: looks.strong,
  addition: looks.green,
  deletion: looks.red,
};

interface Node {
  readonly type: string;
  readonly value?: string;
  readonly properties?: { readonly className?: unknown };
  readonly children?: readonly Node[];
}

/** Loads the grammars, some hundred milliseconds of work: to be called while somebody waits anyway. */
export async function loadHighlight(): Promise<Highlight> {
  const { common, createLowlight } = await import("lowlight");
  const known = createLowlight(common);
  return (code, language) => {
    if (language === "" || code.length > LONGEST || !known.registered(language)) return null;
    return linesOf(spansOf(known.highlight(language, code).children as readonly Node[], undefined));
  };
}

const spansOf = (nodes: readonly Node[], look: string | undefined): readonly Span[] =>
  nodes.flatMap((node) =>
    node.type === "text" ? [span(node.value ?? "", look)] : spansOf(node.children ?? [], lookFor(node) ?? look),
  );

/** "hljs-title function_" is a title. */
function lookFor({ properties }: Node): string | undefined {
  const names = Array.isArray(properties?.className) ? properties.className : [];
  const [first] = names.filter((name) => typeof name === "string");
  return lookOf[first?.replace(/^hljs-/, "") ?? ""];
}

/** Spans cut at line breaks. */
function linesOf(spans: readonly Span[]): readonly Line[] {
  const lines: Span[][] = [[]];
  for (const { text, look } of spans) {
    const [first = "", ...more] = text.split("\n");
    lines.at(-1)?.push(span(first, look));
    for (const part of more) lines.push([span(part, look)]);
  }
  return lines;
}
