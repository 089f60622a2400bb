import { afterAll, expect, test } from "vitest";
import { machine } from "../support/claw.ts";

const user = machine();
afterAll(() => user.remove());

const script = (check: string): string =>
  `const assert = require("node:assert");\nconst { last, sum } = require("../sum.js");\n${check}\n`;

test("plain scripts in a test folder are tests to the search engine: one that fails is what it starts from", async () => {
  const dir = await user.repository("plain", {
    "package.json": '{ "scripts": { "test": "node test/sum.js && node test/last.js" } }',
    "sum.js":
      "exports.sum = (items) => {\n  let total = 0;\n  for (const each of items) total -= each;\n  return total;\n};\n" +
      "exports.last = (items) => items[items.length - 1];\n",
    "test/sum.js": script("assert.equal(sum([1, 2]), 3);"),
    "test/last.js": script("assert.equal(last([1, 2]), 2);"),
  });
  const done = await user.claw(["localise"], { cwd: dir });
  expect(done.code, done.stdout + done.stderr).toBe(0);
  expect(done.stdout).toMatch(/^ {2}sum\.js:3 \(1\.00\)/m);
});
