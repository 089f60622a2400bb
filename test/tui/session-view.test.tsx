import { render } from "ink-testing-library";
import { expect, onTestFinished, test } from "vitest";
import { type Bottom, bottomFrame } from "../../src/tui/session/bottom.ts";
import { noHighlight } from "../../src/tui/session/highlight.ts";
import { actionsOf } from "../../src/tui/session/keys.ts";
import type { ScreenSetting } from "../../src/tui/session/screen.ts";
import { newFacts } from "../../src/tui/session/session-facts.ts";
import { paint } from "../../src/tui/session/spans.ts";
import { act, menuOf, newTyping, pasteInto } from "../../src/tui/session/typing.ts";
import { View } from "../../src/tui/session/view.tsx";

const setting: ScreenSetting = {
  greeting: "",
  commands: [
    { name: "diff", about: "what the session has changed" },
    { name: "apply", about: "take its changes over" },
  ],
  files: () => Promise.resolve([]),
  history: [],
  remember: () => {},
  model: "local/qwen",
  usdNano: 2_000_000_000,
  colours: false,
  stop: () => {},
  suspend: () => {},
};

/** The lower part of a session's screen, drawn by ink, with keys that reach the place where a person types. */
function screen(state: Partial<Bottom> = {}, size = { columns: 60, rows: 24 }) {
  const typing = newTyping(setting, () => {});
  const sheet = { ...size, colours: false, highlight: noHighlight };
  const view = (): Parameters<typeof View>[0] => {
    const { lines, cursor } = bottomFrame(
      {
        facts: newFacts(setting.model, setting.usdNano),
        editor: typing.editor,
        menu: menuOf(typing),
        words: "",
        output: "",
        plan: [],
        queued: [],
        question: null,
        busy: false,
        stopping: false,
        now: 0,
        ...state,
      },
      sheet,
    );
    return { lines: lines.map((line) => paint(line, false)), cursor, ...handlers };
  };
  const handlers: Pick<Parameters<typeof View>[0], "onKey" | "onPaste" | "onWriter" | "onLender"> = {
    onKey(input, key) {
      for (const action of actionsOf(input, key)) if (action.kind !== "stop") act(typing, action as never, false);
    },
    onPaste: (text) => pasteInto(typing, text),
    onWriter: () => {},
    onLender: () => {},
  };
  const shown = render(<View {...view()} />);
  onTestFinished(() => shown.unmount());
  return {
    frame: () => (shown.rerender(<View {...view()} />), shown.lastFrame() ?? ""),
    type: async (keys: string): Promise<void> => {
      // The keyboard is listened to once the first frame has been drawn.
      await new Promise((resolve) => setImmediate(resolve));
      shown.stdin.write(keys);
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

test("the status line tells model, place, spend, share of the context and sandbox, with the model's short name where there is no room", () => {
  const facts = { ...newFacts("local/qwen", 2_000_000_000), tokens: 250, window: 1000, sandbox: "complete" };
  expect(screen({ facts }).frame()).toBe("\n> ask, or /help\nqwen · $0.00 of $2.00 · context 25 % · sandbox complete");
  const inPlace = screen({ facts: { ...facts, inPlace: true } }, { columns: 80, rows: 24 }).frame();
  expect(inPlace).toContain("local/qwen · in place · $0.00 of $2.00 · context 25 % · sandbox complete");
});

test("a question takes the place of what is typed, and what it holds moves no cursor", () => {
  const frame = screen({
    question: { text: "Write these changes into /r?\n  a.txt | 2 +-\u001b[2J", more: true },
  }).frame();
  expect(frame).not.toContain("\u001b");
  expect(frame).toMatchInlineSnapshot(`
    "
    Write these changes into /r?
      a.txt | 2 +-
    y yes   n no   d show it
    local/qwen · $0.00 of $2.00"
  `);
});

test("the plan shows what is done, the running call its last output, and a low terminal keeps the line that is typed", () => {
  const call = { call: "c", tool: "bash", summary: "npm test", since: 0 };
  const facts = { ...newFacts("local/qwen", null), call };
  const working = { facts, busy: true, plan: ["[x] look", "mend"], output: "one\ntwo\n", queued: ["and then?"] };
  expect(screen({ ...working, now: 4000 }).frame()).toMatchInlineSnapshot(`
    "
    … bash npm test  4 s
      │ one
      │ two
      ✓ look
      · mend
      next: and then?
    >
    local/qwen · $0.00"
  `);
  const low = screen({ ...working, output: "1\n2\n3\n4\n5\n6\n" }, { columns: 30, rows: 6 }).frame();
  expect(low.split("\n").length).toBeLessThanOrEqual(5);
  expect(low).toContain("\n>\n");
});

test("a running call keeps its time however long it is, a wait says why, and a question of many lines leaves room for its keys", () => {
  const call = {
    call: "c",
    tool: "bash",
    summary: "npm run a-script-with-a-long-name -- --and --many --options",
    since: 0,
  };
  const running = screen({ facts: { ...newFacts("m", null), call }, busy: true, now: 4000 }, { columns: 40, rows: 24 });
  expect(running.frame()).toMatch(/^\n… bash npm run a-script\S*… {2}4 s$/m);
  const waited = { since: 0, until: 9_000, why: "local answered 503: loading the model" };
  const waiting = screen({ facts: { ...newFacts("m", null), asking: waited }, busy: true }, { columns: 60, rows: 24 });
  expect(waiting.frame()).toContain("… asked again in 9 s  Esc stops it  local answered 503:");
  const text = ["Write?", ...Array.from({ length: 60 }, (_, index) => `f${index} +1`), "settle it by hand"].join("\n");
  const asked = screen({ question: { text, more: false } }, { columns: 60, rows: 12 })
    .frame()
    .split("\n");
  expect(asked.length).toBeLessThan(12);
  expect(asked.slice(-5)).toEqual([
    "  … 56 more lines",
    "f59 +1",
    "settle it by hand",
    "y yes   n no",
    "local/qwen · $0.00 of $2.00",
  ]);
});

test("typed keys complete a command, and a long paste stands as a tag between lines that are typed", async () => {
  const { frame, type } = screen();
  await type("/a");
  expect(frame()).toMatchInlineSnapshot(`
    "
    > /a
    > /apply  take its changes over
    local/qwen · $0.00 of $2.00"
  `);
  await type("\t");
  expect(frame()).toContain("> /apply");
  // A slow line brings keys together.
  await type("x\u0015/a\t");
  expect(frame()).toContain("\n> /apply\n");
  await type("y\u0015");
  await type("see:\n");
  await type(`\u001b[200~${"line\n".repeat(9)}\u001b[201~`);
  expect(frame()).toMatchInlineSnapshot(`
    "
    > see:
      [pasted 1: 9 lines]
    local/qwen · $0.00 of $2.00"
  `);
});
