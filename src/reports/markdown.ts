import { withoutClosing } from "../text.ts";

const oneLine = (text: string): string => text.replace(/\s+/g, " ").trim();

/** What others wrote makes no HTML, loads no pictures, closes no issues and calls nobody where the report is shown. */
const tame = (text: string): string =>
  withoutMentions(withoutClosing(text.replaceAll("<", "&lt;").replaceAll("![", "!\\[")));

/** Nothing that can be seen comes between the sign and the name; in code on one line it is no mention anyway. */
const withoutMentions = (text: string): string =>
  text.replace(/(?<![\\`])(`+)(?!`)[^\n]*?(?<!`)\1(?!`)|(?<![\w`])@(?=[a-z\d])/gi, (found) =>
    found === "@" ? "@<!-- -->" : found,
  );

/** Text of others as one line: it can start no heading, list or table of its own. */
export const plain = (text: string): string => tame(oneLine(text));

/** Inline code, also for text that contains backticks. */
export function code(text: string): string {
  const line = oneLine(text);
  const longest = Math.max(0, ...[...line.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  return longest === 0 ? `${fence}${line}${fence}` : `${fence} ${line} ${fence}`;
}

/** A block that its content cannot close. */
export function fenced(text: string, language = ""): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}${language}\n${text}\n${fence}`;
}

/** Words of somebody else, every line marked. HTML in them stays text. */
export const quoted = (text: string): string =>
  tame(text.trim())
    .split("\n")
    .map((line) => `> ${line}`.trimEnd())
    .join("\n");

/** A table; cells are Markdown already. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((text) => text.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), `|${head.map(() => "---").join("|")}|`, ...rows.map(line)].join("\n");
}
