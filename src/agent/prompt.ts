import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { InfrastructureError } from "../errors.ts";
import { roles } from "../policy/roles.ts";
import { within } from "../text.ts";

const folder = new URL("../../prompts/", import.meta.url);

/** A prompt file as it was read: its text and the hash that the record keeps. */
export interface PromptFile {
  readonly name: string;
  readonly text: string;
  /** The file as it is: what the hash is of. */
  readonly whole: string;
  readonly sha: string;
}

/** prompts/<name>.md. Prompts are files so that a change to one is reviewed like code, and its hash is a fact of every run. */
export async function loadPrompt(name: string): Promise<PromptFile> {
  const text = await readFile(new URL(`${name}.md`, folder), "utf8").catch((cause: unknown) => {
    throw new InfrastructureError(`prompts/${name}.md cannot be read`, "reinstall claw: the file belongs to it", cause);
  });
  return { name, text: text.trimEnd(), whole: text, sha: createHash("sha256").update(text).digest("hex") };
}

/** The prompt files of this release: the system prompt and that of every role. */
export const everyPrompt = (): Promise<PromptFile[]> =>
  Promise.all(["system", "talk", "summary", ...Object.values(roles).map(({ prompt }) => prompt)].map(loadPrompt));

/** The text with every {{slot}} filled, and what is marked as data kept within its marks. A slot without a value, or a value without a slot, is an error, never an empty string. */
export function fillPrompt(prompt: PromptFile, slots: Readonly<Record<string, string>>): string {
  const asked = [...new Set(prompt.text.match(slotPattern))].map((slot) => slot.slice(2, -2));
  const given = Object.keys(slots);
  const wrong = [...asked.filter((slot) => !given.includes(slot)), ...given.filter((slot) => !asked.includes(slot))];
  if (wrong.length > 0) {
    throw new InfrastructureError(
      `prompts/${prompt.name}.md and its workflow do not agree on {{${wrong.join("}}, {{")}}}`,
      "reinstall claw: the file belongs to it",
    );
  }
  const value = (slot: string): string => slots[slot.slice(2, -2)] ?? "";
  return prompt.text.replaceAll(fillPattern, (slot, mark?: string, marked = "") =>
    mark === undefined ? value(slot) : within(mark, value(marked)),
  );
}

const slotPattern = /\{\{\w+\}\}/g;
/** A slot between marks of its own, or any other: one pass, so that no value is filled in turn. */
const fillPattern = /<([\w-]+)>\n(\{\{\w+\}\})\n<\/\1>|\{\{\w+\}\}/g;
