import type { EventOf } from "../ledger/events.ts";
import { duration, plural } from "../text.ts";
import type { Said } from "./timeline.ts";

/** Steps of the search engine, and the ranking it starts from. */
export function searching(event: EventOf<"suspects.ranked"> | EventOf<"search.tried"> | EventOf<"search.found">): Said {
  if (event.type === "suspects.ranked") {
    const lines = event.lines === 0 ? "no suspicious line" : plural(event.lines, "suspicious line");
    return ["·", `${lines}, by ${event.method} (${duration(event.ms)})`];
  }
  if (event.type === "search.found") {
    const doubt = event.suspicious ? " (suspicious)" : "";
    return [
      "·",
      `number ${event.rank} passes, to be checked: ${event.operator} in ${event.path}:${event.line}${doubt}`,
    ];
  }
  const { wave, tried, plausible, timeouts, why, ms } = event;
  const counts = `${plural(tried, "change")} tried, ${plausible} passed, ${timeouts} ran too long`;
  return [why === "found" ? "✓" : "·", `search wave ${wave}: ${counts} (${duration(ms)})`];
}
