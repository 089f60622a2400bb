import { expect, test } from "vitest";
import { betweenCommands, hang } from "../../src/cli/hang.ts";

const text = "one two three four five six seven";

test("a row wider than the terminal goes on below its beginning, between words, whatever the colours", () => {
  expect(hang(text, 40)).toBe("one two three four five six\n          seven");
  expect(hang(text.replace("three", "\u001b[2mthree\u001b[22m"), 40)).toContain("six\n          seven");
  expect([hang(text, 43), hang(text, 39), hang(text, Infinity)]).toEqual([text, text, text]);
});

test("a command stays in one piece, however long it is", () => {
  const take = "git merge claw/a-long-name-of-a-branch-1ng3pcs02206";
  expect(hang(`see it: claw diff 1ng3pcs02206; take it: claw apply 1ng3pcs02206 or ${take}`, 50, betweenCommands)).toBe(
    `see it: claw diff 1ng3pcs02206; take it:\n          claw apply 1ng3pcs02206 or\n          ${take}`,
  );
});
