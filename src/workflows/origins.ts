import type { EventOf } from "../ledger/events.ts";

type Origins = Pick<EventOf<"run.started">, "parent" | "step" | "task" | "asker">;

/** What a run comes from, as its first event tells it: only what is known. */
export const origins = ({
  parent,
  step,
  task,
  asker,
}: { readonly [Name in keyof Origins]?: Origins[Name] | undefined }): Origins => ({
  ...(parent !== undefined && { parent }),
  ...(step !== undefined && { step }),
  ...(task !== undefined && { task }),
  ...(asker !== undefined && { asker }),
});
