import { decodeEntities } from "./xml.ts";

/** A tag as it was written. */
export interface XmlTag {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** `<a/>`: it closes itself, and no `close` follows. */
  readonly empty: boolean;
}

/** Who hears what the scanner meets, in document order. */
export interface XmlHandler {
  open(tag: XmlTag, offset: number): void;
  close(name: string): void;
  /** Text or CDATA, entities decoded; a long text comes in several parts. */
  text(text: string): void;
  /** The document wants what is not done: entities of its own, or another file. Nothing more is told. */
  refuse(why: string): void;
}

const attribute = /([\w:.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g;

function attributesIn(source: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [, name = "", double, single] of source.matchAll(attribute))
    found[name] = decodeEntities(double ?? single ?? "");
  return found;
}

/** Where a tag ends: the first `>` outside quotes; -1 when it does not end yet. */
function endOfTag(source: string, start: number): number {
  let at = start;
  for (;;) {
    const next = source.indexOf(">", at);
    if (next === -1) return -1;
    // The usual case: an even number of quotes before it.
    let quote = "";
    for (let each = start; each < next; each++) {
      const sign = source[each];
      if (quote !== "") quote = sign === quote ? "" : quote;
      else if (sign === '"' || sign === "'") quote = sign;
    }
    if (quote === "") return next;
    const closed = source.indexOf(quote, next);
    if (closed === -1) return -1;
    at = closed + 1;
  }
}

/** A tag longer than this is none. */
const MOST_TAG = 4 * 2 ** 20;

interface State {
  readonly handler: XmlHandler;
  /** What was fed and not handled yet, and where it begins. */
  rest: string;
  restAt: number;
  depth: number;
  roots: number;
  within: "text" | "cdata" | "comment";
  refused: boolean;
}

function refuse(s: State, why: string): void {
  s.refused = true;
  s.handler.refuse(why);
}

const external = "it names an external definition, or declares entities";

/** Text up to the next tag, or up to where it may go on in the next piece. Gives the tag's place, or -1 and how far it came. */
function takeText(s: State, at: number): { readonly tag: number; readonly upTo: number } {
  const tag = s.rest.indexOf("<", at);
  // An entity may be cut in two.
  const amp = tag === -1 ? s.rest.lastIndexOf("&") : -1;
  const upTo = tag !== -1 ? tag : amp >= at && s.rest.length - amp < 12 ? amp : s.rest.length;
  if (s.depth > 0 && upTo > at) s.handler.text(decodeEntities(s.rest.slice(at, upTo)));
  return { tag, upTo };
}

/** CDATA and comments, up to their end. Gives how far it came. */
function takeInside(s: State, at: number): { readonly upTo: number; readonly ended: boolean } {
  const end = s.rest.indexOf(s.within === "cdata" ? "]]>" : "-->", at);
  const upTo = end === -1 ? Math.max(at, s.rest.length - 2) : end;
  if (s.within === "cdata" && upTo > at) s.handler.text(s.rest.slice(at, upTo));
  if (end === -1) return { upTo, ended: false };
  s.within = "text";
  return { upTo: end + 3, ended: true };
}

/** A tag that is whole. */
function takeTag(s: State, source: string, at: number): void {
  if (/^<!(?:DOCTYPE\b[^]*(?:\bSYSTEM\b|\bPUBLIC\b|\[)|ENTITY\b)/.test(source)) return refuse(s, external);
  if (source.startsWith("</")) {
    s.depth = Math.max(0, s.depth - 1);
    return s.handler.close(source.slice(2, -1).trim());
  }
  const name = /^<([A-Za-z_][\w:.-]*)/.exec(source)?.[1];
  if (name === undefined) return;
  const empty = source.endsWith("/>");
  if (s.depth === 0) s.roots += 1;
  if (!empty) s.depth += 1;
  s.handler.open({ name, attributes: attributesIn(source.slice(name.length + 1)), empty }, s.restAt + at);
}

/** Handles what is there as far as it is whole; gives how far that was. */
function scan(s: State): number {
  let at = 0;
  while (at < s.rest.length && !s.refused) {
    if (s.within !== "text") {
      const { upTo, ended } = takeInside(s, at);
      if (!ended) return upTo;
      at = upTo;
      continue;
    }
    const { tag, upTo } = takeText(s, at);
    if (tag === -1) return upTo;
    at = tag;
    if (s.rest.length - at < 9 && "<![CDATA[".startsWith(s.rest.slice(at, at + 9))) return at;
    const opener = s.rest.startsWith("<![CDATA[", at) ? "cdata" : s.rest.startsWith("<!--", at) ? "comment" : null;
    if (opener) {
      s.within = opener;
      at += opener === "cdata" ? 9 : 4;
      continue;
    }
    const isInstruction = s.rest.startsWith("<?", at);
    const end = isInstruction ? s.rest.indexOf("?>", at) : endOfTag(s.rest, at);
    if (end === -1) {
      const begun = s.rest.slice(at, at + 2000);
      if (/^<!DOCTYPE[^>]*(?:\bSYSTEM\b|\bPUBLIC\b|\[)/.test(begun)) refuse(s, external);
      else if (s.rest.length - at > MOST_TAG) refuse(s, "a tag that does not end");
      return at;
    }
    takeTag(s, s.rest.slice(at, end + 1), at);
    at = end + (isInstruction ? 2 : 1);
  }
  return at;
}

/** Scans XML piece by piece, holding no more than one tag. Knows no namespaces and no document types. `end`: was it whole? */
export function xmlScanner(handler: XmlHandler): { piece(text: string, offset: number): void; end(): boolean } {
  const s: State = { handler, rest: "", restAt: 0, depth: 0, roots: 0, within: "text", refused: false };
  return {
    piece(text, offset) {
      if (s.refused) return;
      if (s.rest === "") s.restAt = offset;
      s.rest += text;
      const used = scan(s);
      s.restAt += used;
      s.rest = s.refused ? "" : s.rest.slice(used);
    },
    end: () => !s.refused && s.roots > 0 && s.depth === 0 && s.within === "text",
  };
}
