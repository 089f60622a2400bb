import assert from "node:assert/strict";
import { test } from "node:test";
import { backoff, Emitter, fill } from "../src/events.js";

test("listeners hear what is emitted", () => {
  const heard = [];
  const emitter = new Emitter();
  emitter.on("x", (value) => heard.push(value));
  emitter.on("x", (value) => heard.push(value * 2));
  assert.equal(emitter.emit("x", 4), true);
  assert.deepEqual(heard, [4, 8]);
});

test("nobody listens", () => assert.equal(new Emitter().emit("x"), false));

test("a listener can be taken off", () => {
  const heard = [];
  const emitter = new Emitter();
  const stop = emitter.on("x", (value) => heard.push(value));
  emitter.on("x", (value) => heard.push(-value));
  stop();
  emitter.emit("x", 1);
  assert.deepEqual(heard, [-1]);
});

test("once is once", () => {
  const heard = [];
  const emitter = new Emitter();
  emitter.once("x", (value) => heard.push(value));
  emitter.emit("x", 1);
  emitter.emit("x", 2);
  assert.deepEqual(heard, [1]);
});

test("fills in", () => assert.equal(fill("{a} and {b}", { a: 1, b: 0 }), "1 and 0"));
test("leaves unknown names", () => assert.equal(fill("{a} {c}", { a: 1 }), "1 {c}"));
test("waits longer each time", () => assert.deepEqual([backoff(0), backoff(1), backoff(3)], [100, 200, 800]));
test("but not for ever", () => assert.equal(backoff(20), 5000));
