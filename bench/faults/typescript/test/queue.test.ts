import assert from "node:assert/strict";
import { test } from "node:test";
import { PriorityQueue, Recent } from "../src/queue.ts";

const drained = (entries: [string, number][]): string[] => {
  const queue = new PriorityQueue<string>();
  for (const [item, priority] of entries) queue.push(item, priority);
  const items: string[] = [];
  while (queue.size > 0) items.push(queue.pop() ?? "");
  return items;
};

test("highest first", () =>
  assert.deepEqual(
    drained([
      ["low", 1],
      ["high", 5],
      ["middle", 3],
    ]),
    ["high", "middle", "low"],
  ));
test("equals in order", () =>
  assert.deepEqual(
    drained([
      ["a", 1],
      ["b", 1],
      ["c", 1],
    ]),
    ["a", "b", "c"],
  ));
test("equals behind a higher one", () =>
  assert.deepEqual(
    drained([
      ["a", 1],
      ["b", 2],
      ["c", 2],
    ]),
    ["b", "c", "a"],
  ));
test("nothing in an empty queue", () => assert.equal(new PriorityQueue().pop(), undefined));
test("remembers", () => {
  const recent = new Recent<number>(2);
  recent.set("a", 1);
  assert.equal(recent.get("a"), 1);
});
test("keeps as many as it should", () => {
  const recent = new Recent<number>(2);
  recent.set("a", 1);
  recent.set("b", 2);
  assert.deepEqual([recent.get("a"), recent.get("b")], [1, 2]);
});
test("forgets the oldest", () => {
  const recent = new Recent<number>(2);
  for (const key of ["a", "b", "c"]) recent.set(key, 1);
  assert.deepEqual([recent.get("a"), recent.get("b"), recent.get("c")], [undefined, 1, 1]);
});
test("what was used is not the oldest", () => {
  const recent = new Recent<number>(2);
  recent.set("a", 1);
  recent.set("b", 2);
  recent.get("a");
  recent.set("c", 3);
  assert.deepEqual([recent.get("a"), recent.get("b")], [1, undefined]);
});
