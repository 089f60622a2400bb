import { isMemberName } from "../places.ts";
import type { Propose } from "./operator.ts";

/** Letters that two names share at their beginnings and ends. */
function likeness(a: string, b: string): number {
  let [front, back] = [0, 0];
  while (front < a.length && a[front] === b[front]) front++;
  while (back < a.length - front && back < b.length - front && a.at(-1 - back) === b.at(-1 - back)) back++;
  return front + back;
}

const alike = (names: readonly string[], to: string): string[] =>
  names.filter((name) => name !== to).toSorted((a, b) => likeness(b, to) - likeness(a, to));

/** Methods and functions that are taken for one another: families, each in its own brackets. */
const families = `
  (startsWith endsWith includes) (indexOf lastIndexOf) (toLowerCase toUpperCase) (trim trimStart trimEnd)
  (padStart padEnd) (replace replaceAll) (some every) (find filter findLast) (findIndex findLastIndex)
  (map flatMap filter) (push unshift) (pop shift) (reduce reduceRight) (slice splice substring)
  (floor ceil round trunc) (max min) (keys values entries) (has get) (add delete) (sort toSorted)
  (parseInt parseFloat Number) (charAt at) (getMonth getDate getDay) (test exec)
  (startswith endswith) (lower upper title capitalize) (strip lstrip rstrip) (find rfind index) (split rsplit)
  (partition rpartition) (ljust rjust) (any all) (append extend insert) (pop popleft) (appendleft append)
  (union intersection difference symmetric_difference) (update add setdefault) (items keys values) (sorted reversed)
  (min max sum) (int float round) (discard add remove) (bisect_left bisect_right) (days seconds total_seconds)
  (isdigit isalpha isalnum)`
  .split(")")
  .map((family): readonly string[] => family.match(/\w+/g) ?? []);

const cousins = (name: string): string[] => families.filter((family) => family.includes(name)).flat();

/** Another variable that is in sight; those spelled alike first. */
export const variable: Propose = ({ text }, { names }) => alike(names, text).slice(0, 12);

/** Another method, or another function. */
export const callee: Propose = (node, { functions, methods }) => {
  const others = isMemberName(node) ? methods : functions.filter((name) => likeness(name, node.text) >= 3);
  return [...cousins(node.text), ...others.slice(0, 5)];
};

/** Another property of the same kind of thing. */
export const property: Propose = ({ text }, { properties }) => [
  ...cousins(text),
  ...alike(properties, text).slice(0, 8),
];
