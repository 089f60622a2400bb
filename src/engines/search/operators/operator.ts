import type { Language } from "../languages.ts";
import type { Node } from "../parse.ts";
import type { Scope } from "../scope.ts";

/** One piece of text in place of another. Offsets are UTF-16 units of the file as it is. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** A family of small changes. Pure: the same node gives the same edits in the same order, likeliest first. */
export interface Operator {
  readonly name: string;
  /** When it is tried: 1 first, 2 next, 3 the guards, 4 only with --deep. */
  readonly wave: 1 | 2 | 3 | 4;
  /** How often such a change is the fix, 0 to 10. */
  readonly prior: number;
  /** Makes tests pass without mending anything more often than not: a person should look twice. */
  readonly suspicious?: true;
  propose(node: Node, scope: Scope, language: Language): readonly Edit[];
}

/** The node's text replaced. */
export const replace = ({ start, end }: Pick<Node, "start" | "end">, text: string): Edit => ({ start, end, text });

/** The node replaced by each text in turn, except by itself. */
export const each = (node: Node, texts: readonly string[]): Edit[] =>
  [...new Set(texts)].filter((text) => text !== node.text).map((text) => replace(node, text));

/** Two pieces of a larger one in each other's place; everything between them stays. */
export function swapped(whole: Node, left: Node, right: Node): Edit {
  const between = whole.text.slice(left.end - whole.start, right.start - whole.start);
  return { start: left.start, end: right.end, text: right.text + between + left.text };
}

/** Operands of a binary node with the token between them; a chain of comparisons has several pairs. */
export function pairs({ role, parts, tokens }: Node): { left: Node; sign: Node; right: Node }[] {
  if (role !== "binary" || parts.length !== tokens.length + 1) return [];
  return tokens.map((sign, index) => ({ left: parts[index] as Node, sign, right: parts[index + 1] as Node }));
}

/** Is this the condition of an if, a loop or a conditional expression? Brackets around it do not count. */
export function isCondition(node: Node): boolean {
  if (node.role === "group") return false;
  const whole = node.parent?.role === "group" ? node.parent : node;
  const parent = whole.parent;
  if (parent?.role === "if" || parent?.role === "loop") return whole.field === "condition";
  // Python's grammar gives the parts of its conditional expression no names.
  return (
    parent?.role === "ternary" && (whole.field === "condition" || (whole.field === null && parent.parts[1] === whole))
  );
}

const values: ReadonlySet<string> = new Set(
  "binary unary ternary call member index group name number string true false null list map".split(" "),
);

/** Is this an expression whose value is used: not what is declared, assigned to, or called? */
export function isValue(node: Node): boolean {
  if (!node.role || !values.has(node.role)) return false;
  const parent = node.parent;
  if (!parent) return false;
  switch (parent.role) {
    case "assign":
    case "augment":
      return node.field === "right" || node.field === "value";
    case "function":
      return node.field === "body";
    case "parameters":
    case "update":
      return false;
    case "loop":
      return node.field !== "left" && !(node.field === "initializer");
    case "call":
      return node.field === "arguments";
    case "member":
      return node.field === "object";
    case "named-argument":
      return node.field === "value";
    case "statement":
      return false;
    default:
      return parent.type !== "pair" || node.field === "value";
  }
}

/** Is this what an index or a member is taken from? Arithmetic there would bind to the wrong thing. */
export const isTakenFrom = (node: Node): boolean =>
  (node.parent?.role === "index" || node.parent?.role === "member") && node.parent.parts[0] === node;

/** Text that keeps its meaning as an operand of anything. */
export const bracketed = ({ role, text }: Node): string =>
  role === "binary" || role === "ternary" || role === "unary" ? `(${text})` : text;

/** Blanks in front of the line a node starts on, given the file's text up to the node. */
export const indentOf = (node: Node): string => " ".repeat(Math.max(0, columnOf(node)));

function columnOf(node: Node): number {
  let root = node;
  while (root.parent) root = root.parent;
  const from = root.text.lastIndexOf("\n", node.start - root.start - 1);
  return node.start - root.start - from - 1;
}
