import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type * as TreeSitter from "@vscode/tree-sitter-wasm";
import { type Language, type Role, roles } from "./languages.ts";

/** A node of a parsed file, as plain data. Offsets are UTF-16 units from the start of the file; lines count from 1. */
export interface Node {
  /** What the grammar calls it; of a token, the token itself. */
  readonly type: string;
  readonly role: Role | null;
  /** What it is to its parent: "left", "condition", …; null when the grammar has no name for it. */
  readonly field: string | null;
  readonly start: number;
  readonly end: number;
  readonly line: number;
  readonly lastLine: number;
  readonly text: string;
  /** Blanks and tabs at the beginning of its first line. */
  readonly indent: string;
  readonly parent: Node | null;
  /** Without tokens, comments and what the language's table ignores. */
  readonly parts: readonly Node[];
  /** Operators, keywords and punctuation. */
  readonly tokens: readonly Node[];
}

/** Parses one language. */
export interface Reader {
  readonly language: Language;
  parse(text: string): Node;
  /** Does the text follow the grammar? */
  accepts(text: string): boolean;
}

/** Gives out readers, each loaded when it is first asked for. */
export function openReaders(): (language: Language) => Promise<Reader> {
  const opened = new Map<Language, Promise<Reader>>();
  return (language) => {
    const reader = opened.get(language) ?? openReader(language);
    opened.set(language, reader);
    return reader;
  };
}

async function openReader(language: Language): Promise<Reader> {
  const require = createRequire(import.meta.url);
  const { Parser, Language: Grammar } = require("@vscode/tree-sitter-wasm") as typeof TreeSitter;
  const folder = dirname(require.resolve("@vscode/tree-sitter-wasm"));
  await Parser.init({ locateFile: (file) => join(folder, file) });
  const parser = new Parser();
  parser.setLanguage(await Grammar.load(join(folder, `tree-sitter-${language.name.toLowerCase()}.wasm`)));
  const use = <T>(text: string, look: (root: TreeSitter.Node) => T): T => {
    const tree = parser.parse(text);
    if (!tree) throw new Error(`${language.name} was not parsed`);
    try {
      return look(tree.rootNode);
    } finally {
      tree.delete();
    }
  };
  return {
    language,
    parse: (text) => use(text, (root) => plain(root, text)),
    accepts: (text) => use(text, (root) => !root.hasError),
  };
}

/** The grammar's tree lives in WebAssembly memory; what operators get does not. */
function plain(from: TreeSitter.Node, text: string, parent: Node | null = null, field: string | null = null): Node {
  const { type, isNamed, startIndex: start, endIndex: end } = from;
  const parts: Node[] = [];
  const tokens: Node[] = [];
  const node: Node = {
    type,
    role: isNamed ? (roles.get(type) ?? null) : null,
    field,
    start,
    end,
    line: from.startPosition.row + 1,
    lastLine: from.endPosition.row + 1,
    text: text.slice(start, end),
    get indent() {
      return /^[ \t]*/.exec(text.slice(text.lastIndexOf("\n", start - 1) + 1, start))?.[0] ?? "";
    },
    parent,
    parts,
    tokens,
  };
  for (let index = 0; index < from.childCount; index++) {
    const child = from.child(index);
    if (!child) continue;
    const made = plain(child, text, node, from.fieldNameForChild(index));
    if (!child.isNamed) tokens.push(made);
    else if (made.role !== "ignored") parts.push(made);
  }
  return node;
}

/** A node and everything below it, parents first, in the order of the text. */
export function* walk(node: Node): Generator<Node> {
  yield node;
  for (const part of node.parts) yield* walk(part);
}
