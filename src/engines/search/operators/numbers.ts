import type { Node } from "../parse.ts";
import { bracketed, isComparison, isTakenFrom, isTerm, isValue } from "../places.ts";
import type { Propose } from "./operator.ts";

const whole = /^\d+$/;

/** Places where a count or a position is usual. */
function countsHere(node: Node): boolean {
  const { parent } = node;
  if (!parent || !isValue(node) || isTakenFrom(node)) return false;
  if (parent.role === "binary")
    return parent.tokens.some(({ type }) => type === "*" || (isComparison(parent) && !/in|is/.test(type)));
  return ["index", "slice", "arguments", "return", "assign", "augment"].includes(parent.role ?? "");
}

/** `n + 1` or `n - 1` for `n`. */
export const offByOne: Propose = (node) => {
  const { role, text, parent, tokens } = node;
  if (role === "number") {
    if (!whole.test(text)) return [];
    const number = Number(text);
    if (number === 0) return ["1", "-1"];
    const isTerm = parent?.role === "binary" && /^[+-]$/.test(parent.tokens[0]?.type ?? "");
    return number === 1 && isTerm ? ["2"] : [`${number + 1}`, `${number - 1}`];
  }
  if (!countsHere(node) || (role === "binary" && !/[-+/]/.test(tokens[0]?.type ?? ""))) return [];
  const sums = [`${bracketed(node)} + 1`, `${bracketed(node)} - 1`];
  return isTerm(node) ? sums.map((sum) => `(${sum})`) : sums;
};

/** Another number, another text, another list. */
export const constant: Propose = (node, { names, numbers, strings }) => {
  const { role, text, parts } = node;
  if (role === "number") {
    const altered = whole.test(text) ? [`-${text}`, `${text}0`, text.slice(0, -1) || "2"] : [];
    return ["0", "1", ...numbers.slice(0, 6), ...altered, ...names.slice(0, 4)];
  }
  if (!isValue(node)) return [];
  if (role === "string") return [...strings.filter((other) => other.length < 40).slice(0, 6), '""', '" "'];
  return parts.length === 0 ? [...names.slice(0, 8).map((name) => `[${name}]`), "[[]]", "[0]"] : [];
};

/** `n - x` for `n`: a term that was forgotten. */
export const term: Propose = (node, { names }) => {
  const { role, text, parent } = node;
  if (isTakenFrom(node)) return [];
  const isFactor = isTerm(node) && /^[*/%]/.test(parent?.tokens[0]?.type ?? "");
  if (isTerm(node) && !isFactor) return role === "name" ? [`${text} ** 2`] : [];
  if (!isFactor && !["arguments", "return", "assign", "index"].includes(parent?.role ?? "")) return [];
  const others = names.filter((name) => name !== text).slice(0, 8);
  const sums = ["-", "+"].flatMap((sign) => others.map((name) => `${text} ${sign} ${name}`));
  return isFactor ? sums.map((sum) => `(${sum})`) : sums;
};
