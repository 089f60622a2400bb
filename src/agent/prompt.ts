import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { InfrastructureError } from "../errors.ts";

const folder = new URL("../../prompts/", import.meta.url);

/** A prompt file as it was read: its text and the hash that the record keeps. */
export interface PromptFile {
  readonly name: string;
  readonly text: string;
  readonly sha: string;
}

/** prompts/<name>.md. Prompts are files so that a change to one is reviewed like code, and its hash is a fact of every run. */
export async function loadPrompt(name: string): Promise<PromptFile> {
  const text = await readFile(new URL(`${name}.md`, folder), "utf8").catch((cause: unknown) => {
    throw new InfrastructureError(`prompts/${name}.md cannot be read`, "reinstall claw: the file belongs to it", cause);
  });
  return { name, text: text.trimEnd(), sha: createHash("sha256").update(text).digest("hex") };
}

/** The text with every {{slot}} filled. A slot without a value is an error, never an empty string. */
export function fillPrompt(prompt: PromptFile, slots: Readonly<Record<string, string>>): string {
  return prompt.text.replaceAll(/\{\{(\w+)\}\}/g, (_, slot: string) => {
    const value = slots[slot];
    if (value === undefined) {
      throw new InfrastructureError(
        `prompts/${prompt.name}.md asks for {{${slot}}}, which nobody gives`,
        "name a slot that exists",
      );
    }
    return value;
  });
}
