/** What a person decided in a comment, and with which words. */
export interface WrittenDecision {
  readonly verdict: "approve" | "reject";
  readonly reason: string;
}

/** So much of a change's hash must be written: as much as claw shows. */
const HASH = 12;

/**
 * The decision that a comment holds about the change with hash `diff`: a line "/claw approve <hash>" or "/claw reject <hash>
 * why", the hash in full or at least its first 12 digits. Null where it decides nothing, or about another change.
 */
export function writtenDecision(comment: string, diff: string): WrittenDecision | null {
  for (const line of comment.split(/\r?\n/)) {
    const [, verdict, hash = "", reason = ""] =
      /^\/claw (approve|reject) ([0-9a-f]+)(?: (.*))?$/.exec(line.trim()) ?? [];
    if (hash.length < HASH || !diff.startsWith(hash)) continue;
    if (verdict === "approve" || verdict === "reject") return { verdict, reason: reason.trim() };
  }
  return null;
}
