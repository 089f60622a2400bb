import type { Event, EventOf, Recorded } from "../../ledger/events.ts";
import type { SessionFact, Stretch } from "../../views/stretches.ts";

/** The replay did something else than the record says. Both sides in words. */
export class Diverged extends Error {
  /** Number of the recorded event; null when the record had nothing left to say. */
  readonly event: number | null;
  readonly recorded: string;
  readonly replayed: string;
  constructor({ event, recorded, replayed }: Pick<Diverged, "event" | "recorded" | "replayed">) {
    super(`recorded: ${recorded}; replayed: ${replayed}`);
    this.event = event;
    this.recorded = recorded;
    this.replayed = replayed;
  }
}

/** The record ends here, because its process did: what would have come next is not known. */
export class RecordEnds extends Error {}

/** A stretch of a session as the record has it, and how far the replay has come. */
export interface Script {
  readonly stretch: Stretch;
  /** What comes now, and after that; undefined behind the end. */
  peek(ahead?: number): SessionFact | undefined;
  /** Compares a fact of the replay with the one that comes now, and goes on. */
  take(fact: Event): Recorded;
}

export function scriptOf(stretch: Stretch): Script {
  let position = 0;
  return {
    stretch,
    peek: (ahead = 0) => stretch.facts[position + ahead],
    take(fact) {
      const due = stretch.facts[position];
      if (due === undefined) throw new RecordEnds();
      const [recorded, replayed] = [essence(due), essence(fact)];
      if (recorded !== replayed) throw new Diverged({ event: due.seq, recorded, replayed });
      position += 1;
      return { ...fact, ...seenThen(due), seq: due.seq, at: due.at } as Recorded;
    },
  };
}

/** What only the tool itself could say: it did not run again. */
function seenThen(due: SessionFact): Partial<Event> {
  if (due.type === "call.judged") return { summary: due.summary };
  if (due.type !== "call.finished") return {};
  return { exitCode: due.exitCode, ...(due.why !== undefined && { why: due.why }) };
}

/** What must be the same, in words: everything that times, prices and the wording of rules have no part in. */
function essence(fact: Event): string {
  switch (fact.type) {
    case "session.started":
      return `${fact.type} ${fact.kind}, prompt ${fact.prompt}, tools ${fact.tools}`;
    case "session.ended":
      return `${fact.type} ${fact.reason}${endDetail(fact)}`;
    case "message.added":
      return `${fact.type} ${fact.about} ${fact.message}`;
    case "model.requested":
      return `${fact.type} turn ${fact.turn}, ${fact.messages} messages, ${fact.inputTokens} tokens`;
    case "model.replied":
      return `${fact.type} turn ${fact.turn} ${fact.message}, ${fact.stop}, ${usageText(fact.usage)}`;
    case "model.failed":
      return `${fact.type} ${fact.kind}`;
    case "session.compacted":
      return `${fact.type} by ${fact.by}, ${fact.transcript.map(({ message }) => message).join(" ")}`;
    case "call.judged":
      return `${fact.type} ${fact.call} ${fact.tool}, ${fact.verdict}, arguments ${fact.args}`;
    case "call.finished":
      return `${fact.type} ${fact.call} ${fact.tool}, ${fact.ok ? "ok" : "not ok"}, answer ${fact.message}`;
    default:
      return fact.type;
  }
}

const usageText = (usage: EventOf<"model.replied">["usage"]): string =>
  [usage.inputUncached, usage.inputCacheRead, usage.inputCacheWrite, usage.outputVisible, usage.outputReasoning].join(
    "/",
  );

/** The words about a budget name a price, which is taken from the record. */
const endDetail = ({ reason, detail }: EventOf<"session.ended">): string =>
  reason === "over-budget" ? "" : `: ${detail}`;
