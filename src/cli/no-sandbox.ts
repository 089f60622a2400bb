import { UsageError } from "../errors.ts";
import type { Waiver } from "../workflows/start.ts";
import type { CommandDesk } from "./command.ts";

/** What has to be typed. Not a letter that is typed by habit. */
const PHRASE = "without a sandbox";

/** Asks the person at the terminal whether commands may run without a sandbox. Throws UsageError where nobody can answer, and for any other answer. */
export async function askForWaiver(
  desk: Pick<CommandDesk, "app" | "err" | "line" | "signal" | "terminal">,
): Promise<Waiver> {
  const { config } = await desk.app();
  if (!desk.terminal.stdin || !desk.terminal.stderr || config.ci)
    throw new UsageError(
      "--no-sandbox needs a person at a terminal, and there is none",
      "leave it out; what a sandbox needs here says: claw doctor sandbox",
    );
  desk.err("Without a sandbox, commands that a model chooses run as you, with your files, your keys and your network.");
  desk.err("The record of the run says so for good, and nothing of it is published.");
  desk.err(`To go on, type: ${PHRASE}`);
  const answer = await desk.line(desk.signal);
  desk.signal.throwIfAborted();
  if (answer?.trim() === PHRASE) return { by: config.initiator, words: PHRASE };
  throw new UsageError("that was not confirmed, so nothing was run", "leave --no-sandbox out");
}
