import { scrubber } from "./secrets.ts";

/** Below this a value is no secret that could be looked for: it would be found everywhere. */
const SHORTEST = 8;

/** What must not be written anywhere: the values that were resolved, however they are written, and whatever looks like a credential. */
export interface SecretBook {
  /** From now on this value is taken out, and with it what base64, hex and URL encoding make of it. */
  learn(name: string, value: string): void;
  /** Known values and everything shaped like a credential. */
  readonly scrub: (text: string) => string;
  /** Known values only: what merely looks like one may be part of somebody's file. */
  readonly scrubValues: (text: string) => string;
}

export function secretBook(known: readonly { readonly name: string; readonly value: string }[]): SecretBook {
  const names = new Map<string, string>();
  const byShape = scrubber([]);
  const learn = (name: string, value: string): void => {
    if (value.length < SHORTEST) return;
    for (const form of formsOf(value)) if (!names.has(form)) names.set(form, name);
  };
  const scrubValues = (text: string): string => {
    let clean = text;
    for (const [form, name] of names) if (clean.includes(form)) clean = clean.replaceAll(form, `[redacted: ${name}]`);
    return clean;
  };
  for (const { name, value } of known) learn(name, value);
  return { learn, scrubValues, scrub: (text) => byShape(scrubValues(text)) };
}

/** A value as it may stand in a text: as it is, in a URL, in JSON, in hex, and in base64 at each of its three alignments. */
function formsOf(value: string): readonly string[] {
  const forms = [value, encodeURIComponent(value), JSON.stringify(value).slice(1, -1)];
  const bytes = String.fromCharCode(...new TextEncoder().encode(value));
  const hex = Array.from(bytes, (byte) => byte.charCodeAt(0).toString(16).padStart(2, "0")).join("");
  forms.push(hex, hex.toUpperCase());
  for (const before of [0, 1, 2]) {
    const encoded = btoa(" ".repeat(before) + bytes).replace(/=+$/, "");
    // The first and the last character may also hold bits of what stands beside the value.
    const form = encoded.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6));
    forms.push(form, form.replaceAll("+", "-").replaceAll("/", "_"));
  }
  return [...new Set(forms)].filter((form) => form.length >= SHORTEST);
}
