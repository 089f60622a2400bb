import { completionAt, type Completion, wantsFiles, wantsValues } from "./completion.ts";
import * as edit from "./editor.ts";
import type { Action } from "./keys.ts";
import type { Choice, ScreenSetting } from "./screen.ts";

interface Message {
  /** As it stands on the screen, with tags for what was pasted; and as it is sent. */
  readonly shown: string;
  readonly sent: string;
  /** As it was typed, for who wants it back. */
  readonly editor: edit.Editor;
}

/** The place where a person types: its text, the list of what could be meant, and what waits to be sent. */
export interface Typing {
  readonly setting: ScreenSetting;
  /** Called when something changed that no key did. */
  readonly changed: () => void;
  editor: edit.Editor;
  files: readonly string[] | null;
  /** What commands take, as far as it was asked for. */
  readonly values: Map<string, readonly Choice[]>;
  chosen: number;
  /** The list is not wanted. */
  closed: boolean;
  readonly history: string[];
  readonly waiting: (Message | null)[];
  resolve: ((message: Message | null) => void) | null;
  /** Does at once what need not wait until the model rests; false for what must. */
  anytime: (text: string) => boolean;
}

export const newTyping = (setting: ScreenSetting, changed: () => void): Typing => ({
  setting,
  changed,
  editor: edit.emptyEditor,
  files: null,
  values: new Map(),
  chosen: 0,
  closed: false,
  history: [...setting.history],
  waiting: [],
  resolve: null,
  anytime: () => false,
});

/** What could be meant by the word at the cursor, and which is chosen; null while there is nothing to choose. */
export function menuOf({
  closed,
  editor,
  setting,
  files,
  values,
  chosen,
}: Typing): (Completion & { readonly chosen: number }) | null {
  if (closed) return null;
  const found = completionAt(editor.text, editor.cursor, { commands: setting.commands, files: files ?? [], values });
  return found && { ...found, chosen: Math.min(chosen, found.choices.length - 1) };
}

export const queuedIn = ({ waiting }: Typing): readonly string[] => waiting.flatMap((message) => message?.shown ?? []);

function set(typing: Typing, next: edit.Editor): void {
  if (next.text !== typing.editor.text) {
    typing.chosen = 0;
    typing.closed = false;
  }
  typing.editor = next;
  const taker = wantsValues(next.text, next.cursor, typing.setting.commands);
  if (taker && !typing.values.has(taker.name)) {
    typing.values.set(taker.name, []);
    void taker.values().then((found) => {
      typing.values.set(taker.name, found);
      typing.changed();
    });
  }
  if (typing.files !== null || !wantsFiles(next.text, next.cursor)) return;
  typing.files = [];
  void typing.setting.files().then((found) => {
    typing.files = found;
    typing.changed();
  });
}

/** Does what a key means; Ctrl-D leaves only where no turn goes on. */
export function act(typing: Typing, action: Action, busy: boolean): void {
  const { editor } = typing;
  switch (action.kind) {
    case "insert":
      return set(typing, edit.insert(editor, action.text));
    case "move":
      return set(typing, edit.move(editor, action.to));
    case "erase":
      return set(typing, edit.erase(editor, action.to));
    case "newline":
      return set(typing, edit.insert(editor, "\n"));
    case "yank":
      return set(typing, edit.yank(editor));
    case "up":
    case "down":
      return upOrDown(typing, action.kind === "up" ? -1 : 1);
    case "leave":
      if (editor.text !== "") return set(typing, edit.erase(editor, "right"));
      return busy ? undefined : deliver(typing, null);
    case "escape":
      typing.closed = true;
      return undefined;
    case "tab":
    case "submit":
      return choose(typing, action.kind);
    default:
      return undefined;
  }
}

function upOrDown(typing: Typing, step: -1 | 1): void {
  const menu = menuOf(typing);
  if (menu) {
    typing.chosen = (menu.chosen + step + menu.choices.length) % menu.choices.length;
    return;
  }
  if (step < 0 && typing.editor.text === "" && takeBack(typing)) return;
  set(typing, edit.vertical(typing.editor, step) ?? edit.recall(typing.editor, typing.history, step));
  typing.closed = true;
}

/** The last of what waits to be sent, to be changed or dropped; false when nothing waits. */
function takeBack(typing: Typing): boolean {
  const last = typing.waiting.at(-1);
  if (!last) return false;
  typing.waiting.pop();
  set(typing, last.editor);
  typing.closed = true;
  return true;
}

/** Enter takes a choice that says something else than what is typed already. */
function choose(typing: Typing, kind: "tab" | "submit"): void {
  const menu = menuOf(typing);
  const { editor } = typing;
  const text = menu?.choices[menu.chosen]?.text ?? "";
  const adds = menu !== null && text.trim() !== editor.text.slice(menu.from, menu.to).trim();
  if (kind === "submit" && !adds) return submit(typing);
  if (!menu) return;
  set(typing, {
    ...editor,
    text: editor.text.slice(0, menu.from) + text + editor.text.slice(menu.to),
    cursor: menu.from + text.length,
  });
  typing.closed = true;
}

function submit(typing: Typing): void {
  const { editor, history, setting } = typing;
  if (editor.text.slice(0, editor.cursor).endsWith("\\"))
    return set(typing, edit.insert(edit.erase(editor, "left"), "\n"));
  const sent = edit.whole(editor).trim();
  if (sent === "") return;
  if (history.at(-1) !== sent) history.push(sent);
  setting.remember(sent);
  typing.editor = edit.emptyEditor;
  if (typing.resolve === null && typing.anytime(sent)) return;
  deliver(typing, { shown: editor.text.trim(), sent, editor });
}

function deliver(typing: Typing, message: Message | null): void {
  const { resolve, waiting } = typing;
  typing.resolve = null;
  if (resolve) resolve(message);
  else waiting.push(message);
}

export function pasteInto(typing: Typing, text: string): void {
  set(typing, edit.paste(typing.editor, text));
}

/** Puts words back that nothing came of. */
export function refill(typing: Typing, text: string): void {
  set(typing, edit.withText(edit.emptyEditor, text));
}

/** Closes the list of choices; false when none is open. */
export function closeMenu(typing: Typing): boolean {
  const open = menuOf(typing) !== null;
  typing.closed = true;
  return open;
}

/** What is typed next; null when the person leaves. `show` is told how it stands on the screen. */
export async function nextMessage(
  typing: Typing,
  signal: AbortSignal,
  show: (text: string) => void,
): Promise<string | null> {
  const message = typing.waiting.length > 0 ? (typing.waiting.shift() ?? null) : await awaited(typing, signal);
  if (message) show(message.shown);
  typing.changed();
  return message?.sent ?? null;
}

function awaited(typing: Typing, signal: AbortSignal): Promise<Message | null> {
  const { promise, resolve, reject } = Promise.withResolvers<Message | null>();
  typing.resolve = resolve;
  const gone = (): void => {
    typing.resolve = null;
    reject(signal.reason as Error);
  };
  if (signal.aborted) gone();
  signal.addEventListener("abort", gone, { once: true });
  return promise.finally(() => signal.removeEventListener("abort", gone));
}
