import { parse, stringify } from "yaml";

/** A Markdown file as people keep issues: settings between two lines of dashes, a title, and the text. */
export interface Page {
  readonly settings: Readonly<Record<string, unknown>>;
  readonly title: string;
  readonly body: string;
}

/** Reads one. Settings that are no YAML count as text: nothing a person wrote is lost. */
export function readPage(text: string): Page {
  const [whole = "", head = ""] = /^---\r?\n([\s\S]*?)^---[ \t]*(?:\r?\n|$)/m.exec(text) ?? [];
  const settings = whole !== "" && text.startsWith(whole) ? settingsIn(head) : null;
  const rest = settings ? text.slice(whole.length) : text;
  const [line = "", title = ""] = /^\s*#?[ \t]*([^\n]*)\n?/.exec(rest) ?? [];
  return { settings: settings ?? {}, title: title.trim(), body: rest.slice(line.length).trim() };
}

export const writePage = ({ settings, title, body }: Page): string =>
  `---\n${stringify(settings, { lineWidth: 0 })}---\n# ${title}\n\n${body}\n`;

function settingsIn(head: string): Readonly<Record<string, unknown>> | null {
  try {
    const found: unknown = parse(head, { logLevel: "error" });
    return typeof found === "object" && found !== null && !Array.isArray(found) ? { ...found } : null;
  } catch {
    return null;
  }
}
