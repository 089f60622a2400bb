import type { Recorded } from "../../ledger/events.ts";

/** The files a session had after each turn that changed any, the oldest first: the first are those it began with. */
export function treesOf(events: readonly Recorded[], session: string, start: string): readonly [string, ...string[]] {
  const trees: [string, ...string[]] = [start];
  for (const event of events) {
    if (event.type === "turn.ended" && event.session === session && event.tree !== trees.at(-1)) trees.push(event.tree);
    if (event.type !== "turn.undone" || event.session !== session) continue;
    while (trees.length > 1 && trees.at(-1) !== event.to) trees.pop();
  }
  return trees;
}
