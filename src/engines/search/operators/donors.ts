import { indentOf, isValue, type Operator, replace } from "./operator.ts";

const MAX_DONORS = 25;

/** Another expression of the same function. */
export const expressionDonor: Operator = {
  name: "expression donor",
  wave: 4,
  prior: 3,
  propose: (node, scope) =>
    isValue(node) && node.role !== "group"
      ? scope.donors
          .filter((text) => text !== node.text)
          .slice(0, MAX_DONORS)
          .map((text) => replace(node, text))
      : [],
};

/** Another statement of the same function, put in front or behind; and method calls that it makes, with other names. */
export const statementDonor: Operator = {
  name: "statement donor",
  wave: 4,
  prior: 2,
  propose: (node, scope, { indented }) => {
    if (node.parent?.role !== "block" || node.role === "function") return [];
    const indent = indentOf(node);
    const others = scope.statements.flatMap((text) => {
      const [, call, input] = /^([\w.]+\.\w+)\((.*)\);?$/.exec(text) ?? [];
      return call
        ? scope.names
            .filter((name) => name !== input)
            .slice(0, 8)
            .map((name) => `${call}(${name})`)
        : [];
    });
    const texts = [...scope.statements.slice(0, MAX_DONORS), ...new Set(others)].slice(0, 2 * MAX_DONORS);
    return texts.flatMap((text) => [
      { start: node.start, end: node.start, text: `${text}${indented || text.endsWith(";") ? "" : ";"}\n${indent}` },
      { start: node.end, end: node.end, text: `\n${indent}${text}` },
    ]);
  },
};
