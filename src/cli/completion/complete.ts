import type { Command as Commander } from "commander";
import { printable } from "../../text.ts";
import type { CommandDesk } from "../command.ts";
import { topicNames } from "../topics/names.ts";
import { beginning, type Candidate, wantedAt } from "./candidates.ts";
import { valuesOf } from "./values.ts";

/**
 * `claw complete -- <words>`: what the scripts of `claw completion` ask for. Prints the words that could stand where the last
 * one is being typed, each with what it is after a tab. Says nothing, and never fails, where nothing is known.
 */
export function attachComplete(
  to: Commander,
  desk: CommandDesk,
  programFor: (words: readonly string[]) => Promise<Commander>,
): void {
  to.argument("[words...]").action(async (words: readonly string[]) => {
    for (const [word, about] of await candidates(words, desk, programFor).catch(() => []))
      desk.out(about === "" ? word : `${word}\t${printable(about).replaceAll(/\s+/g, " ")}`);
  });
}

async function candidates(
  words: readonly string[],
  desk: CommandDesk,
  programFor: (words: readonly string[]) => Promise<Commander>,
): Promise<readonly Candidate[]> {
  const { value, own } = wantedAt(await programFor(words), words);
  const values = await valuesOf(desk, value);
  const more = words.length === 2 && words[0] === "help" ? topicsBesides(own) : values;
  return [...own, ...more.filter(beginning(words.at(-1) ?? ""))];
}

/** Topics of `claw help` that no command has the name of. */
const topicsBesides = (own: readonly Candidate[]): readonly Candidate[] =>
  topicNames.filter((name) => !own.some(([word]) => word === name)).map((name) => [name, "a topic"]);
