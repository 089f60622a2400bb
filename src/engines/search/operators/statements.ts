import type { Node } from "../parse.ts";
import { type Edit, indentOf, type Operator, replace, swapped } from "./operator.ts";

const removable = ({ role }: Node): boolean => role === "statement" || role === "if" || role === "return";

/** Neighbours in the same block, in order. */
const siblings = ({ parent }: Node): readonly Node[] => (parent?.role === "block" ? parent.parts : []);

/** A statement less. */
export const statementDelete: Operator = {
  name: "statement delete",
  wave: 2,
  prior: 4,
  suspicious: true,
  propose: (node, _scope, { indented }) => {
    if (!removable(node) || !siblings(node).includes(node) || /^(?:"|')/.test(node.text)) return [];
    return [replace(node, indented ? "pass" : node.parent?.type === "program" ? "" : ";")];
  },
};

/** A statement after the one that follows it. */
export const statementSwap: Operator = {
  name: "statement swap",
  wave: 2,
  prior: 5,
  propose: (node) => {
    const all = siblings(node);
    const next = all[all.indexOf(node) + 1];
    if (!next || node.role === "function" || next.role === "function" || !node.parent) return [];
    return [swapped(node.parent, node, next)];
  },
};

/** Early returns at the beginning of a function for nothing and for what is empty. */
export const emptyGuard: Operator = {
  name: "empty guard",
  wave: 3,
  prior: 4,
  propose: (node, _scope, language) => {
    if (node.role !== "function") return [];
    const body = node.parts.find(({ field }) => field === "body");
    const first = body?.role === "block" ? body.parts.find(({ text }) => !/^(?:"""|'''|"use)/.test(text)) : undefined;
    if (!first) return [];
    const names = (node.parts.find(({ role }) => role === "parameters")?.parts ?? [])
      .map(({ text }) => /^\w+/.exec(text)?.[0] ?? "")
      .filter((name) => name && name !== "self" && name !== "cls");
    const nothing = language.nulls[0] ?? "";
    const answers = [...names.slice(0, 1), nothing, "0", '""', "[]", language.false, language.true];
    const indent = indentOf(first);
    return names.slice(0, 3).flatMap((name) =>
      answers.map((answer): Edit => ({
        start: first.start,
        end: first.start,
        text: language.guard(`${language.not}${name}`, `return ${answer}`, indent),
      })),
    );
  },
};
