import type { EventOf, Recorded } from "../ledger/events.ts";
import { headline, money, plural } from "../text.ts";
import { clockTime, type Times } from "../times.ts";
import type { Said } from "./timeline.ts";

/** What is said by and about models. */
const types = [
  "model.described",
  "model.requested",
  "model.waited",
  "model.failed",
  "model.replied",
  "context.alarmed",
  "session.compacted",
] as const;
type ModelEvent = EventOf<(typeof types)[number]>;

/** Is a model's side of a session what this is about? */
export const isOfModel = (event: Recorded): event is Recorded<ModelEvent> =>
  (types as readonly string[]).includes(event.type);

/** The line for it: its mark and its text; null when people need none. `words` is what the model said. */
export function model(event: Recorded<ModelEvent>, words: string, times: Times): Said {
  switch (event.type) {
    case "model.described":
      if (event.routed)
        return ["!", `${event.endpoint}/${event.model} instead of ${event.routed.from}: ${event.routed.why}`];
      return event.body === null ? null : ["·", `the model was probed: a context of ${event.window ?? "?"} tokens`];
    case "model.requested":
      return null;
    case "model.waited":
      return ["…", `the model is asked again at ${clockTime(event.until, times)}`];
    case "model.failed":
      return ["✗", `the model failed (${event.kind}): ${headline(event.reason)}`];
    case "model.replied":
      return ["·", event.purpose === "summary" ? "the model summed the session up" : reply(event, words)];
    case "context.alarmed":
      return [
        "!",
        `the context is ${Math.round((100 * event.tokens) / event.window)} % full, of ${event.window} tokens`,
      ];
    case "session.compacted":
      return ["·", `the session was shortened (${event.by}): ${event.before.tokens} to ${event.after.tokens} tokens`];
  }
}

function reply({ turn, usage, cost, calls }: EventOf<"model.replied">, words: string): string {
  const input = usage.inputUncached + usage.inputCacheRead + usage.inputCacheWrite;
  const output = usage.outputVisible + usage.outputReasoning;
  const malformed = calls.filter(({ error }) => error !== undefined).length;
  const said = [headline(words, 80), malformed > 0 ? `${plural(malformed, "malformed call")}` : ""].filter(Boolean);
  return `turn ${turn}${said.map((part) => `: ${part}`).join("")} (${input} → ${output} tokens, ${money(cost)})`;
}
