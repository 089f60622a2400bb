import { argumentOrder, clamp, pieceOrWhole, sequencePart, unwrap } from "./calls.ts";
import { askInstead, extraCondition, limit, negation, operandSwap, otherSign, truth } from "./conditions.ts";
import { callee, property, variable } from "./names.ts";
import { accumulate, constant, offByOne, term } from "./numbers.ts";
import type { Operator } from "./operator.ts";
import { emptyGuard, expressionDonor, statementDelete, statementDonor, statementSwap } from "./statements.ts";

/** All operators. Of two changes that are as likely, that of the earlier operator is tried first. */
export const operators: readonly Operator[] = [
  { name: "relation", wave: 1, prior: 10, propose: otherSign("relation") },
  { name: "off by one", wave: 1, prior: 9, propose: offByOne },
  { name: "arguments", wave: 1, prior: 8, at: "arguments", propose: argumentOrder },
  { name: "callee", wave: 1, prior: 8, propose: callee },
  { name: "connective", wave: 1, prior: 8, propose: otherSign("connective") },
  { name: "truth", wave: 1, prior: 8, at: "true false", propose: truth },
  { name: "variable", wave: 1, prior: 8, at: "name", propose: variable },
  { name: "arithmetic", wave: 1, prior: 7, propose: otherSign("arithmetic") },
  { name: "constant", wave: 1, prior: 7, at: "number string list", propose: constant },
  { name: "property", wave: 1, prior: 7, propose: property },
  { name: "unwrap", wave: 1, prior: 7, at: "binary unary ternary call", propose: unwrap },
  { name: "operand swap", wave: 2, prior: 6, at: "binary assign", propose: operandSwap },
  { name: "ask instead", wave: 2, prior: 5, at: "true false", values: true, propose: askInstead },
  { name: "extra condition", wave: 2, prior: 5, propose: extraCondition },
  { name: "limit", wave: 2, prior: 5, at: "binary", propose: limit },
  { name: "negation", wave: 2, prior: 5, propose: negation },
  { name: "part of a sequence", wave: 2, prior: 5, at: "name", values: true, propose: sequencePart },
  { name: "piece or whole", wave: 2, prior: 5, at: "index member name", values: true, propose: pieceOrWhole },
  { name: "statement swap", wave: 2, prior: 5, propose: statementSwap },
  { name: "term", wave: 2, prior: 5, at: "name binary call index", values: true, propose: term },
  { name: "accumulate", wave: 2, prior: 4, at: "assign", propose: accumulate },
  { name: "clamp", wave: 2, prior: 4, at: "binary call name", values: true, propose: clamp },
  {
    name: "statement delete",
    wave: 2,
    prior: 4,
    at: "statement if return",
    suspicious: true,
    propose: statementDelete,
  },
  { name: "empty guard", wave: 3, prior: 4, at: "function", propose: emptyGuard },
  { name: "expression donor", wave: 4, prior: 3, values: true, propose: expressionDonor },
  { name: "statement donor", wave: 4, prior: 2, propose: statementDonor },
];
