import type { Store } from "../store/store.ts";
import { isAbandoned } from "./owner.ts";
import { objectIn } from "./recorded.ts";

/** Runs whose process went away before they ended or paused, oldest first. Gives up what is still held of others. */
export async function abandonedRuns(store: Store, now: number): Promise<readonly string[]> {
  const open: string[] = [];
  for (const held of await store.held()) {
    if (!isAbandoned(held, now)) continue;
    const { last } = await store.listedRun(held.run);
    const [row] = last === null ? [] : await store.rows(held.run, last, 1);
    if (row && isOpen(row.body)) open.push(held.run);
    else await store.release(held);
  }
  return open;
}

/** Does a run go on after this event, by its stored text? Decisions of people come while it rests. */
function isOpen(body: string): boolean {
  const { type, effect } = (objectIn(body) ?? {}) as { type?: unknown; effect?: unknown };
  if (typeof type !== "string") return true;
  // People are told of a run when it rests already.
  if (type.startsWith("effect.") && typeof effect === "string" && effect.startsWith("notify ")) return false;
  return type !== "run.ended" && type !== "run.paused" && !type.startsWith("approval.");
}
