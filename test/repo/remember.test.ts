import { expect, test } from "vitest";
import { remembering } from "../../src/repo/remember.ts";

test("an answer is asked for once while it is among the latest, and again when it failed or was pushed out", async () => {
  const asked: string[] = [];
  const answer = remembering(2, (...words: [string, string]) => {
    asked.push(words.join("+"));
    return words[0] === "bad" ? Promise.reject(new Error("no")) : Promise.resolve(asked.length);
  });
  expect([await answer("a", "b"), await answer("a", "b"), await answer("ab", "")]).toEqual([1, 1, 2]);
  await expect(answer("bad", "x")).rejects.toThrow("no");
  await expect(answer("bad", "x")).rejects.toThrow("no");
  await answer("c", "d");
  await answer("a", "b");
  expect(asked).toEqual(["a+b", "ab+", "bad+x", "bad+x", "c+d", "a+b"]);
});
