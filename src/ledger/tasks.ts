import { hash } from "node:crypto";
import type { Clock } from "../clock.ts";
import { Fenced, UsageError } from "../errors.ts";
import type { JobMove } from "../store/queue.ts";
import { type AnchorRow, type Store, TASK_PREFIX } from "../store/store.ts";
import { GENESIS } from "./chain.ts";
import { asAnchored, onward, headAnchor } from "./companion.ts";
import type { EventOf } from "./events.ts";
import { sealed } from "./sealed.ts";
import type { TaskEvent } from "./task-events.ts";

/** Keeps tasks: each is a stream of its own, read like a run. How one stands is the fold of it: `foldTask`. */
export interface Tasks {
  /** Adds a task, and jobs with it. False when it is there already: then nothing is changed. */
  addTask(task: string, added: EventOf<"task.added">, jobs?: readonly JobMove[]): Promise<boolean>;
  /** Records what happened to a task, and moves jobs with it, in one transaction. UsageError for an unknown task. */
  tellTask(task: string, facts: readonly TaskEvent[], jobs?: readonly JobMove[]): Promise<void>;
}

const DIGITS = "0123456789abcdefghjkmnpqrstvwxyz";

/**
 * The id of the task that is told apart by this: the same issue of the same repository is one task, however often, and on
 * however many machines, somebody asks for it.
 */
export function taskId(...key: readonly string[]): string {
  const bytes = hash("sha256", JSON.stringify(key), "buffer");
  return TASK_PREFIX + [...bytes.subarray(0, 12)].map((byte) => DIGITS[byte % 32]).join("");
}

export function tasksOf(desk: {
  readonly store: Pick<Store, "append" | "rows">;
  readonly clock: Clock;
  readonly scrub: (text: string) => string;
}): Tasks {
  const { store, clock, scrub } = desk;
  return {
    async addTask(task, added, jobs = []) {
      const rows = sealed([asAnchored(added)], { run: task, head: GENESIS, seq: 0, at: () => clock.now(), scrub });
      const [first] = rows;
      const anchor = first && ((newest: AnchorRow | null) => headAnchor(first, newest));
      try {
        await store.append({ rows, blobs: [], durable: true, jobs, ...(anchor && { anchor }) });
        return true;
      } catch (error) {
        if (error instanceof Fenced && (await store.rows(task, 0, 1)).length > 0) return false;
        throw error;
      }
    },
    async tellTask(task, facts, jobs = []) {
      if ((await store.rows(task, 0, 1)).length === 0)
        throw new UsageError(`there is no task ${task}`, "list them with: claw task list --all");
      await store.append({ rows: [], blobs: [], durable: true, onto: [onward(desk, { task, facts })], jobs });
    },
  };
}
