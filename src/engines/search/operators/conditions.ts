import { isComparison } from "../scope.ts";
import { bracketed, each, isCondition, isValue, type Operator, pairs, replace, swapped } from "./operator.ts";

const relations: Readonly<Record<string, readonly string[]>> = {
  "<": ["<=", ">", ">="],
  "<=": ["<", ">=", ">"],
  ">": [">=", "<", "<="],
  ">=": [">", "<=", "<"],
  in: ["not in"],
  "not in": ["in"],
};

/** `<` for `<=`, `===` for `!==`. */
export const relation: Operator = {
  name: "relation",
  wave: 1,
  prior: 10,
  propose: (node, _scope, { equal, unequal }) =>
    pairs(node).flatMap(({ sign }) => {
      const same = equal.indexOf(sign.text);
      const other = unequal.indexOf(sign.text);
      if (same >= 0) return each(sign, [unequal[same] ?? "", "<=", ">="]);
      if (other >= 0) return each(sign, [equal[other] ?? "", "<", ">"]);
      const others = relations[sign.text] ?? [];
      return each(sign, /^[<>]/.test(sign.text) ? [...others, equal[0] ?? "", unequal[0] ?? ""] : others);
    }),
};

/** `&&` for `||`. */
export const connective: Operator = {
  name: "connective",
  wave: 1,
  prior: 8,
  propose: (node, _scope, { and, or }) =>
    pairs(node).flatMap(({ sign }) =>
      sign.text === and ? each(sign, [or]) : sign.text === or ? each(sign, [and]) : [],
    ),
};

/** `true` for `false`. */
export const truth: Operator = {
  name: "truth",
  wave: 1,
  prior: 8,
  propose: (node, scope, language) => {
    if (node.role !== "true" && node.role !== "false") return [];
    const opposite = node.role === "true" ? language.false : language.true;
    // A loop that never ends by its condition usually should have one.
    return each(node, isCondition(node) ? [...scope.names, opposite] : [opposite]);
  },
};

/** `!(c)` for `c`. */
export const negation: Operator = {
  name: "negation",
  wave: 2,
  prior: 5,
  propose: (node, _scope, { not }) =>
    (isCondition(node) || (node.role === "binary" && isComparison(node) && node.parent?.role === "return")) &&
    node.role !== "unary"
      ? [replace(node, `${not}(${node.text})`)]
      : [],
};

/** `c && x` or `c || x` for a condition `c`. */
export const extraCondition: Operator = {
  name: "extra condition",
  wave: 2,
  prior: 5,
  propose: (node, scope, { and, or, not, nulls, equal }) => {
    if (!isCondition(node)) return [];
    const inside = new Set(node.text.match(/\w+/g));
    const near = [
      ...scope.names.filter((name) => inside.has(name)),
      ...scope.names.filter((name) => !inside.has(name)),
    ].slice(0, 8);
    const members = scope.donors.filter((text) => /^\w+\.\w+$/.test(text)).slice(0, 3);
    const nothing = nulls[0] ?? "";
    const same = equal.at(-1) === "is" ? "is" : equal[0];
    const tests = [
      ...near.map((name) => [or, `${not}${name}`]),
      ...near.map((name) => [and, name]),
      ...[...near.slice(0, 4), ...members].map((name) => [or, `${name} ${same} ${nothing}`]),
      ...scope.comparisons
        .filter((text) => text !== node.text)
        .slice(0, 4)
        .flatMap((text) => [
          [and, text],
          [or, text],
        ]),
    ];
    const own = node.role === "binary" || node.role === "ternary" ? `(${node.text})` : node.text;
    return tests.map(([sign, test]) =>
      replace(node, sign === or && test?.endsWith(nothing) ? `${test} ${or} ${own}` : `${own} ${sign} ${test}`),
    );
  },
};

/** `x === 0` for a constant that should have been asked. */
export const askInstead: Operator = {
  name: "ask instead",
  wave: 2,
  prior: 5,
  propose: (node, scope, { equal }) => {
    if ((node.role !== "true" && node.role !== "false") || !isValue(node) || isCondition(node)) return [];
    const zero = scope.names.slice(0, 10).map((name) => `${name} ${equal[0]} 0`);
    const read = scope.names.slice(0, 4).flatMap((name) => scope.properties.slice(0, 6).map((own) => `${name}.${own}`));
    return each(node, [...zero, ...scope.comparisons.slice(0, 6), ...scope.names.slice(0, 6), ...read]);
  },
};

/** `n <= 1` for `n == 0`: relation and limit at once. */
export const limit: Operator = {
  name: "limit",
  wave: 2,
  prior: 5,
  propose: (node, _scope, { equal }) =>
    pairs(node).flatMap(({ left, sign, right }) => {
      if (
        right.role !== "number" ||
        !/^\d+$/.test(right.text) ||
        (!equal.includes(sign.text) && !(sign.text in relations))
      )
        return [];
      const number = Number(right.text);
      return [`<= ${number + 1}`, `>= ${number + 1}`, `<= ${number - 1}`, `>= ${number - 1}`].map((text) =>
        replace(node, `${left.text} ${text}`),
      );
    }),
};

/** `b - a` for `a - b`, `b = a` for `a = b`. */
export const operandSwap: Operator = {
  name: "operand swap",
  wave: 2,
  prior: 6,
  propose: (node) => {
    const [left, right] = node.parts;
    if (node.role === "assign" && node.parent?.role === "statement" && left && right)
      return [swapped(node, left, right)];
    return pairs(node).flatMap(({ left: a, sign, right: b }) =>
      a.text === b.text || /^[=!]==?$/.test(sign.text)
        ? []
        : [{ start: a.start, end: b.end, text: `${bracketed(b)} ${sign.text} ${bracketed(a)}` }],
    );
  },
};
