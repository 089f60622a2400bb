// Finding the keys in the text of JSON, also of JSON that cannot be read yet.

/** A key, the number of the object that it stands in (the outermost is 1, or 0 without its brace), and where its value is. */
interface Key {
  readonly object: number;
  readonly name: string;
  readonly from: number;
  to: number;
}

/** Every key of an object's text, in order. */
export function keysIn(text: string): Key[] {
  const keys: Key[] = [];
  const open = [0];
  let objects = 0;
  const last = new Map<number, Key>();
  const end = (object: number, at: number) => {
    const key = last.get(object);
    if (key !== undefined && key.to > at) key.to = at;
  };
  // A string that never ends is skipped as a whole: nothing in it is a key.
  for (const { 0: symbol, index } of text.matchAll(/"(?:[^"\\]|\\[\s\S])*(?:"(\s*:)?|\\?$)|[{}[\],]/g)) {
    const object = open.at(-1) ?? 0;
    if (symbol === "{" || symbol === "[") open.push((objects += 1));
    else if (symbol === "," || symbol === "}" || symbol === "]") end(object, index);
    else if (symbol.endsWith(":")) {
      const quoted = symbol.slice(0, symbol.lastIndexOf('"') + 1);
      const key: Key = {
        object,
        name: unquoted(quoted),
        from: index + symbol.length,
        to: text.length,
      };
      keys.push(key);
      last.set(object, key);
    }
    if (symbol === "}" || symbol === "]") open.pop();
  }
  return keys;
}

/** `comm\u0061nd` is the same key as `command`. */
function unquoted(quoted: string): string {
  try {
    return String(JSON.parse(quoted));
  } catch {
    return quoted.slice(1, -1);
  }
}

/** The same key twice in one object with different values: which one was meant? */
export function hasConflictingKeys(text: string): boolean {
  const seen = new Map<string, string>();
  return keysIn(text).some(({ object, name, from, to }) => {
    const key = `${object} ${name}`;
    const value = text.slice(from, to).trim();
    const conflict = (seen.get(key) ?? value) !== value;
    seen.set(key, value);
    return conflict;
  });
}
