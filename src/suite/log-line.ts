import { stripTerminal } from "../text.ts";

/** Time stamps and marks that CI systems put in front of each line: GitHub Actions, Azure, GitLab, Jenkins, `gh run view --log`. */
const prefixes: readonly { readonly pattern: RegExp; readonly may: (text: string) => boolean }[] = [
  { pattern: /^\ufeff/, may: begins("\ufeff") },
  {
    pattern: /^[^\t\n]{1,200}\t[^\t\n]{1,200}\t\ufeff?(?=\d{4}-\d\d-\d\dT\d\d:)/,
    may: (text) => text.includes("\t"),
  },
  { pattern: /^\ufeff?\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3,9}Z (?:\d\d[OE][ +])?/, may: begins("\ufeff0123456789") },
  { pattern: /^\ufeff?\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3,9}Z$/, may: begins("\ufeff0123456789") },
  { pattern: /^\[\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\] /, may: begins("[") },
  { pattern: /^##\[(?:error|warning|notice|debug|command|section)\]/, may: begins("#") },
  {
    pattern: /^(?:@?[\w.-]+\/)?[\w.-]+:(?:test|build|lint|typecheck)[\w:-]*: /,
    may: (text) => /[tbl]/.test(text.charAt(text.indexOf(":") + 1)),
  },
  { pattern: /^[\w@./-]+ test(?::[\w-]+)?: /, may: (text) => text.startsWith(" test", text.indexOf(" ")) },
];

/** Most lines begin with no mark: a look at the first character spares the pattern. */
function begins(characters: string): (text: string) => boolean {
  return (text) => text !== "" && characters.includes(text.charAt(0));
}

/** A group of GitHub Actions opens, an Azure section too: its name is the step's. */
const group = /^(?:##\[group\]|::group::|##\[section\]Starting: )(.*)$/;

/** A line as the program wrote it: without colours, progress, time stamps and the CI's marks. */
export function cleanLine(raw: string): string {
  let text = raw.endsWith("\r") ? raw.slice(0, -1) : raw;
  if (text.includes("\u001b") || text.includes("\r"))
    // oxlint-disable-next-line no-control-regex -- a terminal's escape is what is looked for
    text = stripTerminal(text.replace(/\u001b_[^\u0007]*\u0007/g, ""));
  const code = text.charCodeAt(0);
  // Most lines begin with none of them.
  if (code === 32 || code === 9) return text;
  for (const { pattern, may } of prefixes) if (may(text)) text = text.replace(pattern, "");
  // What GitHub stamps may be coloured behind the stamp, and marked.
  return text.startsWith("##[") ? text.replace(/^##\[(?:error|warning|notice|debug|command)\]/, "") : text;
}

/** The name of the step that begins with this line; null when none does. */
export const stepName = (text: string): string | null => group.exec(text)?.[1]?.trim() ?? null;
