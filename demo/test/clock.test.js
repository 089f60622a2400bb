import assert from "node:assert/strict";
import { test } from "node:test";
import { clock, minutes } from "../src/clock.js";

test("reads a time", () => assert.equal(minutes("09:30"), 570));
test("reads midnight at both ends of a day", () => assert.deepEqual([minutes("0:00"), minutes("24:00")], [0, 1440]));
test("refuses what is no time", () => assert.throws(() => minutes("9:60"), /no time: 9:60/));
test("writes a time with two digits each", () => assert.equal(clock(65), "01:05"));
