import { enclosing } from "../parse.ts";
import { isCallee, isMemberName } from "../scope.ts";
import { each, isValue, type Operator } from "./operator.ts";

const MAX_NAMES = 12;

/** Another variable that is in sight; those spelled alike first. */
export const variable: Operator = {
  name: "variable",
  wave: 1,
  prior: 8,
  propose: (node, scope) => {
    if (node.role !== "name" || !(isValue(node) || node.parent?.role === "update") || !enclosing(node, "function"))
      return [];
    const others = scope.names.filter((name) => name !== node.text);
    const near = others.toSorted((a, b) => likeness(b, node.text) - likeness(a, node.text));
    return each(node, near.slice(0, MAX_NAMES));
  },
};

/** Letters that two names share at their beginnings and ends. */
function likeness(a: string, b: string): number {
  let [front, back] = [0, 0];
  while (front < a.length && a[front] === b[front]) front++;
  while (back < a.length - front && back < b.length - front && a.at(-1 - back) === b.at(-1 - back)) back++;
  return front + back;
}

/** Methods and functions that are taken for one another. */
const families: readonly (readonly string[])[] = [
  ["startsWith", "endsWith", "includes"],
  ["indexOf", "lastIndexOf"],
  ["toLowerCase", "toUpperCase"],
  ["trim", "trimStart", "trimEnd"],
  ["padStart", "padEnd"],
  ["replace", "replaceAll"],
  ["some", "every"],
  ["find", "filter", "findLast"],
  ["findIndex", "findLastIndex"],
  ["map", "flatMap", "filter"],
  ["push", "unshift"],
  ["pop", "shift"],
  ["reduce", "reduceRight"],
  ["slice", "splice", "substring"],
  ["floor", "ceil", "round", "trunc"],
  ["max", "min"],
  ["keys", "values", "entries"],
  ["has", "get"],
  ["add", "delete"],
  ["sort", "toSorted"],
  ["parseInt", "parseFloat", "Number"],
  ["charAt", "at"],
  ["getMonth", "getDate", "getDay"],
  ["test", "exec"],
  ["startswith", "endswith"],
  ["lower", "upper", "title", "capitalize"],
  ["strip", "lstrip", "rstrip"],
  ["find", "rfind", "index"],
  ["split", "rsplit"],
  ["partition", "rpartition"],
  ["ljust", "rjust"],
  ["any", "all"],
  ["append", "extend", "insert"],
  ["pop", "popleft"],
  ["appendleft", "append"],
  ["union", "intersection", "difference", "symmetric_difference"],
  ["update", "add", "setdefault"],
  ["items", "keys", "values"],
  ["sorted", "reversed"],
  ["min", "max", "sum"],
  ["int", "float", "round"],
  ["discard", "add", "remove"],
  ["bisect_left", "bisect_right"],
  ["days", "seconds", "total_seconds"],
  ["isdigit", "isalpha", "isalnum"],
];

const cousins = (name: string): string[] => families.filter((family) => family.includes(name)).flat();

/** Another method, or another function. */
export const callee: Operator = {
  name: "callee",
  wave: 1,
  prior: 8,
  propose: (node, scope) => {
    if (node.role === "name" && isCallee(node)) {
      const similar = scope.functions.filter((name) => likeness(name, node.text) >= 3);
      return each(node, [...cousins(node.text), ...similar.slice(0, 5)]);
    }
    if (!isMemberName(node) || !node.parent || !isCallee(node.parent)) return [];
    return each(node, [...cousins(node.text), ...scope.methods.slice(0, 5)]);
  },
};

/** Another property of the same kind of thing. */
export const property: Operator = {
  name: "property",
  wave: 1,
  prior: 7,
  propose: (node, scope) => {
    if (!isMemberName(node) || !node.parent || isCallee(node.parent)) return [];
    const near = scope.properties.toSorted((a, b) => likeness(b, node.text) - likeness(a, node.text));
    return each(node, [...cousins(node.text), ...near.slice(0, 8)]);
  },
};
