import type { Language } from "../languages.ts";
import { bracketed, isComparison, isCondition } from "../places.ts";
import { pairs, type Propose, replace, swapped } from "./operator.ts";

/** `<` for `<=`, `&&` for `||`, `*` for `+`, `+=` for `=`: a sign for one of its kind. */
export const otherSign =
  (kind: keyof Language["signs"]): Propose =>
  ({ tokens }, _scope, { signs }) =>
    tokens.flatMap((sign) => (signs[kind][sign.text] ?? []).map((text) => replace(sign, text)));

/** `true` for `false`. A loop that never ends by its condition usually should have one. */
export const truth: Propose = (node, { names }, { words }) => [
  ...(isCondition(node) ? names : []),
  node.role === "true" ? words.false : words.true,
];

/** `!(c)` for `c`. */
export const negation: Propose = (node, _scope, { words }) =>
  node.role !== "unary" && (isCondition(node) || (isComparison(node) && node.parent?.role === "return"))
    ? [`${words.not}(${node.text})`]
    : [];

/** `c && x` or `c || x` for a condition `c`. */
export const extraCondition: Propose = (node, { names, donors, comparisons }, { words }) => {
  const { and, or, not, is, nothing } = words;
  const inside = new Set(node.text.match(/\w+/g));
  const near = names.toSorted((a, b) => Number(inside.has(b)) - Number(inside.has(a))).slice(0, 8);
  const members = donors.filter((text) => /^\w+\.\w+$/.test(text)).slice(0, 3);
  const others = comparisons.filter((text) => text !== node.text).slice(0, 4);
  const own = node.role === "binary" || node.role === "ternary" ? `(${node.text})` : node.text;
  // What asks for nothing must be asked before the condition trips over it.
  const orElse = (test: string): string => (test.endsWith(nothing) ? `${test} ${or} ${own}` : `${own} ${or} ${test}`);
  return [
    ...near.map((name) => orElse(`${not}${name}`)),
    ...near.map((name) => `${own} ${and} ${name}`),
    ...[...near.slice(0, 4), ...members].map((text) => orElse(`${text} ${is} ${nothing}`)),
    ...others.flatMap((text) => [`${own} ${and} ${text}`, orElse(text)]),
  ];
};

/** `x === 0` for a constant that should have been asked. */
export const askInstead: Propose = (node, { names, comparisons, properties }, { words }) =>
  isCondition(node)
    ? []
    : [
        ...names.slice(0, 10).map((name) => `${name} ${words.equals} 0`),
        ...comparisons.slice(0, 6),
        ...names.slice(0, 6),
        ...names.slice(0, 4).flatMap((name) => properties.slice(0, 6).map((own) => `${name}.${own}`)),
      ];

/** `n <= 1` for `n == 0`: relation and limit at once. */
export const limit: Propose = (node) =>
  pairs(node).flatMap(({ left, sign, right }) => {
    if (right.role !== "number" || !/^\d+$/.test(right.text) || !/^(?:[<>]=?|===?|is)$/.test(sign.text)) return [];
    const [more, less] = [Number(right.text) + 1, Number(right.text) - 1];
    return [`<= ${more}`, `>= ${more}`, `<= ${less}`, `>= ${less}`].map((text) => `${left.text} ${text}`);
  });

/** `b - a` for `a - b`, `b = a` for `a = b`. */
export const operandSwap: Propose = (node) => {
  const [left, right] = node.parts;
  if (node.role === "assign")
    return node.parent?.role === "statement" && left && right ? [swapped(node, left, right)] : [];
  return pairs(node).flatMap(({ left: a, sign, right: b }) =>
    a.text === b.text || /^[=!]==?$/.test(sign.text)
      ? []
      : [{ start: a.start, end: b.end, text: `${bracketed(b)} ${sign.text} ${bracketed(a)}` }],
  );
};
