/** How a check went: as it should be, works but worth knowing, does not work, or was not made. */
export type Level = "ok" | "warning" | "problem" | "skipped";

/** One line of a report on a model server. */
export interface Finding {
  /** What was looked at, in a word or two: "reach", "tool call", "window". */
  readonly check: string;
  readonly level: Level;
  /** What was seen, in one line. */
  readonly text: string;
  /** What a person can do about it, in one line; null where nothing is to be done. */
  readonly remedy: string | null;
}

const finding =
  (level: Level) =>
  (check: string, text: string, remedy: string | null = null): Finding => ({ check, level, text, remedy });

export const ok = finding("ok");
export const warning = finding("warning");
export const problem = finding("problem");
export const skipped = finding("skipped");

/** The smallest context, in tokens, in which a fix has room: below it every session would lose what it read. */
export const LEAST_WINDOW = 32_000;

/** "32k", "131k": tokens as people say them. */
export const inThousands = (tokens: number): string =>
  tokens < 1_000 ? String(tokens) : `${Math.floor(tokens / 1_000)}k`;
