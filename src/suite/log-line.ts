import { stripTerminal } from "../text.ts";

/** Time stamps and marks that CI systems put in front of each line: GitHub Actions, Azure, GitLab, Jenkins, `gh run view --log`. */
const prefixes: readonly RegExp[] = [
  /^\ufeff/,
  /^[^\t\n]{1,200}\t[^\t\n]{1,200}\t\ufeff?(?=\d{4}-\d\d-\d\dT\d\d:)/,
  /^\ufeff?\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3,9}Z (?:\d\d[OE][ +])?/,
  /^\ufeff?\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3,9}Z$/,
  /^\[\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\] /,
  /^##\[(?:error|warning|notice|debug|command|section)\]/,
  /^(?:@?[\w.-]+\/)?[\w.-]+:(?:test|build|lint|typecheck)[\w:-]*: /,
  /^[\w@./-]+ test(?::[\w-]+)?: /,
];

/** A group of GitHub Actions opens, an Azure section too: its name is the step's. */
const group = /^(?:##\[group\]|::group::|##\[section\]Starting: )(.*)$/;

/** A line as the program wrote it: without colours, progress, time stamps and the CI's marks. */
export function cleanLine(raw: string): string {
  let text = raw.endsWith("\r") ? raw.slice(0, -1) : raw;
  // oxlint-disable-next-line no-control-regex -- a terminal's escape is what is looked for
  if (/[\u001b\r]/.test(text)) text = stripTerminal(text.replace(/\u001b_[^\u0007]*\u0007/g, ""));
  const code = text.charCodeAt(0);
  // Most lines begin with none of them.
  if (code === 32 || code === 9) return text;
  for (const prefix of prefixes) text = text.replace(prefix, "");
  // What GitHub stamps may be coloured behind the stamp, and marked.
  return text.replace(/^##\[(?:error|warning|notice|debug|command)\]/, "");
}

/** The name of the step that begins with this line; null when none does. */
export const stepName = (text: string): string | null => group.exec(text)?.[1]?.trim() ?? null;
