import { z } from "zod";
import type { Endpoint } from "./endpoint.ts";
import { ReasoningDetail } from "./reasoning-details.ts";
import { splitThinking } from "./text-rescue.ts";

/**
 * Thinking as this wire brings it: in a field of its own, in blocks that a gateway passes on, in tags at the start of the
 * text, or as parts of the content ("thinking": Mistral).
 */
export const Thought = z.union([
  z.object({ field: z.enum(["reasoning_content", "reasoning", "think", "thinking"]), text: z.string() }),
  z.object({ field: z.literal("reasoning_details"), blocks: z.array(ReasoningDetail) }),
]);
export type Thought = z.infer<typeof Thought>;

/** Thinking as it goes back: as it came. */
export function thoughtField(thought: Thought | undefined): Record<string, unknown> {
  if (thought === undefined || thought.field === "think" || thought.field === "thinking") return {};
  return { [thought.field]: thought.field === "reasoning_details" ? thought.blocks : thought.text };
}

/** https://docs.mistral.ai/capabilities/reasoning: the package's types know no such part. */
export const withThinkingPart = (thinking: string, text: string) =>
  [
    { type: "thinking", thinking: [{ type: "text", text: thinking }] },
    ...(text === "" ? [] : [{ type: "text", text }]),
  ] as unknown as string;

/** The thinking of a whole reply, and the words that are left. */
export function thoughtsOf(
  said: { content: string; reasoning_content: string; reasoning: string; thinking: string },
  blocks: readonly ReasoningDetail[],
  endpoint: Endpoint,
): { thinking: Thought | null; text: string } {
  const text = said.content;
  // A gateway says the same in plain words besides; only the blocks carry what the provider signed.
  if (blocks.length > 0) return { thinking: { field: "reasoning_details", blocks: [...blocks] }, text };
  if (said.reasoning_content !== "")
    return { thinking: { field: "reasoning_content", text: said.reasoning_content }, text };
  if (said.reasoning !== "") return { thinking: { field: "reasoning", text: said.reasoning }, text };
  if (said.thinking !== "") return { thinking: { field: "thinking", text: said.thinking }, text };
  const split = endpoint.selfHosted ? splitThinking(text) : { thinking: "", said: text };
  return split.thinking === ""
    ? { thinking: null, text }
    : { thinking: { field: "think", text: split.thinking }, text: split.said };
}
