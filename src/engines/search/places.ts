import type { Node } from "./parse.ts";

/** The outermost function around a node: nested ones see what is around them, so that it is the home of all their names. */
export function homeOf(node: Node): Node | undefined {
  const around = node.parent ? homeOf(node.parent) : undefined;
  return around ?? (node.parent?.role === "function" ? node.parent : undefined);
}

/** Is this what a call calls? */
export const isCallee = (node: Node): boolean =>
  node.parent?.role === "call" && (node.field === "function" || node.field === "constructor");

/** Is this the name after the dot? */
export const isMemberName = (node: Node): boolean =>
  node.parent?.role === "member" && (node.field === "property" || node.field === "attribute");

/** Is this the name of what a call calls, alone or after the dot? */
export const isCalledName = (node: Node): boolean =>
  isMemberName(node) ? node.parent !== null && isCallee(node.parent) : node.role === "name" && isCallee(node);

/** Is this a property that is read or written, and not called? */
export const isProperty = (node: Node): boolean => isMemberName(node) && !isCalledName(node);

/** Is this the name of a variable that is read, or counted up or down, in a function? */
export const isVariable = (node: Node): boolean =>
  (isValue(node) || node.parent?.role === "update") && homeOf(node) !== undefined;

/** Does this compare two things, or more in a chain? */
export const isComparison = ({ role, tokens }: Node): boolean =>
  role === "binary" && tokens.some(({ type }) => /^(?:[<>]=?|[=!]==?|is|is not|in|not in|instanceof)$/.test(type));

/** Is this an operand of what computes, and does not compare? */
export const isTerm = ({ parent }: Node): boolean => parent?.role === "binary" && !isComparison(parent);

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

/** Of the parts of these, only those with one of the fields are values that are used. */
const used: ReadonlyMap<string, readonly (string | null)[]> = new Map([
  ["assign", ["right", "value"]],
  ["augment", ["right", "value"]],
  ["function", ["body"]],
  ["parameters", []],
  ["update", []],
  ["statement", []],
  ["call", ["arguments"]],
  ["member", ["object"]],
  ["named-argument", ["value"]],
  ["pair", ["value"]],
]);

/** Is this an expression whose value is used: not what is declared, assigned to, or called? */
export function isValue({ role, field, parent }: Node): boolean {
  if (!role || !values.has(role) || !parent) return false;
  if (parent.role === "loop") return field !== "left" && field !== "initializer";
  return used.get(parent.role ?? parent.type)?.includes(field) ?? true;
}

/** Is this what an index or a member is taken from? Arithmetic there would bind to the wrong thing. */
export const isTakenFrom = (node: Node): boolean =>
  (node.parent?.role === "index" || node.parent?.role === "member") && node.parent.parts[0] === node;

/** Is this a statement of a block, and no function? */
export const isStatement = ({ role, parent }: Node): boolean => parent?.role === "block" && role !== "function";

/** Text that keeps its meaning as an operand of anything. */
export const bracketed = ({ role, text }: Node): string =>
  role === "binary" || role === "ternary" || role === "unary" ? `(${text})` : text;
