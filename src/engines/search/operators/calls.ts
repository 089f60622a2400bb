import type { Node } from "../parse.ts";
import { isCallee } from "../scope.ts";
import {
  bracketed,
  each,
  type Edit,
  isCondition,
  isValue,
  type Operator,
  pairs,
  replace,
  swapped,
} from "./operator.ts";

/** `f(b, a)` for `f(a, b)`, `f(a)` for `f(a, b)`. */
export const argumentOrder: Operator = {
  name: "arguments",
  wave: 1,
  prior: 8,
  propose: (node) => {
    const { parts } = node;
    if (node.role !== "arguments" || parts.length < 2) return [];
    const swaps = parts.flatMap((left, index) => parts.slice(index + 1).map((right) => swapped(node, left, right)));
    const drops = parts.map((gone) => {
      const rest = parts.filter((part) => part !== gone);
      return replace(node, `(${rest.map(({ text }) => text).join(", ")})`);
    });
    return [...swaps.slice(0, 6), ...drops.toReversed()];
  },
};

/** `x` for `f(x)`, `a` for `a + b`, `a` for `c ? a : b`: one layer less. */
export const unwrap: Operator = {
  name: "unwrap",
  wave: 1,
  prior: 7,
  propose: (node) => {
    if (node.role === "binary")
      return pairs(node).length === 1 ? node.parts.map((operand) => replace(node, operand.text)) : [];
    if (node.role === "unary") return node.parts.map((operand) => replace(node, bracketed(operand)));
    if (node.role === "ternary") {
      const condition = node.parts.find(isCondition);
      return node.parts.filter((branch) => branch !== condition).map((branch) => replace(node, bracketed(branch)));
    }
    return node.role === "call" ? unwrappedCall(node) : [];
  },
};

function unwrappedCall(node: Node): Edit[] {
  if (!isValue(node) && node.parent?.type !== "yield" && node.parent?.role !== "return") return [];
  const callee = node.parts.find(isCallee);
  const values = node.parts.find(({ role }) => role === "arguments")?.parts ?? [];
  const receiver = callee?.role === "member" ? callee.parts.slice(0, 1) : [];
  return [...receiver, ...values.slice(0, 2)].map(({ text }) => replace(node, text));
}

/** `x` for `x[0]` and for `x.y`, and the other way round with pieces that the function takes elsewhere. */
export const pieceOrWhole: Operator = {
  name: "piece or whole",
  wave: 2,
  prior: 5,
  propose: (node, scope) => {
    if (!isValue(node)) return [];
    if (node.role === "index" || node.role === "member") return each(node, [node.parts[0]?.text ?? node.text]);
    if (node.role !== "name") return [];
    const pieces = scope.donors.filter(
      (text) => text.startsWith(node.text) && /^[.[]/.test(text.slice(node.text.length)),
    );
    return each(node, pieces.slice(0, 6));
  },
};

/** `x[1:]` for `x`, `x.slice(1)` for `x`: a part of a sequence. */
export const sequencePart: Operator = {
  name: "part of a sequence",
  wave: 2,
  prior: 5,
  propose: (node, scope, { indented }) => {
    const place = node.parent?.role ?? "";
    if (node.role !== "name" || !isValue(node) || !["arguments", "loop", "return", "assign"].includes(place)) return [];
    const bounds = scope.names.filter((name) => name.length <= 2 && name !== node.text).slice(0, 3);
    return indented
      ? [`[1:]`, `[:-1]`, ...bounds.flatMap((name) => [`[${name}:]`, `[:${name}]`])].map((text) =>
          replace(node, node.text + text),
        )
      : ["slice(1)", "slice(0, -1)", ...bounds.map((name) => `slice(${name})`)].map((text) =>
          replace(node, `${node.text}.${text}`),
        );
  },
};

/** `max(x, e)` for `e`: a limit that was forgotten. */
export const clamp: Operator = {
  name: "clamp",
  wave: 2,
  prior: 4,
  propose: (node, scope, { larger, smaller }) => {
    const parent = node.parent;
    const assigned = parent?.role === "assign" || parent?.role === "return" || parent?.role === "arguments";
    if (!assigned || !isValue(node) || !(node.role === "binary" || node.role === "call" || node.role === "name"))
      return [];
    const target = parent.role === "assign" ? (parent.parts[0]?.text ?? "") : "";
    const others = [
      ...(target === "" ? [] : [target]),
      "0",
      ...scope.names.filter((name) => name !== target).slice(0, 2),
    ];
    return [larger, smaller].flatMap((wrap) => others.map((other) => replace(node, `${wrap}(${other}, ${node.text})`)));
  },
};
