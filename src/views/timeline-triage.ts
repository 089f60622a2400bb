import type { Event, EventOf } from "../ledger/events.ts";
import { duration, plural } from "../text.ts";
import type { Said } from "./timeline.ts";

/** Events of `claw triage`. */
export type OfTriage = EventOf<"report.read"> | EventOf<"bisect.stepped"> | EventOf<"failures.judged">;

const names: readonly string[] = ["report.read", "bisect.stepped", "failures.judged"] satisfies OfTriage["type"][];

/** Is it about reports and verdicts? */
export const isOfTriage = (event: Event): event is OfTriage & typeof event => names.includes(event.type);

/** Lines about reports, verdicts, and the search for the first bad commit. */
export function triage(event: OfTriage): Said {
  if (event.type === "report.read") {
    const format = event.formats.length > 0 ? ` (${event.formats.join(", ")})` : "";
    return [event.found > 0 ? "·" : "!", `${event.source}${format}: ${plural(event.found, "failure")}`];
  }
  if (event.type === "bisect.stepped") {
    const bad = event.tests.filter(({ result }) => result === "bad").length;
    const good = event.tests.filter(({ result }) => result === "good").length;
    return ["·", `at ${event.commit.slice(0, 12)}: ${bad} fail, ${good} pass (${duration(event.ms)})`];
  }
  const counts = Object.entries(event.counts).map(([verdict, count]) => `${count} ${verdict}`);
  return [event.worst === null ? "✓" : "!", counts.length > 0 ? counts.join(", ") : "nothing fails"];
}
