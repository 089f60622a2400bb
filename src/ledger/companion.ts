import type { Clock } from "../clock.ts";
import type { JobMove } from "../store/queue.ts";
import type { AnchorRow, Onward, Row } from "../store/store.ts";
import { GENESIS, nextAnchor } from "./chain.ts";
import type { Event } from "./events.ts";
import { recordedIn } from "./recorded.ts";
import { sealed } from "./sealed.ts";
import type { TaskEvent } from "./task-events.ts";

/** What facts of a run mean for the task that it works on, and for the job that it is done as. */
export type Companion = (facts: readonly Event[]) => {
  readonly tasks?: readonly TaskFacts[];
  readonly jobs?: readonly JobMove[];
};

/** What happened to one task. */
export interface TaskFacts {
  readonly task: string;
  readonly facts: readonly TaskEvent[];
}

interface Desk {
  readonly clock: Clock;
  readonly scrub: (text: string) => string;
}

/** The beginning of a task, with the mark by which an audit knows that all of it is anchored. */
export const asAnchored = (fact: TaskEvent): TaskEvent =>
  fact.type === "task.added" ? { ...fact, anchored: true } : fact;

/** The anchor of the newest row of a task, or of a schedule. */
export const headAnchor = (last: Row, newest: AnchorRow | null): AnchorRow =>
  nextAnchor(newest, { run: last.run, last: last.seq, head: last.hash, at: recordedIn(last).at });

/**
 * Facts of a task as rows after its newest one, whoever wrote that, anchored: a task has no end that all of it would wait for.
 * A task that is not in this ledger is left alone, and one that is is not added again.
 */
export const onward = ({ clock, scrub }: Desk, { task, facts }: TaskFacts): Onward => ({
  run: task,
  rows: (newest: Row | null) => {
    if ((newest === null) !== (facts[0]?.type === "task.added")) return [];
    const seq = (newest?.seq ?? -1) + 1;
    return sealed(facts.map(asAnchored), {
      run: task,
      head: newest?.hash ?? GENESIS,
      seq,
      at: () => clock.now(),
      scrub,
    });
  },
  anchor: headAnchor,
});

/** Everybody who has a word to say when a run's facts are written; `first` always has. */
export function companions(
  desk: Desk,
  first: Companion,
): {
  readonly along: (companion: Companion) => void;
  readonly besides: (facts: readonly Event[]) => {
    readonly onto: readonly Onward[];
    readonly jobs: readonly JobMove[];
  };
} {
  const all = [first];
  return {
    along: (companion) => void all.push(companion),
    besides: (facts) => {
      const said = all.map((companion) => companion(facts));
      return {
        onto: said.flatMap(({ tasks = [] }) => tasks.map((one) => onward(desk, one))),
        jobs: said.flatMap(({ jobs = [] }) => jobs),
      };
    },
  };
}
