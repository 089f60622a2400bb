import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { formatDuration, parseDuration } from "../src/duration.js";

describe("formatDuration", () => {
  for (const [ms, text] of [
    [0, "0s"],
    [400, "0s"],
    [65_000, "1m 5s"],
    [5_400_000, "1h 30m"],
    [93_784_000, "1d 2h 3m 4s"],
    [-65_000, "-1m 5s"],
  ]) {
    it(`${ms} ms is ${text}`, () => assert.equal(formatDuration(ms), text));
  }

  it("shows at most so many parts", () => {
    assert.equal(formatDuration(93_784_000, { parts: 2 }), "1d 2h");
    assert.equal(formatDuration(5_400_000, { parts: 1 }), "2h");
  });

  it("is read back as the same duration", () => {
    for (const ms of [1000, 61_000, 86_400_000, 93_784_000]) assert.equal(parseDuration(formatDuration(ms)), ms);
  });
});
