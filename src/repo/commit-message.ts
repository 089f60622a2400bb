import { withoutClosing } from "../text.ts";
import { wrapText } from "./wrap-text.ts";

/** A commit message before cleaning; `subject` and `body` may be a model's words. */
export interface MessageParts {
  readonly subject: string;
  readonly body: string;
  readonly trailers: {
    /** Who helped, for example "claw:openai/gpt-5". */
    readonly assistedBy: string;
    readonly run: string;
    /** Head of the run's ledger, as hexadecimal SHA-256. */
    readonly record: string;
  };
}

const subjectLimit = 72;
const bodyLimit = 4_000;

/** Control characters, and those that change what a reader sees without being seen. */
// oxlint-disable-next-line no-control-regex
const unseen = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;

/** Lines git or a reader would take for a trailer, such as Signed-off-by: nobody's agreement can be invented. */
const trailerLike = /^\s*(?:\w+(?:-\w+)+|cc)\s*:|^\s*\(cherry picked from|^---\s*$/i;

/** A message of one subject line, a body, and claw's three trailers, the only ones in it. */
export function commitMessage({ subject, body, trailers }: MessageParts): string {
  const paragraph = withoutClosing(clean(body))
    .split("\n")
    .filter((line) => !trailerLike.test(line))
    .map((line) => line.trimEnd())
    .join("\n")
    .replace(/\n{3,}/g, "\n\n")
    .trim()
    .slice(0, bodyLimit)
    .trimEnd();
  const last = [
    `Assisted-by: ${oneLine(trailers.assistedBy)}`,
    `Claw-Run: ${oneLine(trailers.run)}`,
    `Claw-Record: sha256:${oneLine(trailers.record)}`,
  ].join("\n");
  // A line that wrapping makes is held to the same rule as one that was there.
  const wrapped = wrapText(paragraph, (line) => !trailerLike.test(line) && !/^-{3}/.test(line));
  return [shorten(subject), wrapped, last].filter((part) => part !== "").join("\n\n") + "\n";
}

/** The run a commit message names, and the head of its ledger then, SHA-256 in hex; null for a commit that is not claw's. */
export function readTrailers(message: string): { readonly run: string; readonly record: string } | null {
  const last = (pattern: RegExp): string | undefined => [...message.matchAll(pattern)].at(-1)?.[1];
  const run = last(/^Claw-Run: ([0-9a-z]+)\s*$/gm);
  const record = last(/^Claw-Record: sha256:([0-9a-f]{64})\s*$/gm);
  return run === undefined || record === undefined ? null : { run, record };
}

function shorten(text: string): string {
  const line =
    withoutClosing(oneLine(text))
      .replace(/signed-off-by\s*:?/gi, "")
      .trim() || "Fix";
  if (line.length <= subjectLimit) return line;
  const cut = line.slice(0, subjectLimit - 1);
  const space = cut.lastIndexOf(" ");
  const kept = cut.slice(0, space > subjectLimit / 2 ? space : undefined).replace(/[\ud800-\udbff]$/, "");
  return `${kept.replace(dangling, "")}…`;
}

/** Words that promise another one, and punctuation, at the end of what is kept of a subject. */
const dangling =
  /(?:[\s,;:(–-]+(?:an?|the|and|or|nor|but|of|in|on|at|to|for|with|without|from|by|as|into|than|that|which|when|if|is|are|not))*[\s,;:(–-]*$/i;

const clean = (text: string): string => text.replace(/\r\n?/g, "\n").replace(unseen, "");
const oneLine = (text: string): string => clean(text).replace(/\s+/g, " ").trim();
