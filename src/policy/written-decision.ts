/** What a person decided in a comment, and with which words. */
export interface WrittenDecision {
  readonly verdict: "approve" | "reject";
  readonly reason: string;
}

/** So much of a change's hash must be written: as much as claw shows. */
const HASH = 12;

/** How each mark begins that claw leaves in what it writes. */
const OWN = "<!-- claw run=";

/** Without fenced blocks, an open one to its end. */
const withoutCode = (markdown: string): string =>
  markdown
    .replaceAll("\r\n", "\n")
    .replace(/^ {0,3}(`{3,}|~{3,})[^\n]*\n(?:[\s\S]*?^ {0,3}\1[`~]*[ \t]*$|[\s\S]*$)/gm, "");

/**
 * The decision that a comment holds about the change with hash `diff`: a line "/claw approve <hash>" or "/claw reject <hash>
 * why", the hash in full or at least its first 12 digits. Null where it decides nothing, or about another change. What claw
 * wrote itself decides nothing, whoever's token it was written with, and neither does what is only shown, as code.
 */
export function writtenDecision(comment: string, diff: string): WrittenDecision | null {
  if (comment.includes(OWN)) return null;
  for (const line of withoutCode(comment).split("\n")) {
    const [, verdict, hash = "", reason = ""] =
      /^ {0,3}\/claw (approve|reject) ([0-9a-f]+)(?: (.*))?$/.exec(line.trimEnd()) ?? [];
    if (hash.length < HASH || !diff.startsWith(hash)) continue;
    if (verdict === "approve" || verdict === "reject") return { verdict, reason: reason.trim() };
  }
  return null;
}
