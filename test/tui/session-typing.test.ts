import { expect, test } from "vitest";
import { editorLines } from "../../src/tui/session/editor-lines.ts";
import type { Action } from "../../src/tui/session/keys.ts";
import { act, menuOf, newTyping, nextMessage, pasteInto, type Typing } from "../../src/tui/session/typing.ts";

const commands = [
  { name: "diff", about: "" },
  {
    name: "model",
    takes: "<name>",
    about: "",
    values: () => Promise.resolve([{ text: "local/qwen", about: "here" }]),
  },
];

function desk(history: readonly string[] = []): Typing {
  const setting = {
    greeting: "",
    commands,
    files: () => Promise.resolve(["src/loop.ts", "src/cli/log.ts", "README.md", "odd dir/a file.md"]),
    history,
    remember: () => {},
    model: "",
    usdNano: null,
    colours: false,
    stop: () => {},
    suspend: () => {},
  };
  return newTyping(setting, () => {});
}

const type = (text: string): Action => ({ kind: "insert", text });
const press = (typing: Typing, ...actions: readonly Action[]): string => {
  for (const action of actions) act(typing, action, false);
  return `${typing.editor.text.slice(0, typing.editor.cursor)}|${typing.editor.text.slice(typing.editor.cursor)}`;
};
const erase = (to: "left" | "wordLeft" | "home" | "end"): Action => ({ kind: "erase", to });
const move = (to: "left" | "wordLeft" | "home" | "end"): Action => ({ kind: "move", to });
const never = new AbortController().signal;

test("letters are moved over and erased whole, however many code units they have", () => {
  const typing = desk();
  expect(press(typing, type("a👨‍👩‍👧é你"), move("left"), erase("left"))).toBe("a👨‍👩‍👧|你");
  expect(press(typing, erase("left"))).toBe("a|你");
});

test("words and lines are erased, and what was cut comes back", () => {
  const typing = desk();
  expect(press(typing, type("one two three"), erase("wordLeft"))).toBe("one two |");
  expect(press(typing, move("home"), erase("end"), type("zero "), { kind: "yank" })).toBe("zero one two |");
});

test("a backslash before Enter begins a new line; Up and Down move in it and then through what was typed before", () => {
  const typing = desk(["earlier"]);
  expect(press(typing, type("one\\"), { kind: "submit" }, type("two"), { kind: "up" })).toBe("one|\ntwo");
  expect(press(typing, { kind: "up" })).toBe("earlier|");
  expect(press(typing, { kind: "down" })).toBe("one\ntwo|");
});

test("a large paste stands as a short tag and is sent whole", async () => {
  const typing = desk();
  press(typing, type("look: "));
  const pasted = Array.from({ length: 30 }, (_, index) => `line ${index}\u001b[31m`).join("\r\n");
  pasteInto(typing, pasted);
  expect(typing.editor.text).toBe("look: [pasted 1: 30 lines]");
  let shown = "";
  const sent = nextMessage(typing, never, (text) => (shown = text));
  press(typing, { kind: "submit" });
  expect(await sent).toBe(`look: ${pasted.replaceAll("\r\n", "\n").replaceAll("\u001b", "")}`);
  expect(shown).toBe("look: [pasted 1: 30 lines]");
});

test("a tag is erased as one letter", () => {
  const typing = desk();
  pasteInto(typing, "x\n".repeat(20));
  expect(press(typing, erase("left"))).toBe("|");
});

test("commands and files are completed, Enter takes what is chosen", async () => {
  const typing = desk();
  press(typing, type("/m"));
  expect(menuOf(typing)?.choices).toMatchObject([{ text: "/model " }]);
  expect(press(typing, { kind: "submit" }, type("lo"))).toBe("/model lo|");
  await Promise.resolve();
  expect(menuOf(typing)?.choices).toEqual([{ text: "local/qwen", about: "here" }]);
  expect(press(typing, { kind: "tab" }, erase("wordLeft"), type("qwen see @lo"))).toBe("/model qwen see @lo|");
  await Promise.resolve();
  expect(menuOf(typing)?.choices.map(({ text }) => text)).toEqual(["@src/loop.ts ", "@src/cli/log.ts "]);
  expect(press(typing, { kind: "down" }, { kind: "tab" })).toBe("/model qwen see @src/cli/log.ts |");
  expect(press(typing, erase("home"), type("@od"), { kind: "tab" })).toBe('@"odd dir/a file.md" |');
});

test("what is typed while the model works waits its turn; Ctrl-D leaves only when nothing goes on", async () => {
  const typing = desk();
  press(typing, type("first"), { kind: "submit" }, type("second"), { kind: "submit" });
  act(typing, { kind: "leave" }, true);
  expect(await nextMessage(typing, never, () => {})).toBe("first");
  expect(await nextMessage(typing, never, () => {})).toBe("second");
  act(typing, { kind: "leave" }, false);
  expect(await nextMessage(typing, never, () => {})).toBeNull();
});

test("Up takes back what waits to be sent, and what only tells waits for nothing", async () => {
  const typing = desk(["earlier"]);
  const told: string[] = [];
  typing.anytime = (text) => text === "/cost" && told.push(text) > 0;
  press(typing, type("first"), { kind: "submit" }, type("/cost"), { kind: "submit" }, type("second"), {
    kind: "submit",
  });
  expect(told).toEqual(["/cost"]);
  expect(press(typing, { kind: "up" })).toBe("second|");
  expect(press(typing, erase("home"), type("third"), { kind: "submit" })).toBe("|");
  expect(await nextMessage(typing, never, () => {})).toBe("first");
  expect(await nextMessage(typing, never, () => {})).toBe("third");
  expect(press(typing, { kind: "up" })).toBe("third|");
});

test("a long text is broken at letters, and the lines around the cursor are shown", () => {
  expect(editorLines("abcdefg", 7, 3, 5)).toEqual({ lines: ["abc", "def", "g"], x: 1, y: 2 });
  expect(editorLines("你好世", 2, 5, 5)).toEqual({ lines: ["你好", "世"], x: 0, y: 1 });
  expect(editorLines("a\nb\nc\nd", 0, 9, 2)).toEqual({ lines: ["a", "b"], x: 0, y: 0 });
  expect(editorLines("a\nb\nc\nd", 7, 9, 2)).toEqual({ lines: ["c", "d"], x: 1, y: 1 });
});
