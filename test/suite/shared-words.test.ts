import { expect, test } from "vitest";
import { sharedWords } from "../../src/suite/shared-words.ts";

test.each([
  ["sum([]) throws", "test/sum.test.js > adds nothing", ["sum"]],
  ["Ümläute gehen verloren", "slug > keeps ümläute", ["ümläute"]],
  ["xy", "sum > adds nothing", []],
  ["the test fails, fix the bug", "test/a.test.js > the test should not fail", []],
  ["", "sum", []],
])("%j speaks of %j in the words %j", (about, test, words) => {
  expect(sharedWords(about, test)).toEqual(words);
});
