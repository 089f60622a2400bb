import type { Key } from "ink";
import type { Place } from "./editor.ts";

/** What a key means in a session. */
export type Action =
  | { readonly kind: "insert"; readonly text: string }
  | { readonly kind: "move" | "erase"; readonly to: Place }
  | {
      readonly kind:
        | "submit"
        | "newline"
        | "up"
        | "down"
        | "tab"
        | "escape"
        | "stop"
        | "leave"
        | "yank"
        | "expand"
        | "redraw"
        | "suspend";
    };

const ctrl: Readonly<Record<string, Action>> = {
  a: { kind: "move", to: "home" },
  b: { kind: "move", to: "left" },
  c: { kind: "stop" },
  d: { kind: "leave" },
  e: { kind: "move", to: "end" },
  f: { kind: "move", to: "right" },
  h: { kind: "erase", to: "left" },
  j: { kind: "newline" },
  k: { kind: "erase", to: "end" },
  l: { kind: "redraw" },
  n: { kind: "down" },
  o: { kind: "expand" },
  p: { kind: "up" },
  u: { kind: "erase", to: "home" },
  w: { kind: "erase", to: "wordLeft" },
  y: { kind: "yank" },
  z: { kind: "suspend" },
};

const meta: Readonly<Record<string, Action>> = {
  b: { kind: "move", to: "wordLeft" },
  f: { kind: "move", to: "wordRight" },
  d: { kind: "erase", to: "wordRight" },
};

/** The actions of one key, or of letters that came together. Those of no key are none. */
export function actionsOf(input: string, key: Key): readonly Action[] {
  const named = namedKey(key);
  if (named) return [named];
  if (key.ctrl) return listOf(ctrl[input]);
  if (key.meta) return listOf(meta[input]);
  return typed(input);
}

const listOf = (action: Action | undefined): readonly Action[] => (action ? [action] : []);

function namedKey(key: Key): Action | null {
  if (key.return) return { kind: key.meta || key.shift || key.ctrl ? "newline" : "submit" };
  if (key.escape) return { kind: "escape" };
  if (key.tab) return { kind: "tab" };
  if (key.upArrow) return { kind: "up" };
  if (key.downArrow) return { kind: "down" };
  if (key.leftArrow) return { kind: "move", to: key.ctrl || key.meta ? "wordLeft" : "left" };
  if (key.rightArrow) return { kind: "move", to: key.ctrl || key.meta ? "wordRight" : "right" };
  if (key.home) return { kind: "move", to: "home" };
  if (key.end) return { kind: "move", to: "end" };
  if (key.backspace) return { kind: "erase", to: key.meta ? "wordLeft" : "left" };
  if (key.delete) return { kind: "erase", to: "right" };
  return null;
}

/** A slow line brings several keys at once: each control letter among them is a key of its own. */
function typed(input: string): readonly Action[] {
  if (input === "\n") return [{ kind: "newline" }];
  // oxlint-disable-next-line no-control-regex -- Ctrl with a letter, as a terminal sends it; Tab and line breaks may be pasted
  return input.split(/([\u0001-\u0008\u000b\u000c\u000e-\u001a])/).flatMap((piece, index) => {
    const letter = String.fromCharCode(96 + (piece.codePointAt(0) ?? 0));
    return index % 2 === 1 ? listOf(ctrl[letter]) : lettersOf(piece);
  });
}

/** An Enter or a Tab behind letters is one, others in between are of a paste. */
function lettersOf(input: string): readonly Action[] {
  const [, text = "", tab, enter] = /^([^]*?)((?<!\r[^]*)\t)?(\r)?$/.exec(input) ?? [];
  return [
    ...(text === "" ? [] : [{ kind: "insert" as const, text }]),
    ...(tab === undefined ? [] : [{ kind: "tab" as const }]),
    ...(enter === undefined ? [] : [{ kind: "submit" as const }]),
  ];
}
