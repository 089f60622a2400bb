import assert from "node:assert/strict";
import { test } from "node:test";
import { chunk, groupBy, median, page, without } from "../src/lists.js";

test("chunks", () => assert.deepEqual(chunk([1, 2, 3, 4, 5], 2), [[1, 2], [3, 4], [5]]));
test("chunks that fit", () =>
  assert.deepEqual(chunk([1, 2, 3, 4], 2), [
    [1, 2],
    [3, 4],
  ]));
test("groups", () =>
  assert.deepEqual(
    [...groupBy([1, 2, 3], (n) => n % 2)],
    [
      [1, [1, 3]],
      [0, [2]],
    ],
  ));
test("median of an odd count", () => assert.equal(median([9, 1, 5]), 5));
test("median of an even count", () => assert.equal(median([10, 2, 4, 8]), 6));
test("median sorts by value", () => assert.equal(median([10, 9, 1]), 9));
test("a page", () => assert.deepEqual(page([1, 2, 3, 4, 5], 2, 2), { items: [3, 4], more: true }));
test("the first page", () => assert.deepEqual(page([1, 2, 3], 1, 2), { items: [1, 2], more: true }));
test("the last page", () => assert.deepEqual(page([1, 2, 3, 4], 2, 2), { items: [3, 4], more: false }));
test("without", () => assert.deepEqual(without([1, 2, 2, 3], [3]), [1, 2]));
test("without nothing", () => assert.deepEqual(without(["a"], []), ["a"]));
