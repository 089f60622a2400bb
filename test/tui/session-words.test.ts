import { expect, onTestFinished, test, vi } from "vitest";
import { patchLines } from "../../src/tui/session/diff-lines.ts";
import { loadHighlight, noHighlight } from "../../src/tui/session/highlight.ts";
import { completeUpTo, markdownLines } from "../../src/tui/session/markdown.ts";
import { callLine, partLines } from "../../src/tui/session/part-lines.ts";
import { patience } from "../../src/tui/session/patience.ts";
import { type Line, lineWidth, paint, wrapLine } from "../../src/tui/session/spans.ts";
import { newTranscript, takeLines, tellEvent, tellPart, tellWords } from "../../src/tui/session/transcript.ts";
import type { Recorded } from "../../src/ledger/events.ts";

const sheet = { columns: 40, colours: false, highlight: noHighlight };
const plain = (lines: readonly Line[]): string => lines.map((line) => paint(line, false).trimEnd()).join("\n");

test("Markdown becomes lines of a terminal", () => {
  const text = `# Title

A paragraph with **strong**, *soft* and \`code\` words that is long enough to be broken.

- one
- two
  1. nested

> quoted

| a | long name |
|---|----------:|
| 1 | 2 |

\`\`\`js
let a = 1; // kept as it is, however long this line of code may be
\`\`\`
[docs](https://example.org)`;
  expect(plain(markdownLines(text, sheet))).toMatchInlineSnapshot(`
    "# Title

    A paragraph with strong, soft and \`code\`
    words that is long enough to be broken.

    • one
    • two
      1. nested

    │ quoted

    a  long name
    ─  ─────────
    1          2

      let a = 1; // kept as it is, however long this line of code may be

    docs (https://example.org)"
  `);
});

test("a table without room is told row by row", () => {
  const text = "| name | what it is |\n|--|--|\n| claw | a runner that proves a fix instead of claiming it |";
  expect(plain(markdownLines(text, sheet))).toMatchInlineSnapshot(`
    "• name: claw
      what it is: a runner that proves a fix
    instead of claiming it"
  `);
});

test("nothing that a model says moves the cursor, recolours or hides words", () => {
  const said = partLines(
    { kind: "model", text: "a\u001b[2J\u001b]0;title\u0007b \u202ecba\u202c `\u001b[31mred`" },
    sheet,
  );
  expect(plain(said)).toBe("ab cba `red`");
});

test("nor does the name of a tool that a model made up", () => {
  const call = { tool: "\u001b[2Jrm\nsudo", summary: "a\u001b[31m", ok: false, exitCode: 1, ms: 5 };
  expect(paint(callLine(call, 40), false)).toBe("✗ rm sudo a  exit 1, 5 ms");
});

test("wide letters and emoji are never cut in two, and lines are never wider than the terminal", () => {
  const line = [{ text: "你好世界 👍👍👍 שלום עולם averyveryverylongwordwithoutanyblankinitatall" }];
  const lines = wrapLine(line, 11);
  expect(Math.max(...lines.map(lineWidth))).toBeLessThanOrEqual(11);
  expect(
    lines
      .map((each) => paint(each, false))
      .join("")
      .replaceAll(" ", ""),
  ).toBe(line[0]?.text.replaceAll(" ", ""));
});

test("while a text grows, what is complete can be written and the rest cannot", () => {
  const whole = "First.\n\n```js\nlet a = 1;\n\nlet b = 2;\n```\n\nLast";
  expect(whole.slice(0, completeUpTo("First.\n\n```js\nlet a = 1;\n\nlet b"))).toBe("First.\n\n");
  expect(whole.slice(completeUpTo(whole))).toBe("Last");
});

test.each(["1. one\n ", "- one\n\n  ", "text\n\n    code\n\n"])("%j may go on behind its empty lines", (growing) => {
  expect(completeUpTo(growing)).toBe(growing.startsWith("text") ? "text\n\n".length : 0);
});

test("code is coloured by its language, and only where it is known", async () => {
  const highlight = await loadHighlight();
  expect(highlight("const a = 1", "ts")?.flat()).toContainEqual({ text: "const", look: "35" });
  expect(highlight("const a = 1", "klingon")).toBeNull();
});

test("a change shows which words of a line changed", () => {
  const patch =
    "diff --git a/a.js b/a.js\nindex 1..2 100644\n--- a/a.js\n+++ b/a.js\n@@ -1 +1 @@\n-let a = b;\n+let a = c;\n";
  const lines = patchLines(patch);
  expect(plain(lines)).toBe("a.js\n@@ -1 +1 @@\n-let a = b;\n+let a = c;");
  expect(lines.flat().filter(({ look }) => look?.endsWith(";7"))).toEqual([
    { text: "b", look: "31;7" },
    { text: "c", look: "32;7" },
  ]);
});

test("plain lines say that work goes on where nothing else was said for a while", () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const said: string[] = [];
  const waiting = patience((text) => void said.push(text));
  waiting.heard();
  waiting.begin();
  vi.advanceTimersByTime(4_000);
  waiting.heard();
  vi.advanceTimersByTime(31_000);
  expect(said).toEqual(["(still working, 5 s)\n", "(still working, 30 s)\n"]);
  waiting.end();
  vi.advanceTimersByTime(600_000);
  expect(said).toHaveLength(2);
});

test("a turn that ends without words says so, and one with words does not", () => {
  const told = newTranscript(() => sheet);
  const event = (fact: object): Recorded => ({ at: 0, session: "chat", ...fact }) as unknown as Recorded;
  const turn = (...words: readonly string[]): string => {
    tellPart(told, { kind: "person", text: "well?" });
    for (const text of words) tellWords(told, text);
    tellEvent(told, event({ type: "model.replied" }));
    tellEvent(told, event({ type: "turn.ended", how: "answered", detail: "" }));
    return plain(takeLines(told));
  };
  expect(turn()).toContain("! the model said nothing");
  expect(turn("Well.")).not.toContain("said nothing");
});
