import type { Language } from "../languages.ts";
import type { Node } from "../parse.ts";
import type { Scope } from "../scope.ts";

/** One piece of text in place of another. Offsets are UTF-16 units of the file as it is. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Small changes at a node, likeliest first; a text alone takes the place of the node. Pure: always the same ones. */
export type Propose = (node: Node, scope: Scope, language: Language) => readonly (string | Edit)[];

/** When an operator is tried: 1 first, 2 next, 3 the guards, 4 only with --deep. */
export type Wave = 1 | 2 | 3 | 4;

/** A family of small changes. */
export interface Operator {
  readonly name: string;
  readonly wave: Wave;
  /** How often such a change is the fix, 0 to 10. */
  readonly prior: number;
  /** Roles of the nodes it looks at; all of them when left out. */
  readonly at?: string;
  /** Of those, only the nodes for which this holds. */
  readonly where?: (node: Node) => boolean;
  /** Makes tests pass without mending anything more often than not: a person should look twice. */
  readonly suspicious?: true;
  readonly propose: Propose;
}

export const replace = ({ start, end }: Pick<Node, "start" | "end">, text: string): Edit => ({ start, end, text });

export const insert = (at: number, text: string): Edit => ({ start: at, end: at, text });

/** Two pieces of a larger one in each other's place; everything between them stays. */
export function swapped(whole: Node, left: Node, right: Node): Edit {
  const between = whole.text.slice(left.end - whole.start, right.start - whole.start);
  return { start: left.start, end: right.end, text: right.text + between + left.text };
}

/** Operands of a binary node with the sign between them; a chain of comparisons has several pairs. */
export function pairs({ role, parts, tokens }: Node): { left: Node; sign: Node; right: Node }[] {
  if (role !== "binary" || parts.length !== tokens.length + 1) return [];
  return tokens.map((sign, index) => ({ left: parts[index] as Node, sign, right: parts[index + 1] as Node }));
}
