import { appendFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

/** What is kept: so many messages, and of each so many characters. */
const MOST = 500;
const LONGEST = 4000;

/** What a person typed in sessions, in a file of their own below CLAW_HOME; the newest last. Losing it loses no work. */
export interface History {
  readonly past: readonly string[];
  remember(text: string): void;
}

export async function openHistory(home: string, scrub: (text: string) => string): Promise<History> {
  const file = join(home, "session-history.jsonl");
  const lines = (await readFile(file, "utf8").catch(() => "")).split("\n").filter((line) => line !== "");
  const past = lines.slice(-MOST).flatMap((line) => {
    try {
      const text: unknown = JSON.parse(line);
      return typeof text === "string" ? [text] : [];
    } catch {
      return [];
    }
  });
  let written: Promise<unknown> = Promise.resolve();
  if (lines.length > 2 * MOST)
    written = writeFile(file, past.map((text) => `${JSON.stringify(text)}\n`).join(""), { mode: 0o600 }).catch(
      () => {},
    );
  return {
    past,
    remember(text) {
      if (text.length > LONGEST) return;
      const line = `${JSON.stringify(scrub(text))}\n`;
      written = written
        .then(() => mkdir(dirname(file), { recursive: true, mode: 0o700 }))
        .then(() => appendFile(file, line, { mode: 0o600 }))
        .catch(() => {});
    },
  };
}
