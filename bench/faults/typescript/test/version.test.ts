import assert from "node:assert/strict";
import { test } from "node:test";
import { bump, compare, newest, parse, satisfies } from "../src/version.ts";

test("parses", () => assert.deepEqual(parse("1.20.3"), [1, 20, 3]));
test("parses a leading v", () => assert.deepEqual(parse("v0.1.2"), [0, 1, 2]));
test("refuses what is none", () =>
  assert.deepEqual([parse("1.2"), parse("1.2.x"), parse("1.2.3.4")], [null, null, null]));
test("compares by the first difference", () => assert.ok(compare([1, 9, 9], [2, 0, 0]) < 0));
test("compares patches", () => assert.ok(compare([1, 2, 4], [1, 2, 3]) > 0));
test("equal versions", () => assert.equal(compare([1, 2, 3], [1, 2, 3]), 0));
test("bumps", () =>
  assert.deepEqual(
    [bump([1, 2, 3], "major"), bump([1, 2, 3], "minor"), bump([1, 2, 3], "patch")],
    [
      [2, 0, 0],
      [1, 3, 0],
      [1, 2, 4],
    ],
  ));
test("a newer minor satisfies", () => assert.equal(satisfies([1, 3, 0], [1, 2, 3]), true));
test("the same version satisfies", () => assert.equal(satisfies([1, 2, 3], [1, 2, 3]), true));
test("an older one does not", () => assert.equal(satisfies([1, 2, 2], [1, 2, 3]), false));
test("another major does not", () => assert.equal(satisfies([2, 0, 0], [1, 2, 3]), false));
test("before 1.0 another minor does not", () => assert.equal(satisfies([0, 3, 0], [0, 2, 3]), false));
test("before 1.0 the same minor does", () => assert.equal(satisfies([0, 2, 9], [0, 2, 3]), true));
test("the newest", () =>
  assert.deepEqual(
    newest([
      [1, 2, 0],
      [1, 10, 0],
      [0, 99, 9],
    ]),
    [1, 10, 0],
  ));
