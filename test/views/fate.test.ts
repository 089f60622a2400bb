import { expect, test } from "vitest";
import { acceptance, fateOf } from "../../src/views/fate.ts";

const pull = { number: 5, state: "merged" as const, body: "", edited: false };
const around = { place: "o/r.js", issue: 7, others: [] };

test("a merged pull request is accepted, with edits where people added to it, and reverted when a merged one says so", () => {
  expect(fateOf(pull, around)).toBe("accepted");
  expect(fateOf({ ...pull, edited: true }, around)).toBe("accepted-with-edits");
  const revert = { number: 9, own: false, state: "merged" as const, body: "Reverts o/r.js#5" };
  expect(fateOf(pull, { ...around, others: [revert] })).toBe("reverted");
  for (const other of [
    { ...revert, state: "open" as const },
    { ...revert, body: "Reverts o/r.js#55" },
    { ...revert, body: "Reverts o/rxjs#5" },
  ])
    expect(fateOf(pull, { ...around, others: [other] })).toBe("accepted");
});

test("a closed one was rejected, unless a newer one of claw's answers the same issue; an open one waits", () => {
  const closed = { ...pull, state: "closed" as const };
  expect(fateOf(closed, around)).toBe("rejected");
  const other = { number: 6, own: true, state: "open" as const, body: "<!-- claw run=1a issue=7 -->" };
  expect(fateOf(closed, { ...around, others: [other] })).toBe("superseded");
  for (const none of [
    { ...other, number: 4 },
    { ...other, own: false },
  ])
    expect(fateOf(closed, { ...around, others: [none] })).toBe("rejected");
  expect(fateOf({ ...pull, state: "open" }, around)).toBe("pending");
});

test("an accepted change costs everything that was spent, over what was taken; unknown where a price is", () => {
  const rows = [
    { fate: "accepted" as const, cost: 100 },
    { fate: "rejected" as const, cost: 50 },
    { fate: "pending" as const, cost: 50 },
  ];
  expect(acceptance(rows)).toEqual({ accepted: 1, decided: 2, perAccepted: 200 });
  expect(acceptance([...rows, { fate: "accepted-with-edits", cost: null }]).perAccepted).toBeNull();
});
