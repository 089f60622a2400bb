import type { Node } from "../parse.ts";
import { bracketed, isCallee, isCondition, isValue } from "../places.ts";
import { pairs, type Propose, swapped } from "./operator.ts";

/** `f(b, a)` for `f(a, b)`, `f(a)` for `f(a, b)`. */
export const argumentOrder: Propose = (node) => {
  const { parts } = node;
  if (parts.length < 2) return [];
  const swaps = parts.flatMap((left, index) => parts.slice(index + 1).map((right) => swapped(node, left, right)));
  const drops = parts.map((gone) => `(${textsOf(parts.filter((part) => part !== gone)).join(", ")})`);
  return [...swaps.slice(0, 6), ...drops.toReversed()];
};

const textsOf = (nodes: readonly Node[]): string[] => nodes.map(({ text }) => text);

/** `x` for `f(x)`, `a` for `a + b`, `a` for `c ? a : b`: one layer less. */
export const unwrap: Propose = (node) => {
  const { role, parts, parent } = node;
  if (role === "binary") return pairs(node).length === 1 ? textsOf(parts) : [];
  if (role !== "call") {
    const condition = role === "ternary" ? parts.find(isCondition) : undefined;
    return parts.filter((part) => part !== condition).map(bracketed);
  }
  if (!isValue(node) && parent?.type !== "yield" && parent?.role !== "return") return [];
  const callee = parts.find(isCallee);
  const given = parts.find((part) => part.role === "arguments")?.parts ?? [];
  return textsOf([...(callee?.role === "member" ? callee.parts.slice(0, 1) : []), ...given.slice(0, 2)]);
};

/** `x` for `x[0]` and for `x.y`, and the other way round with pieces that the function takes elsewhere. */
export const pieceOrWhole: Propose = ({ role, text, parts }, { donors }) =>
  role === "name"
    ? donors.filter((piece) => piece.startsWith(text) && /^[.[]/.test(piece.slice(text.length))).slice(0, 6)
    : textsOf(parts.slice(0, 1));

/** `x[1:]` for `x`, `x.slice(1)` for `x`: a part of a sequence. */
export const sequencePart: Propose = ({ text, parent }, { names }, { indented }) => {
  if (!["arguments", "loop", "return", "assign"].includes(parent?.role ?? "")) return [];
  const bounds = names.filter((name) => name.length <= 2 && name !== text).slice(0, 3);
  const parts = indented
    ? ["[1:]", "[:-1]", ...bounds.flatMap((name) => [`[${name}:]`, `[:${name}]`])]
    : [".slice(1)", ".slice(0, -1)", ...bounds.map((name) => `.slice(${name})`)];
  return parts.map((part) => text + part);
};

/** `max(x, e)` for `e`: a limit that was forgotten. */
export const clamp: Propose = ({ text, parent }, { names }, { words }) => {
  if (!["arguments", "return", "assign"].includes(parent?.role ?? "")) return [];
  const target = parent?.role === "assign" ? parent.parts.slice(0, 1).map((part) => part.text) : [];
  const others = [...target, "0", ...names.filter((name) => !target.includes(name)).slice(0, 2)];
  return [words.larger, words.smaller].flatMap((wrap) => others.map((other) => `${wrap}(${other}, ${text})`));
};
