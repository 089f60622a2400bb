import type { StreamKind } from "./run-index.ts";
import { TASK_PREFIX } from "./store.ts";

/** The ids of each kind: from the first on, up to the second and without it. */
export const streamRanges: Readonly<Record<StreamKind, readonly [from: string, end: string]>> = {
  run: ["", TASK_PREFIX],
  task: [TASK_PREFIX, `${TASK_PREFIX}\uffff`],
};
