import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseDuration } from "../src/duration.js";

describe("parseDuration", () => {
  for (const [text, ms] of [
    ["90s", 90_000],
    ["1h 30m", 5_400_000],
    ["1h30m", 5_400_000],
    ["2 days, 4 hours", 187_200_000],
    ["1.5h", 5_400_000],
  ]) {
    it(text, () => assert.equal(parseDuration(text), ms));
  }

  it("refuses what is not a duration, and says where it stopped", () => {
    assert.throws(() => parseDuration("1h soon"), /at "soon"/);
    assert.throws(() => parseDuration(""), TypeError);
    assert.throws(() => parseDuration("1h 2h"), /"h" comes twice/);
  });
});
