import type { Config } from "../../config.ts";

/**
 * Once all of this process is closed, its program is begun anew in its place: with the same number, terminal, arguments and
 * environment, keys included, and nothing of its memory. `until` in milliseconds since the epoch: it stays when it was, also
 * where "8h" was asked for.
 */
export function beginAnew(
  until: number | null,
  { signal, config }: { readonly signal: AbortSignal; readonly config: Pick<Config, "begunWith"> },
): void {
  const [program = "", ...rest] = process.argv.slice(1);
  const words = [process.execPath, ...process.execArgv, program, ...sameUntil(rest, until)];
  process.once("exit", () => {
    if (!signal.aborted) process.execve?.(process.execPath, words, { ...config.begunWith() });
  });
}

/** Can a process begin anew here? Not on Windows, and not with Node before 22.15. */
export const canBeginAnew = (): boolean => process.execve !== undefined;

/** The same words, with the moment itself in place of what it was said by. */
export function sameUntil(words: readonly string[], until: number | null): readonly string[] {
  if (until === null) return words;
  const at = words.findIndex((word) => word === "--until" || word.startsWith("--until="));
  if (at < 0) return words;
  const taken = words[at] === "--until" ? 2 : 1;
  return words.toSpliced(at, taken, "--until", new Date(until).toISOString());
}
