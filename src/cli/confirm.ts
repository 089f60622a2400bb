import type { Config } from "../config.ts";
import type { CommandDesk } from "./command.ts";
import type { Progress } from "./progress.ts";

type Confirm = (question: string, signal: AbortSignal) => Promise<boolean>;

/** How a run asks the person who started it; undefined when nobody is there to answer, and then nothing is ever asked. */
export function confirmWith(
  desk: Pick<CommandDesk, "err" | "line" | "terminal">,
  progress: Pick<Progress, "aside">,
  { ci, quiet }: { readonly ci: Config["ci"]; /** --yes or --json was given. */ readonly quiet: boolean },
): Confirm | undefined {
  const { stdin, stderr } = desk.terminal;
  if (!stdin || !stderr || ci || quiet) return undefined;
  return (question, signal) =>
    progress.aside(async () => {
      desk.err(`${question} [Y/n]`);
      const answer = await desk.line(signal);
      signal.throwIfAborted();
      return answer !== null && /^(?:y|yes)?$/i.test(answer.trim());
    });
}
