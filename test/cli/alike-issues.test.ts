import { expect, test } from "vitest";
import { alikeIssues } from "../../src/cli/alike-issues.ts";

const issue = (number: number, title: string, body: string) => ({ number, title, body, url: `/${number}` });
const told = issue(7, "Sum([]) throws", "See test/sum.test.js:\n  it throws.");

test("an issue is known again by its words, by its title in other letters, and by the test it names", () => {
  const open = [
    issue(1, "Other", "Other."),
    issue(2, "sum throws!", ""),
    issue(3, "Crash", "`test/sum.test.js` fails"),
    issue(4, "Sum([]) throws", "See test/sum.test.js: it\u200b throws."),
    told,
    issue(9, told.title, told.body),
  ];
  expect(alikeIssues(told, open).map(({ issue: { number }, because, isTwin }) => [number, because, isTwin])).toEqual([
    [2, "it has the same title", false],
    [3, "it names test/sum.test.js, too", false],
    [4, "it says the same word for word", true],
    // Whoever copies an issue keeps nobody from working on it.
    [9, "it says the same word for word", false],
  ]);
});

test("words that go on without blanks are looked through once: an issue full of them holds nobody up", () => {
  const long = issue(7, "t", `${"QUJD".repeat(150_000)} ${"a/".repeat(150_000)} ./test/sum.test.js`);
  expect(alikeIssues(long, [issue(1, "u", "test/sum.test.js")])).toMatchObject([{ issue: { number: 1 } }]);
});

test("a title alone is no twin, and a title without letters tells nothing", () => {
  expect(alikeIssues(issue(7, "Crash", ""), [issue(1, "Crash", "")])).toMatchObject([{ isTwin: false }]);
  expect(alikeIssues(issue(7, "?!", ""), [issue(1, "...", "")])).toEqual([]);
});
