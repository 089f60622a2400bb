import type { EventOf, Recorded } from "../ledger/events.ts";
import { headline, money } from "../text.ts";
import type { Said } from "./timeline.ts";

const types = ["turn.interrupted", "turn.ended", "turn.undone", "model.chosen", "budget.changed"] as const;
export type OfTalk = Recorded<EventOf<(typeof types)[number]>>;

/** Is it something that a person in a session did, or how their turn ended? */
export const isOfTalk = (event: Recorded): event is OfTalk => (types as readonly string[]).includes(event.type);

/** Lines about a session with a person. */
export function talk(event: OfTalk): Said {
  switch (event.type) {
    case "turn.interrupted":
      return ["!", `${event.by} stopped the model`];
    case "turn.ended":
      return event.how === "answered" || event.how === "interrupted"
        ? null
        : ["!", `the turn ended (${event.how}): ${headline(event.detail)}`];
    case "turn.undone":
      return ["!", `${event.by} took the changes of a turn back`];
    case "model.chosen":
      return ["·", `${event.by} chose ${event.label}`];
    case "budget.changed":
      return ["·", `${event.by} set the budget of the run to ${money(event.usdNano)}`];
  }
}
