import assert from "node:assert/strict";
import { test } from "node:test";
import { Rooms } from "../src/rooms.js";

test("books a room", () => {
  const rooms = new Rooms();
  rooms.book("blue", "09:00", "10:00");
  assert.deepEqual(rooms.free("blue"), ["08:00-09:00", "10:00-18:00"]);
});

test("refuses a room that is taken for part of the time", () => {
  const rooms = new Rooms();
  rooms.book("blue", "09:00", "10:00");
  assert.throws(() => rooms.book("blue", "09:30", "11:00"), /blue is taken/);
  assert.throws(() => rooms.book("blue", "08:30", "09:30"), /blue is taken/);
});

test("refuses a room that is taken in between", () => {
  const rooms = new Rooms();
  rooms.book("blue", "09:00", "12:00");
  assert.throws(() => rooms.book("blue", "10:00", "11:00"), /blue is taken/);
});

test("another room is another room", () => {
  const rooms = new Rooms();
  rooms.book("blue", "09:00", "10:00");
  rooms.book("red", "09:00", "10:00");
  assert.deepEqual(rooms.free("red"), ["08:00-09:00", "10:00-18:00"]);
});

test("refuses what is outside the opening hours", () => {
  assert.throws(() => new Rooms().book("blue", "07:30", "08:30"), /closed then/);
  assert.throws(() => new Rooms().book("blue", "17:30", "18:30"), /closed then/);
});

test("refuses a booking that ends before it begins", () => {
  assert.throws(() => new Rooms().book("blue", "10:00", "09:00"), /not after/);
});

test("counts people that are there at the same time", () => {
  const rooms = new Rooms();
  rooms.book("blue", "09:00", "11:00", 4);
  rooms.book("red", "10:00", "12:00", 3);
  rooms.book("green", "11:00", "12:00", 2);
  assert.equal(rooms.busiest(), 7);
});

test("a room can be booked back to back", () => {
  const rooms = new Rooms();
  rooms.book("blue", "09:00", "10:00");
  rooms.book("blue", "10:00", "11:00");
  assert.deepEqual(rooms.free("blue"), ["08:00-09:00", "11:00-18:00"]);
});

test("a room can be booked up to the beginning of the next booking", () => {
  const rooms = new Rooms();
  rooms.book("blue", "10:00", "11:00");
  rooms.book("blue", "09:00", "10:00");
  assert.deepEqual(rooms.free("blue"), ["08:00-09:00", "11:00-18:00"]);
});
