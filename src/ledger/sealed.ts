import type { Row } from "../store/store.ts";
import { seal } from "./chain.ts";
import { Event } from "./events.ts";
import { scrubbedJson } from "./staged.ts";

/** Facts as rows that go on where a chain ends. */
export function sealed(
  facts: readonly Event[],
  end: Pick<Row, "run" | "seq"> & {
    readonly head: string;
    readonly at: () => number;
    readonly scrub: (text: string) => string;
  },
): readonly Row[] {
  const rows: Row[] = [];
  for (const fact of facts) {
    const seq = end.seq + rows.length;
    const body = scrubbedJson({ at: end.at(), ...Event.parse(fact) }, end.scrub);
    rows.push({ run: end.run, seq, body, hash: seal(rows.at(-1)?.hash ?? end.head, end.run, seq, body) });
  }
  return rows;
}

/** Intent and result of an effect outside the sandbox, decisions of people, and how a run ended. */
export const mustSurvivePowerLoss = (event: Event): boolean =>
  event.type.startsWith("effect.") ||
  event.type.startsWith("approval.") ||
  event.type === "run.started" ||
  isEnd(event);

/** Nobody works on the run from here on, until it is resumed. */
export const isEnd = ({ type }: Event): boolean => type === "run.ended" || type === "run.paused";
