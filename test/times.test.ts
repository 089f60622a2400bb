import { expect, test } from "vitest";
import { clockTime, dayAndTime, localTimes, utcTimes } from "../src/times.ts";

const noon = Date.UTC(2026, 10, 21, 12, 5, 9);

test("moments are in the zone of the machine, or in UTC and say so", () => {
  expect(dayAndTime(noon, utcTimes)).toBe("2026-11-21 12:05 UTC");
  expect(clockTime(noon, utcTimes)).toBe("12:05:09 UTC");
  expect(clockTime(noon, localTimes)).toBe(new Date(noon).toTimeString().slice(0, 8));
});

test("a moment that no calendar has is no crash", () => {
  expect(dayAndTime(2 ** 53, utcTimes)).toBe("????-??-?? ??:?? UTC");
});
