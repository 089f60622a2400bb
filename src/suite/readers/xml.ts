/** One element of an XML report. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: XmlElement[];
  /** Its own text, entities decoded, CDATA included. */
  text: string;
}

const entities: Readonly<Record<string, string>> = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };

/** Replaces entities; what is not one stays. */
export function decodeEntities(text: string): string {
  return text.replace(
    /&(?:#x([\da-f]{1,6})|#(\d{1,7})|(lt|gt|amp|quot|apos));/gi,
    (all, hex?: string, dec?: string, name?: string) => {
      if (name !== undefined) return entities[name.toLowerCase()] ?? all;
      const code = hex === undefined ? Number(dec) : Number.parseInt(hex, 16);
      return code <= 0x10ffff ? String.fromCodePoint(code) : all;
    },
  );
}

/** Attributes as written between a tag's name and its end. */
function readAttributes(source: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [, name, double, single] of source.matchAll(/([\w:.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g)) {
    if (name !== undefined) found[name] = decodeEntities(double ?? single ?? "");
  }
  return found;
}

/** Where a tag ends: the first `>` outside quotes, for runners leave `>` unescaped in attributes. */
function endOfTag(source: string, start: number): number {
  let quote = "";
  for (let at = start; at < source.length; at++) {
    const sign = source[at];
    if (quote !== "") quote = sign === quote ? "" : quote;
    else if (sign === '"' || sign === "'") quote = sign;
    else if (sign === ">") return at;
  }
  return -1;
}

const skipped: readonly (readonly [string, string])[] = [
  ["<!--", "-->"],
  ["<?", "?>"],
  ["<!", ">"],
];

/**
 * The root of a small XML document: enough for JUnit reports, in one pass, without namespaces or DTDs. Tolerant of raw
 * control characters; null when there is no element or the document is cut short.
 */
export function parseXml(source: string): XmlElement | null {
  const top: XmlElement = { name: "", attributes: {}, children: [], text: "" };
  const open: XmlElement[] = [top];
  let at = 0;
  while (at < source.length) {
    const current = open.at(-1) ?? top;
    const tag = source.indexOf("<", at);
    if (tag === -1) break;
    current.text += decodeEntities(source.slice(at, tag));
    if (source.startsWith("<![CDATA[", tag)) {
      const end = source.indexOf("]]>", tag);
      if (end === -1) return null;
      current.text += source.slice(tag + 9, end);
      at = end + 3;
      continue;
    }
    const skip = skipped.find(([start]) => source.startsWith(start, tag));
    const end = skip ? source.indexOf(skip[1], tag + skip[0].length) : endOfTag(source, tag);
    if (end === -1) return null;
    at = end + (skip?.[1].length ?? 1);
    if (skip) continue;
    if (source[tag + 1] === "/") {
      if (open.length === 1) return null;
      open.pop();
      continue;
    }
    const body = source.slice(tag + 1, end).replace(/\/$/, "");
    const name = /^[\w:.-]+/.exec(body)?.[0] ?? "";
    const element: XmlElement = { name, attributes: readAttributes(body.slice(name.length)), children: [], text: "" };
    current.children.push(element);
    if (source[end - 1] !== "/") open.push(element);
  }
  return open.length === 1 ? (top.children[0] ?? null) : null;
}
