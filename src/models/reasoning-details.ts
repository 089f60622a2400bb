import { z } from "zod";

/** One block of thinking as OpenRouter brings it, from whichever provider: text with a signature, a summary, or ciphertext. */
export const ReasoningDetail = z.looseObject({ type: z.string(), index: z.number().nullish() });
export type ReasoningDetail = z.infer<typeof ReasoningDetail>;

/** What comes in pieces; everything else of a block is said once. */
const flowing: ReadonlySet<string> = new Set(["text", "summary", "data"]);

/** Adds a piece of a stream to the block it continues: the last one, when that has its type and place. */
export function addDetail(blocks: ReasoningDetail[], piece: ReasoningDetail): void {
  const open = blocks.at(-1);
  const continues =
    open?.type === piece.type && open.index === piece.index && (piece["id"] ?? open["id"]) === open["id"];
  if (!open || !continues || piece.index === null || piece.index === undefined) {
    blocks.push({ ...piece });
    return;
  }
  for (const [key, value] of Object.entries(piece)) {
    const before = open[key];
    if (flowing.has(key) && typeof before === "string" && typeof value === "string") open[key] = before + value;
    else if (value !== null) open[key] = value;
  }
}
