export { argumentOrder, clamp, pieceOrWhole, sequencePart, unwrap } from "./calls.ts";
export { askInstead, connective, extraCondition, limit, negation, operandSwap, relation, truth } from "./conditions.ts";
export { expressionDonor, statementDonor } from "./donors.ts";
export { callee, property, variable } from "./names.ts";
export { accumulate, arithmetic, constant, offByOne, term } from "./numbers.ts";
export { emptyGuard, statementDelete, statementSwap } from "./statements.ts";
