import type { Node } from "../parse.ts";
import { isComparison } from "../scope.ts";
import { bracketed, each, isTakenFrom, isValue, type Operator, pairs, replace } from "./operator.ts";

const whole = /^\d+$/;

/** Places where a count or a position is usual. */
function countsHere(node: Node): boolean {
  const { parent } = node;
  if (!parent || !isValue(node) || isTakenFrom(node)) return false;
  if (parent.role === "binary")
    return isComparison(parent)
      ? !parent.tokens.some(({ type }) => /in|is/.test(type))
      : parent.tokens.some(({ type }) => type === "*");
  return (
    ["index", "slice", "arguments", "return", "assign", "augment"].includes(parent.role ?? "") ||
    parent.type === "list" ||
    parent.type === "range"
  );
}

/** `n + 1` or `n - 1` for `n`. */
export const offByOne: Operator = {
  name: "off by one",
  wave: 1,
  prior: 9,
  propose: (node) => {
    if (node.role === "number" && whole.test(node.text)) {
      const number = Number(node.text);
      const isTerm = node.parent?.role === "binary" && /^[+-]$/.test(node.parent.tokens[0]?.type ?? "");
      return each(
        node,
        number === 0 ? ["1", "-1"] : number === 1 && isTerm ? ["2"] : [`${number + 1}`, `${number - 1}`],
      );
    }
    const countable =
      node.role === "name" ||
      node.role === "member" ||
      node.role === "call" ||
      (node.role === "binary" && /[-+/]/.test(node.tokens[0]?.type ?? ""));
    return countable && countsHere(node)
      ? [`${bracketed(node)} + 1`, `${bracketed(node)} - 1`].map((text) =>
          replace(node, needsBrackets(node) ? `(${text})` : text),
        )
      : [];
  },
};

const needsBrackets = ({ parent }: Node): boolean => parent?.role === "binary" && !isComparison(parent);

/** Another number, another text, another list. */
export const constant: Operator = {
  name: "constant",
  wave: 1,
  prior: 7,
  propose: (node, scope) => {
    switch (node.role) {
      case "number":
        return each(node, [
          "0",
          "1",
          ...scope.numbers.slice(0, 6),
          ...(whole.test(node.text) ? [`-${node.text}`, `${node.text}0`, node.text.slice(0, -1) || "2"] : []),
          ...scope.names.slice(0, 4),
        ]);
      case "string":
        return isValue(node)
          ? each(node, [...scope.strings.filter((text) => text.length < 40).slice(0, 6), '""', '" "'])
          : [];
      case "list":
        return node.parts.length === 0 && isValue(node)
          ? each(node, [...scope.names.slice(0, 8).map((name) => `[${name}]`), "[[]]", "[0]"])
          : [];
      default:
        return [];
    }
  },
};

/** `*` for `+`, `+=` for `-=`, `++` for `--`. */
export const arithmetic: Operator = {
  name: "arithmetic",
  wave: 1,
  prior: 7,
  propose: (node, _scope, { arithmetic: others }) => {
    if (node.role === "binary") return pairs(node).flatMap(({ sign }) => each(sign, others[sign.text] ?? []));
    const [sign] = node.tokens;
    if (!sign) return [];
    if (node.role === "update") return each(sign, [sign.text === "++" ? "--" : "++"]);
    if (node.role !== "augment") return [];
    return each(sign, [...(others[sign.text.slice(0, -1)] ?? []).map((other) => `${other}=`), "="]);
  },
};

/** `+=` for `=`. */
export const accumulate: Operator = {
  name: "accumulate",
  wave: 2,
  prior: 4,
  propose: (node) => {
    const sign = node.tokens.find(({ text }) => text === "=");
    return node.role === "assign" && sign && node.parent?.role === "statement" ? each(sign, ["+=", "-="]) : [];
  },
};

/** `n - x` for `n`: a term that was forgotten. */
export const term: Operator = {
  name: "term",
  wave: 2,
  prior: 5,
  propose: (node, scope) => {
    const place = node.parent?.role ?? "";
    const used = node.role === "name" || node.role === "binary" || node.role === "call" || node.role === "index";
    const isOperand = node.parent?.role === "binary" && !isComparison(node.parent);
    const isFactor = isOperand && /^[*/%]/.test(node.parent?.tokens[0]?.type ?? "");
    if (!used || !isValue(node) || isTakenFrom(node)) return [];
    if (isOperand && !isFactor) return node.role === "name" ? [replace(node, `${node.text} ** 2`)] : [];
    if (!isFactor && !["arguments", "return", "assign", "index"].includes(place)) return [];
    const others = scope.names.filter((name) => name !== node.text).slice(0, 8);
    const terms = ["-", "+"].flatMap((operator) => others.map((name) => `${node.text} ${operator} ${name}`));
    return terms.map((text) => replace(node, isFactor ? `(${text})` : text));
  },
};
