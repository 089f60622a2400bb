const escapes: Readonly<Record<string, string>> = { "\\": "\\", "'": "'", '"': '"', n: "\n", t: "\t", r: "\r" };
const words: Readonly<Record<string, unknown>> = { True: true, False: false, None: null };

/** It is no dictionary as Python prints one. */
class NotPython extends Error {}

/** How far a text has been read. */
interface Reader {
  readonly text: string;
  at: number;
}

/**
 * A dictionary as Python prints it, keys in single quotes, and nothing else around it. Such a text has one meaning only;
 * anything that Python would not print so is undefined. Pure.
 */
export function pythonDictionary(text: string): Record<string, unknown> | undefined {
  if (!/^\{\s*'/.test(text)) return undefined;
  const reader = { text, at: 1 };
  try {
    const read = dictionary(reader);
    skipBlank(reader);
    return reader.at === text.length ? read : undefined;
  } catch (error) {
    // Nested deeper than the stack is no dictionary either.
    if (error instanceof NotPython || error instanceof RangeError) return undefined;
    throw error;
  }
}

function skipBlank(reader: Reader): void {
  while (/\s/.test(reader.text[reader.at] ?? "")) reader.at += 1;
}

function take(reader: Reader, symbol: string): boolean {
  skipBlank(reader);
  if (reader.text[reader.at] !== symbol) return false;
  reader.at += 1;
  return true;
}

function demand(reader: Reader, symbol: string): void {
  if (!take(reader, symbol)) throw new NotPython();
}

/** What a sticky pattern finds right here. */
function matchHere(reader: Reader, pattern: RegExp): string {
  pattern.lastIndex = reader.at;
  const [found] = pattern.exec(reader.text) ?? [];
  if (found === undefined) throw new NotPython();
  reader.at += found.length;
  return found;
}

/** Items up to `end`, with commas between them. */
function items(reader: Reader, end: string, one: () => void): void {
  for (let first = true; !take(reader, end); first = false) {
    if (!first) demand(reader, ",");
    one();
  }
}

function dictionary(reader: Reader): Record<string, unknown> {
  const entries = new Map<string, unknown>();
  items(reader, "}", () => {
    skipBlank(reader);
    const key = string(reader);
    if (entries.has(key)) throw new NotPython();
    demand(reader, ":");
    entries.set(key, value(reader));
  });
  return Object.fromEntries(entries);
}

function list(reader: Reader): unknown[] {
  const values: unknown[] = [];
  items(reader, "]", () => values.push(value(reader)));
  return values;
}

function string(reader: Reader): string {
  const literal = matchHere(reader, /'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"/y);
  return literal.slice(1, -1).replace(/\\(x[\da-f]{2}|u[\da-f]{4}|.)/g, (_, escape: string) => {
    const plain = escapes[escape];
    if (plain !== undefined) return plain;
    if (escape.length === 1) throw new NotPython();
    return String.fromCharCode(Number.parseInt(escape.slice(1), 16));
  });
}

function value(reader: Reader): unknown {
  skipBlank(reader);
  const next = reader.text[reader.at];
  if (next === "'" || next === '"') return string(reader);
  if (take(reader, "{")) return dictionary(reader);
  if (take(reader, "[")) return list(reader);
  const word = matchHere(reader, /(?:True|False|None|-?\d+(?:\.\d+)?)(?![\w.])/y);
  return word in words ? words[word] : Number(word);
}
