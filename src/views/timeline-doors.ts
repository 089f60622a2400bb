import type { EventOf } from "../ledger/events.ts";
import { headline } from "../text.ts";
import { clockTime, dayAndTime, dayOf, type Times } from "../times.ts";
import type { Said } from "./timeline.ts";

/** What a sandbox may reach, and what it lacks unless that is known. */
export function sandbox(
  event: EventOf<"sandbox.opened"> | EventOf<"sandbox.waived"> | EventOf<"egress.judged">,
  known: string,
): Said {
  if (event.type === "egress.judged") return wayOut(event);
  if (event.type === "sandbox.waived") return ["!", `no sandbox: ${event.by} wanted commands to run without one`];
  const { purpose, degraded, network, hosts, backend } = event;
  if (backend === "none") return null; // said once, where it was waived
  const lacks = degraded.join(", ");
  const parts = [
    ...(network === "host" ? [`${purpose} has network`] : []),
    ...(hosts ? [`${purpose} may reach ${hosts.join(", ")}`] : []),
    ...(lacks !== "" && lacks !== known ? [`not enforced on this machine: ${lacks}`] : []),
  ];
  return parts.length === 0 ? null : ["!", `sandbox: ${parts.join("; ")}`];
}

/** A way out that was refused. */
const wayOut = ({ verdict, purpose, host, rule }: EventOf<"egress.judged">): Said =>
  verdict === "deny" ? ["✗", `${purpose}: no way to ${headline(host)}: ${rule}`] : null;

type Approval = EventOf<"approval.given"> | EventOf<"approval.refused"> | EventOf<"approval.expired">;
type Effect =
  | EventOf<"effect.judged">
  | EventOf<"effect.done">
  | EventOf<"effect.failed">
  | EventOf<"pull-request.followed">
  | EventOf<"forge.limited">
  | EventOf<"forge.moved">;

/** What people decided, and what was done outside the sandbox, or refused, or became of it. */
export function outside(event: Approval | Effect, times: Times): Said {
  switch (event.type) {
    case "approval.given":
    case "approval.refused":
    case "approval.expired":
      return approval(event, times);
    default:
      return effect(event, times);
  }
}

function approval(event: Approval, times: Times): Said {
  if (event.type === "approval.refused") return ["✗", `refused by ${event.by}: ${headline(event.reason)}`];
  if (event.type === "approval.given") return ["✓", `approved by ${event.by} until ${dayOf(event.expires, times)}`];
  return ["✗", `nobody decided until ${dayAndTime(event.expires, times)}`];
}

const effect = (event: Effect, times: Times): Said => {
  if (event.type === "forge.limited")
    return ["!", `${event.host} limits requests: waiting until ${clockTime(event.until, times)}`];
  if (event.type === "forge.moved") return ["!", `${event.from} is called ${event.to} now on ${event.host}`];
  if (event.type === "pull-request.followed") return ["·", `${event.url} is ${event.fate}`];
  if (event.type === "effect.failed")
    return [
      "!",
      `${event.effect}: ${event.state === "failed" ? "" : "it is not known whether it arrived: "}${event.reason}`,
    ];
  if (event.type === "effect.done") return ["✓", `${event.effect}: ${event.result}`];
  return event.verdict === "deny" ? ["✗", `${event.effect} denied: ${event.rule}`] : null;
};
