import { indentOf, siblings } from "../places.ts";
import { type Propose, replace, swapped } from "./operator.ts";

/** A statement less. Texts that stand alone are Python's documentation, or directives. */
export const statementDelete: Propose = (node, _scope, { indented }) =>
  siblings(node).includes(node) && !/^["']/.test(node.text)
    ? [indented ? "pass" : node.parent?.type === "program" ? "" : ";"]
    : [];

/** A statement after the one that follows it. */
export const statementSwap: Propose = (node) => {
  const all = siblings(node);
  const next = all[all.indexOf(node) + 1];
  return next && node.parent && node.role !== "function" && next.role !== "function"
    ? [swapped(node.parent, node, next)]
    : [];
};

/** Early returns at the beginning of a function for nothing and for what is empty. */
export const emptyGuard: Propose = ({ parts }, _scope, { indented, words }) => {
  const body = parts.find(({ field }) => field === "body");
  const first = body?.role === "block" ? body.parts.find(({ text }) => !/^(?:"""|'''|"use)/.test(text)) : undefined;
  if (!first) return [];
  const names = (parts.find(({ role }) => role === "parameters")?.parts ?? [])
    .map(({ text }) => /^\w+/.exec(text)?.[0] ?? "")
    .filter((name) => name && name !== "self" && name !== "cls");
  const answers = [...names.slice(0, 1), words.nothing, "0", '""', "[]", words.false, words.true];
  const indent = indentOf(first);
  const guard = (name: string, answer: string): string =>
    indented ? `if not ${name}:\n${indent}    return ${answer}\n` : `if (!${name}) return ${answer};\n`;
  const before = { start: first.start, end: first.start };
  return names.slice(0, 3).flatMap((name) => answers.map((answer) => replace(before, guard(name, answer) + indent)));
};

const MAX_DONORS = 25;

/** Another expression of the same function. */
export const expressionDonor: Propose = ({ role, text }, { donors }) =>
  role === "group" ? [] : donors.filter((donor) => donor !== text).slice(0, MAX_DONORS);

/** Another statement of the same function, put in front or behind; and method calls that it makes, with other names. */
export const statementDonor: Propose = (node, { statements, names }, { indented }) => {
  if (!siblings(node).includes(node) || node.role === "function") return [];
  const indent = indentOf(node);
  const calls = statements.flatMap((text) => {
    const [, call, input] = /^([\w.]+\.\w+)\((.*)\);?$/.exec(text) ?? [];
    const others = names.filter((name) => name !== input).slice(0, 8);
    return call ? others.map((name) => `${call}(${name})`) : [];
  });
  return [...statements.slice(0, MAX_DONORS), ...new Set(calls)]
    .slice(0, 2 * MAX_DONORS)
    .flatMap((text) => [
      replace({ start: node.start, end: node.start }, `${text}${indented || text.endsWith(";") ? "" : ";"}\n${indent}`),
      replace({ start: node.end, end: node.end }, `\n${indent}${text}`),
    ]);
};
