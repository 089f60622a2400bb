import { expect, test } from "vitest";
import { plain, quoted } from "../../src/reports/markdown.ts";
import { commitMessage } from "../../src/repo/commit-message.ts";
import { withoutClosing } from "../../src/text.ts";

test("what issues and models say closes no issue, in any spelling that a forge acts on", () => {
  const closing = [
    "fixes #7",
    "Closes: #7",
    "Fixes:#7",
    "resolved o/r#7",
    "FIX gh-7",
    "close https://git.example.org/o/r/issues/7",
    "Fixed\n#7",
    "fixes **#7**",
  ];
  for (const text of closing) expect(withoutClosing(text)).toMatch(/^\w+(?::|:?[\s*]+)issue 7[*]*$/);
  const harmless = "prefixes #7, see #7; fix issue 7; fixes the 7th";
  expect(withoutClosing(harmless)).toBe(harmless);
  const trailers = { assistedBy: "a", run: "r", record: "0" };
  const message = commitMessage({ subject: "Fix: #7 is back", body: "It also closes #8.", trailers });
  expect(message).toMatch(/^Fix: issue 7 is back\n\nIt also closes issue 8\./);
  expect(quoted("It fixes\n#7.")).toBe("> It fixes\n> issue 7.");
});

test("what they say calls nobody, and code on one line stays as it is", () => {
  const said = "ada@example.org `npm i @types/node` @eve, (@o/team) `` ` @x `` \\` @bob `";
  expect(plain(said)).toBe(
    "ada@example.org `npm i @types/node` @<!-- -->eve, (@<!-- -->o/team) `` ` @x `` \\` @<!-- -->bob `",
  );
});
