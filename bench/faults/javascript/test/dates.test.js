import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { dayOfYear, daysIn, format, isLeap, nextDay, parse } from "../src/dates.js";

describe("dates", () => {
  it("every fourth year is a leap year", () => assert.equal(isLeap(2024), true));
  it("most years are none", () => assert.equal(isLeap(2023), false));
  it("centuries are none", () => assert.equal(isLeap(1900), false));
  it("but every fourth of them is", () => assert.equal(isLeap(2000), true));
  it("February has 29 days in leap years", () => assert.deepEqual([daysIn(2024, 2), daysIn(2023, 2)], [29, 28]));
  it("other months have theirs", () =>
    assert.deepEqual([daysIn(2023, 1), daysIn(2023, 4), daysIn(2023, 12)], [31, 30, 31]));
  it("the next day", () =>
    assert.deepEqual(nextDay({ year: 2023, month: 5, day: 7 }), { year: 2023, month: 5, day: 8 }));
  it("the next month", () =>
    assert.deepEqual(nextDay({ year: 2023, month: 4, day: 30 }), { year: 2023, month: 5, day: 1 }));
  it("the next year", () =>
    assert.deepEqual(nextDay({ year: 2023, month: 12, day: 31 }), { year: 2024, month: 1, day: 1 }));
  it("from November to December", () =>
    assert.deepEqual(nextDay({ year: 2023, month: 11, day: 30 }), { year: 2023, month: 12, day: 1 }));
  it("the first day of the year", () => assert.equal(dayOfYear({ year: 2023, month: 1, day: 1 }), 1));
  it("the last day of the year", () => assert.equal(dayOfYear({ year: 2024, month: 12, day: 31 }), 366));
  it("is written with zeros", () => assert.equal(format({ year: 987, month: 3, day: 5 }), "0987-03-05"));
  it("is read back", () => assert.deepEqual(parse("2024-02-29"), { year: 2024, month: 2, day: 29 }));
  it("what is no date is null", () =>
    assert.deepEqual(
      [parse("2023-02-29"), parse("2023-13-01"), parse("2023-00-10"), parse("x")],
      [null, null, null, null],
    ));
  it("December is a month", () => assert.deepEqual(parse("2023-12-01"), { year: 2023, month: 12, day: 1 }));
});
