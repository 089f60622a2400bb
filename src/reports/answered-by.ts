import type { Recorded } from "../ledger/events.ts";

/** What the servers said answered, each once. It may differ from the model that was asked. */
export const servedModels = (events: readonly Recorded[]): readonly string[] => [
  ...new Set(events.flatMap((event) => (event.type === "model.replied" ? [event.servedModel] : []))),
];
