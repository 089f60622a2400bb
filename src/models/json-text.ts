import { jsonrepair } from "jsonrepair";
import { hasConflictingKeys, keysIn } from "./json-keys.ts";
import { pythonDictionary } from "./python-literal.ts";

// Reading the JSON models write. The first rule: text that was cut must never become something executable.
// The second: a repair may mend punctuation between values, never a value.

/** A JSON object, or why the text is none. `repairs` names what was mended, in order. */
export type ReadJson =
  | { readonly value: Record<string, unknown>; readonly repairs: readonly string[] }
  | {
      readonly error: "empty" | "truncated" | "ambiguous" | "not_json" | "not_an_object";
      readonly repairs: readonly string[];
    };

/**
 * Reads the text of a tool call's arguments. Pure. A missing closing brace is added only when the keys in `required`
 * are all there with complete values.
 */
export function readJson(raw: string, required: readonly string[]): ReadJson {
  const read = readAsJson(raw, required);
  if (!("error" in read)) return read;
  const python = pythonDictionary(unfence(raw.trim()));
  return python === undefined ? read : { value: python, repairs: ["python"] };
}

function readAsJson(raw: string, required: readonly string[]): ReadJson {
  const repairs: string[] = [];
  const mend = (name: string, before: string, after: string) => {
    if (before !== after) repairs.push(name);
    return after;
  };
  const fail = (error: Extract<ReadJson, { error: string }>["error"]): ReadJson => ({ error, repairs });
  const asSent = parse(raw);
  const strict = asSent === undefined ? withoutItsQuotes(raw) : asSent;
  if (typeof strict === "string") {
    const inner = readJson(strict, required);
    return { ...inner, repairs: ["double-encoded", ...inner.repairs] };
  }
  if (isObject(strict) && !hasConflictingKeys(raw)) return { value: strict, repairs };
  const alone = onlyOne(strict);
  if (alone !== undefined && !hasConflictingKeys(raw.trim().slice(1, -1))) return { value: alone, repairs: ["unwrap"] };
  if (strict !== undefined && !isObject(strict)) return fail("not_an_object");

  let text = mend("bom", raw, raw.replace(/^\uFEFF/, "")).trim();
  if (text === "") return fail("empty");
  text = mend("fence", text, unfence(text));
  text = mend("open-brace", text, openBrace(text));
  const start = text.indexOf("{");
  if (start < 0) return fail("not_json");
  // Quotes or brackets before the object: it may be a part of something larger.
  if (/["[\]]/.test(text.slice(0, start))) return fail("ambiguous");
  text = mend("prose", text, text.slice(start));
  if (hasBrokenEscape(text)) return fail("ambiguous");

  const found = scan(text);
  if (found.inString) return fail("truncated");
  const rest = text
    .slice(found.end)
    .trim()
    .replace(/^,\s*(?=\{)/, "");
  let body = text.slice(0, found.end);
  if (found.open !== "") {
    const closed = closeObject(body, found.open, required);
    if (closed === undefined) return fail("truncated");
    repairs.push("close-brace");
    return { value: closed, repairs };
  }
  body = mend("ctrl", body, escapeControls(body));
  const escaped = escapeStrays(body);
  if (escaped === undefined) return fail("ambiguous");
  body = mend("bad-escape", body, escaped);
  const value = parse(body) ?? repaired(body, repairs);
  if (!isObject(value)) return fail(value === undefined ? "not_json" : "not_an_object");
  if (hasConflictingKeys(body)) return fail("ambiguous");
  if (rest.startsWith("{")) {
    const said = [value, ...(objectsIn(rest) ?? [null])].filter((one) => one === null || canonical(one) !== "{}");
    const [first] = said;
    if (!first || !said.every((one) => one !== null && canonical(one) === canonical(first))) return fail("ambiguous");
    repairs.push("dup");
    return { value: first, repairs };
  }
  if (rest.includes("{")) return fail("ambiguous");
  else if (rest !== "") repairs.push("prose");
  return { value, repairs };
}

/** Only the outer brace may be missing, and the last value must show its own end: a number may have lost digits. */
function closeObject(cut: string, open: string, required: readonly string[]): Record<string, unknown> | undefined {
  if (open !== "{" || !/["\]}]\s*$|(true|false|null)\s*$/.test(cut)) return undefined;
  const closed = parse(`${escapeControls(cut)}}`);
  if (!isObject(closed) || hasConflictingKeys(cut)) return undefined;
  // What is around the arguments may miss its brace as well: they have ended with their own.
  const isWhole = (value: unknown) => isObject(value) && required.every((key) => key in value);
  return [closed, ...Object.values(closed)].some(isWhole) ? closed : undefined;
}

/** `{\"command\": …}`: encoded twice, and the quotes around it lost. */
const withoutItsQuotes = (text: string): unknown => (/^\s*\{\s*\\"/.test(text) ? parse(`"${text.trim()}"`) : undefined);

/** The object of a list that holds nothing else, or nothing but it twice or three times. */
export function onlyOne(value: unknown): Record<string, unknown> | undefined {
  if (!Array.isArray(value) || value.length > MOST_REPEATS) return undefined;
  const [first, ...others]: unknown[] = value;
  const repeats = others.every((other) => canonical(other) === canonical(first));
  return repeats && isObject(first) ? first : undefined;
}

/** Keys sorted, so that equal values have equal text. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    isObject(part) ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1))) : part,
  );
}

/** A JSON object, neither null nor an array. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Strict JSON, or what to take for text that is none. */
export function parseOr(text: string, otherwise: unknown): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return otherwise;
  }
}

const parse = (text: string): unknown => parseOr(text, undefined);

function unfence(text: string): string {
  return /^```(?:json|JSON)?[ \t]*\n([\s\S]*?)\n?```\s*$/.exec(text)?.[1]?.trim() ?? text;
}

/** `"key": …}` and `key": …}`: some streaming parsers lose the first characters. */
function openBrace(text: string): string {
  if (/^"[A-Za-z_]\w*"\s*:/.test(text)) return `{${text}`;
  return /^[A-Za-z_]\w*"\s*:/.test(text) ? `{"${text}` : text;
}

/** Where the first object ends, or which brackets are still open at the end of the text. */
function scan(text: string): { end: number; open: string; inString: boolean } {
  let open = "";
  let inString = false;
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at];
    if (inString) {
      if (char === "\\") at += 1;
      else if (char === '"') inString = false;
    } else if (char === '"') inString = true;
    else if (char === "{" || char === "[") open += char;
    else if (char === "}" || char === "]") {
      open = open.slice(0, -1);
      if (open === "") return { end: at + 1, open, inString };
    }
  }
  return { end: text.length, open, inString };
}

/** A reply says one thing twice or three times, not more. */
const MOST_REPEATS = 4;

/** Objects that follow each other with nothing between and nothing after; undefined where anything is not whole. */
function objectsIn(text: string): Record<string, unknown>[] | undefined {
  const found: Record<string, unknown>[] = [];
  for (let rest = text.trim(); rest !== "";) {
    const { end, open, inString } = scan(rest);
    const whole = rest.slice(0, end);
    const value = open === "" && !inString && rest.startsWith("{") ? parse(escapeControls(whole)) : undefined;
    if (!isObject(value) || hasConflictingKeys(whole)) return undefined;
    if (found.push(value) > MOST_REPEATS) return undefined;
    rest = rest.slice(end).trim();
  }
  return found;
}

const stringLiteral = /"(?:[^"\\]|\\[\s\S])*"/g;
const singleQuoted = /'(?:[^'\\]|\\[\s\S])*'/g;

/** A backslash before a raw line break: a shell's line that goes on, or an escaped backslash and an n that somebody unescaped. */
const hasBrokenEscape = (text: string): boolean => /\\\p{Cc}/u.test(text.replace(/\\\P{Cc}/gu, ""));

/** Line breaks and tabs written raw inside a string. */
function escapeControls(text: string): string {
  const named: Record<string, string> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };
  return text.replace(stringLiteral, (literal) =>
    literal
      .replaceAll("\n", "\\n")
      .replace(/\p{Cc}/gu, (char) => named[char] ?? `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`),
  );
}

/**
 * `\d` inside a string is no JSON: the writer meant the backslash. Undefined when it may mean two things:
 * `\'` is an escaped quote to some writers and shell quoting to others, a bare `\u` is half an escape or half a path.
 */
function escapeStrays(text: string): string | undefined {
  let unclear = false;
  const mended = text.replace(stringLiteral, (literal) => {
    if (parse(literal) !== undefined) return literal;
    return literal.replace(/\\(u[\da-fA-F]{4}|[\s\S])/g, (pair, char: string) => {
      if (/^(?:["\\/bfnrt]|u.{4})$/.test(char)) return pair;
      if (char === "u" || char === "'") unclear = true;
      return `\\${pair}`;
    });
  });
  return unclear ? undefined : mended;
}

/** jsonrepair, believed only where the text between the values is plain and every value stayed as it was quoted. */
function repaired(written: string, repairs: string[]): unknown {
  const text = straightQuotes(written);
  if (!isPlainBetweenValues(text)) return undefined;
  try {
    const value = parse(jsonrepair(text));
    if (!isObject(value) || !strings(value).every((string) => quotedIn(text, string))) return undefined;
    repairs.push("jsonrepair");
    return value;
  } catch {
    return undefined;
  }
}

/** An object whose every quote is a typographic one was meant to have plain ones. */
const straightQuotes = (text: string): string =>
  /^\{\s*\u201c/.test(text) && !text.includes('"') ? text.replace(/[\u201c\u201d]/g, '"') : text;

/** A remark where a key or a value would begin: it holds no quotes, and its end is to be seen. */
const remark = /([{[,]\s*)(?:\/\*[^"'§*]*\*\/|\/\/[^"'§\n]*\n)(?=\s*(?:§|[\w\]}-]))/g;

/** False when a quote may have been left unescaped, or something was left out ("..."): then a value is not what it seems. */
function isPlainBetweenValues(text: string): boolean {
  const outside = text.replace(stringLiteral, "§").replace(singleQuoted, "§").replace(remark, "$1");
  if (!/^[\s{}[\]:,§\w.+-]*$/.test(outside) || outside.includes("...")) return false;
  if (/§\s*[\w.+-]|[\w.+-]\s*§(?!\s*:)|§\s*§(?!\s*:)/.test(outside)) return false;
  return !/[{,]\s*§\s*[,}]/.test(outside.replace(/\[[^[\]]*\]/g, "[]"));
}

function strings(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(strings) : [];
}

function quotedIn(text: string, value: string): boolean {
  const literals = [...text.matchAll(stringLiteral), ...text.matchAll(singleQuoted)].map(([literal]) => literal);
  return literals.some((literal) => parse(literal) === value || literal.slice(1, -1).replaceAll("\\'", "'") === value);
}

/** Names of the arguments in what a model sent, readable or not, as far as they are plain words: to be shown, never executed. */
export function argumentNames(raw: unknown): string[] {
  const names = isObject(raw)
    ? Object.keys(raw)
    : typeof raw === "string"
      ? keysIn(raw.slice(0, 20_000)).flatMap(({ object, name }) => (object <= 1 ? [name] : []))
      : [];
  return [...new Set(names.filter((name) => /^[A-Za-z]\w{0,31}$/.test(name)))].slice(0, 8);
}
