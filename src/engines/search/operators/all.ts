export { argumentOrder, clamp, sequencePart, unwrap } from "./calls.ts";
export { askInstead, connective, extraCondition, limit, negation, operandSwap, relation, truth } from "./conditions.ts";
export { callDonor, expressionDonor, statementDonor, wrapInIf } from "./donors.ts";
export { callee, property, variable } from "./names.ts";
export { accumulate, arithmetic, constant, offByOne, sign, term } from "./numbers.ts";
export { emptyGuard, fallback, statementDelete, statementSwap } from "./statements.ts";
