import { isCalledName, isCondition, isProperty, isStatement, isValue, isVariable } from "../places.ts";
import { argumentOrder, clamp, pieceOrWhole, sequencePart, unwrap } from "./calls.ts";
import { askInstead, extraCondition, limit, negation, operandSwap, otherSign, truth } from "./conditions.ts";
import { callee, property, variable } from "./names.ts";
import { constant, offByOne, term } from "./numbers.ts";
import type { Operator } from "./operator.ts";
import { deletion, emptyGuard, expressionDonor, statementDonor, statementSwap } from "./statements.ts";

/** All operators. Of two changes at one place that are as likely, that of the earlier operator is tried first. */
export const operators: readonly Operator[] = [
  { name: "relation", wave: 1, prior: 10, at: "binary", propose: otherSign("relation") },
  { name: "off by one", wave: 1, prior: 9, at: "number name member call binary", propose: offByOne },
  { name: "arguments", wave: 1, prior: 8, at: "arguments", propose: argumentOrder },
  { name: "callee", wave: 1, prior: 8, where: isCalledName, propose: callee },
  { name: "connective", wave: 1, prior: 8, at: "binary", propose: otherSign("connective") },
  { name: "truth", wave: 1, prior: 8, at: "true false", propose: truth },
  { name: "variable", wave: 1, prior: 8, at: "name", where: isVariable, propose: variable },
  { name: "arithmetic", wave: 1, prior: 7, at: "binary update augment", propose: otherSign("arithmetic") },
  { name: "constant", wave: 1, prior: 7, at: "number string list", propose: constant },
  { name: "property", wave: 1, prior: 7, where: isProperty, propose: property },
  { name: "unwrap", wave: 1, prior: 7, at: "binary unary ternary call", propose: unwrap },
  { name: "operand swap", wave: 2, prior: 6, at: "binary assign", propose: operandSwap },
  { name: "ask instead", wave: 2, prior: 5, at: "true false", where: isValue, propose: askInstead },
  { name: "extra condition", wave: 2, prior: 5, where: isCondition, propose: extraCondition },
  { name: "limit", wave: 2, prior: 5, at: "binary", propose: limit },
  { name: "negation", wave: 2, prior: 5, propose: negation },
  { name: "part of a sequence", wave: 2, prior: 5, at: "name", where: isValue, propose: sequencePart },
  { name: "piece or whole", wave: 2, prior: 5, at: "index member name", where: isValue, propose: pieceOrWhole },
  { name: "statement swap", wave: 2, prior: 5, where: isStatement, propose: statementSwap },
  { name: "term", wave: 2, prior: 5, at: "name binary call index", where: isValue, propose: term },
  { name: "accumulate", wave: 2, prior: 4, at: "assign", propose: otherSign("arithmetic") },
  { name: "clamp", wave: 2, prior: 4, at: "binary call name", where: isValue, propose: clamp },
  { name: "statement delete", wave: 2, prior: 4, at: "statement if return", suspicious: true, propose: deletion },
  { name: "empty guard", wave: 3, prior: 4, at: "function", propose: emptyGuard },
  { name: "expression donor", wave: 4, prior: 3, where: isValue, propose: expressionDonor },
  { name: "statement donor", wave: 4, prior: 2, where: isStatement, propose: statementDonor },
];
