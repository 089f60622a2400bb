import { isStatement } from "../places.ts";
import { insert, type Propose, swapped } from "./operator.ts";

/** A statement less. Texts that stand alone are Python's documentation, or directives. */
export const deletion: Propose = ({ text, parent }, _scope, { indented }) =>
  parent?.role !== "block" || /^["']/.test(text) ? [] : [indented ? "pass" : parent.type === "program" ? "" : ";"];

/** A statement after the one that follows it. */
export const statementSwap: Propose = (node) => {
  const all = node.parent?.parts ?? [];
  const next = all[all.indexOf(node) + 1];
  return next && node.parent && isStatement(next) ? [swapped(node.parent, node, next)] : [];
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
  const guard = (name: string, answer: string): string =>
    (indented ? `if not ${name}:\n${first.indent}    return ${answer}\n` : `if (!${name}) return ${answer};\n`) +
    first.indent;
  return names.slice(0, 3).flatMap((name) => answers.map((answer) => insert(first.start, guard(name, answer))));
};

const MAX_DONORS = 25;

/** Another expression of the same function. */
export const expressionDonor: Propose = ({ role, text }, { donors }) =>
  role === "group" ? [] : donors.filter((donor) => donor !== text).slice(0, MAX_DONORS);

/** Another statement of the same function, put in front or behind; and method calls that it makes, with other names. */
export const statementDonor: Propose = (node, { statements, names }, { indented }) => {
  const calls = statements.flatMap((text) => {
    const [, call, input] = /^([\w.]+\.\w+)\((.*)\);?$/.exec(text) ?? [];
    const others = names.filter((name) => name !== input).slice(0, 8);
    return call ? others.map((name) => `${call}(${name})`) : [];
  });
  const end = indented ? "" : ";";
  return [...statements.slice(0, MAX_DONORS), ...new Set(calls)]
    .slice(0, 2 * MAX_DONORS)
    .flatMap((text) => [
      insert(node.start, `${text}${text.endsWith(";") ? "" : end}\n${node.indent}`),
      insert(node.end, `\n${node.indent}${text}`),
    ]);
};
