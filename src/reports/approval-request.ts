import { keepEnds } from "../text.ts";
import { code, plain } from "./markdown.ts";

export interface ApprovalRequest {
  /** Hash of the change. */
  readonly hash: string;
  /** Why a person is asked. */
  readonly reasons: readonly string[];
  /** Unified text of the change. */
  readonly diff: string;
  /** In milliseconds since the epoch. */
  readonly expires: number;
}

const MAX_DIFF = 30_000;

/** Markdown of the comment that asks for a decision where the issue is. */
export function approvalRequest({ hash, reasons, diff, expires }: ApprovalRequest): string {
  const short = hash.slice(0, 12);
  // Longer than any fence within.
  const fence = "`".repeat(Math.max(3, ...[...diff.matchAll(/`+/g)].map(([run]) => run.length + 1)));
  return [
    "A change for this issue is proven, and waits for a person who may write to this repository:",
    reasons.map((reason) => `- ${plain(reason)}`).join("\n"),
    `<details>\n<summary>The change, ${code(short)}</summary>\n\n${fence}diff\n${keepEnds(diff, MAX_DIFF)}\n${fence}\n\n</details>`,
    `To decide, write a comment that has one of these lines, until ${new Date(expires).toISOString().slice(0, 16).replace("T", " ")} UTC:`,
    `\`\`\`\n/claw approve ${short}\n/claw reject ${short} why\n\`\`\``,
    "It holds for exactly this change. A comment that was edited does not count.",
  ].join("\n\n");
}
