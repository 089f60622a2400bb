import assert from "node:assert/strict";
import { test } from "node:test";
import { allocate, grow, show, sum } from "../src/money.ts";

const eur = (cents: number) => ({ cents, currency: "EUR" });

test("adds", () => assert.deepEqual(sum([eur(5), eur(7)]), eur(12)));
test("adds a single one", () => assert.deepEqual(sum([eur(5)]), eur(5)));
test("refuses mixed currencies", () => assert.throws(() => sum([eur(1), { cents: 1, currency: "USD" }]), TypeError));
test("refuses nothing", () => assert.throws(() => sum([]), RangeError));
test("shows cents with two digits", () => assert.equal(show(eur(105)), "1.05 EUR"));
test("shows thousands", () => assert.equal(show(eur(123_456_789)), "1,234,567.89 EUR"));
test("shows debts", () => assert.equal(show(eur(-250)), "-2.50 EUR"));
test("shows nothing", () => assert.equal(show(eur(0)), "0.00 EUR"));
test("allocates", () => assert.deepEqual(allocate(100, [1, 1, 2]), [25, 25, 50]));
test("allocates every cent", () => assert.deepEqual(allocate(100, [1, 1, 1]), [34, 33, 33]));
test("allocates two left cents", () => assert.deepEqual(allocate(5, [1, 1, 1]), [2, 2, 1]));
test("grows", () => assert.equal(grow(10_000, 10, 2), 12_100));
test("does not grow in no time", () => assert.equal(grow(500, 3, 0), 500));
