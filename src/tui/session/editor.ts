import { letters } from "../../text-width.ts";

/** What is being typed. Positions count UTF-16 units and lie between letters. */
export interface Editor {
  readonly text: string;
  readonly cursor: number;
  /** What was pasted and stands in the text as a short tag. */
  readonly pastes: readonly Paste[];
  /** What was cut last, for Ctrl-Y. */
  readonly cut: string;
  /** Where in the history one is, counted from its end; 0 is what one was typing, kept in `draft`. */
  readonly back: number;
  readonly draft: string;
}

interface Paste {
  readonly tag: string;
  readonly text: string;
}

export const emptyEditor: Editor = { text: "", cursor: 0, pastes: [], cut: "", back: 0, draft: "" };

/** Longer pastes are shown as a tag. */
const SHOWN_LINES = 4;
const SHOWN_CHARACTERS = 800;

const at = (editor: Editor, text: string, cursor: number): Editor => ({ ...editor, text, cursor });

export const withText = (editor: Editor, text: string): Editor => at(editor, text, text.length);

/** Typed text; tabs and line breaks stay, other control characters have no place in it. */
const typeable = (text: string): string =>
  // oxlint-disable-next-line no-control-regex -- these are what is taken out
  text.replace(/\r\n?/g, "\n").replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, "");

export function insert(editor: Editor, typed: string): Editor {
  const text = typeable(typed);
  const { cursor } = editor;
  return at(editor, editor.text.slice(0, cursor) + text + editor.text.slice(cursor), cursor + text.length);
}

/** A paste is one thing: what is long stands as a tag, and is told whole when the message is sent. */
export function paste(editor: Editor, pasted: string): Editor {
  const text = typeable(pasted);
  const lines = text.replace(/\n$/, "").split("\n").length;
  if (lines <= SHOWN_LINES && text.length <= SHOWN_CHARACTERS) return insert(editor, text);
  const size = lines > 1 ? `${lines} lines` : `${text.length} characters`;
  const tag = `[pasted ${editor.pastes.length + 1}: ${size}]`;
  return insert({ ...editor, pastes: [...editor.pastes, { tag, text }] }, tag);
}

/** The message as it is sent: with what was pasted. */
export const whole = ({ text, pastes }: Editor): string =>
  pastes.reduce((sent, { tag, text: pasted }) => sent.replace(tag, () => pasted), text);

/** Where the letter before a position begins; a tag counts as one. */
function before({ text, cursor, pastes }: Editor): number {
  const head = text.slice(0, cursor);
  const tag = pastes.find((each) => head.endsWith(each.tag));
  if (tag) return cursor - tag.tag.length;
  const line = head.slice(head.lastIndexOf("\n") + 1);
  return cursor - (line === "" ? Math.min(1, cursor) : (letters(line).at(-1)?.length ?? 0));
}

function after({ text, cursor, pastes }: Editor): number {
  const rest = text.slice(cursor);
  const tag = pastes.find((each) => rest.startsWith(each.tag));
  if (tag) return cursor + tag.tag.length;
  return cursor + (letters(rest.slice(0, 40))[0]?.length ?? 0);
}

const wordBefore = ({ text, cursor }: Editor): number => text.slice(0, cursor).replace(/\S*\s*$/, "").length;
const wordAfter = ({ text, cursor }: Editor): number => cursor + (/^\s*\S*/.exec(text.slice(cursor))?.[0].length ?? 0);
const lineStart = ({ text, cursor }: Editor): number => text.lastIndexOf("\n", cursor - 1) + 1;
const lineEnd = ({ text, cursor }: Editor): number => {
  const end = text.indexOf("\n", cursor);
  return end < 0 ? text.length : end;
};

const places = {
  left: before,
  right: after,
  wordLeft: wordBefore,
  wordRight: wordAfter,
  home: lineStart,
  end: lineEnd,
};
export type Place = keyof typeof places;

export const move = (editor: Editor, to: Place): Editor => ({ ...editor, cursor: places[to](editor) });

/** Takes out what lies between the cursor and a place; what is more than a letter can be put back with `yank`. */
export function erase(editor: Editor, to: Place): Editor {
  const place = places[to](editor);
  const [from, until] = [Math.min(place, editor.cursor), Math.max(place, editor.cursor)];
  const gone = editor.text.slice(from, until);
  const cut = to === "left" || to === "right" || gone === "" ? editor.cut : gone;
  return at({ ...editor, cut }, editor.text.slice(0, from) + editor.text.slice(until), from);
}

export const yank = (editor: Editor): Editor => insert(editor, editor.cut);

/** One line up or down; null where there is none. */
export function vertical(editor: Editor, step: -1 | 1): Editor | null {
  const start = lineStart(editor);
  const column = letters(editor.text.slice(start, editor.cursor)).length;
  const edge = step < 0 ? start - 1 : lineEnd(editor) + 1;
  if (edge < 0 || edge > editor.text.length) return null;
  const target = step < 0 ? editor.text.lastIndexOf("\n", edge - 1) + 1 : edge;
  const line = editor.text.slice(target, lineEnd({ ...editor, cursor: target }));
  return { ...editor, cursor: target + letters(line).slice(0, column).join("").length };
}

/** Further back in what was typed before, or forth again. */
export function recall(editor: Editor, history: readonly string[], step: -1 | 1): Editor {
  const back = editor.back - step;
  if (back < 0 || back > history.length) return editor;
  const draft = editor.back === 0 ? editor.text : editor.draft;
  const text = back === 0 ? draft : (history.at(-back) ?? "");
  return { ...withText(editor, text), back, draft };
}
