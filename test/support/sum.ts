import { finish, type Line, replace, write } from "./plays.ts";

/** The smallest repository with a bug, a test and a fix: node:test, no packages. */
export const sumRepository = {
  "package.json": JSON.stringify({
    name: "sum",
    type: "module",
    scripts: { test: "node --test --test-isolation=none" },
  }),
  "sum.js": "export const sum = (numbers) => numbers.reduce((total, number) => total + number);\n",
  "test/sum.test.js": `import assert from "node:assert/strict";
import { test } from "node:test";
import { sum } from "../sum.js";

test("adds numbers", () => assert.equal(sum([1, 2, 3]), 6));
`,
};

export const sumIssue = "sum([]) throws a TypeError instead of giving 0\n\nAn empty list should add up to 0.\n";

/** A test that shows it. */
export const emptyListTest = `import assert from "node:assert/strict";
import { test } from "node:test";
import { sum } from "../sum.js";

test("an empty list adds up to 0", () => assert.equal(sum([]), 0));
`;
export const reproducesSum: readonly Line[] = [
  write("test/empty.test.js", emptyListTest),
  finish("sum of an empty list throws"),
];

/** The change that mends it; finished twice, because claw asks for a last look. */
export const patchesSum: readonly Line[] = [
  replace("sum.js", "total + number)", "total + number, 0)"),
  finish("reduce had no initial value"),
  finish("reduce had no initial value"),
];
