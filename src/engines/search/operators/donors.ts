import type { Node } from "../parse.ts";
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

const inBlock = (node: Node): boolean => node.parent?.role === "block" && node.role !== "function";

/** Another statement of the same function, put in front or behind. */
export const statementDonor: Operator = {
  name: "statement donor",
  wave: 4,
  prior: 2,
  propose: (node, scope, { indented }) => {
    if (!inBlock(node)) return [];
    const indent = indentOf(node);
    const end = indented ? "" : ";";
    return scope.statements.slice(0, MAX_DONORS).flatMap((text) => [
      { start: node.start, end: node.start, text: `${text}${text.endsWith(";") ? "" : end}\n${indent}` },
      { start: node.end, end: node.end, text: `\n${indent}${text}` },
    ]);
  },
};

/** A method call that other lines make, made with another name. */
export const callDonor: Operator = {
  name: "call donor",
  wave: 4,
  prior: 2,
  propose: (node, scope) => {
    if (!inBlock(node)) return [];
    const indent = indentOf(node);
    const calls = scope.statements.flatMap((text) => {
      const call = /^([\w.]+)\.(\w+)\((.*)\);?$/.exec(text);
      return call
        ? scope.names
            .filter((name) => name !== call[3])
            .slice(0, 8)
            .map((name) => `${call[1]}.${call[2]}(${name})`)
        : [];
    });
    const made = [...new Set(calls)].slice(0, MAX_DONORS);
    return made.flatMap((text) => [
      { start: node.start, end: node.start, text: `${text}\n${indent}` },
      { start: node.end, end: node.end, text: `\n${indent}${text}` },
    ]);
  },
};

/** A statement only under a condition that is asked elsewhere in the function. */
export const wrapInIf: Operator = {
  name: "wrap in if",
  wave: 4,
  prior: 2,
  propose: (node, scope, { indented }) => {
    if (node.role !== "statement" || !inBlock(node)) return [];
    const indent = indentOf(node);
    return scope.comparisons
      .slice(0, 8)
      .map((test) =>
        replace(
          node,
          indented
            ? `if ${test}:\n${indent}    ${node.text.replaceAll("\n", "\n    ")}`
            : `if (${test}) { ${node.text} }`,
        ),
      );
  },
};
