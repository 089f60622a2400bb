import type { Recorded } from "../ledger/events.ts";

/** One host that commands of a run asked for. */
export interface HostUse {
  readonly host: string;
  /** 0 when the request named none. */
  readonly port: number;
  /** Why the sandboxes were open: "install", "patch", … */
  readonly purposes: readonly string[];
  readonly allowed: number;
  readonly denied: number;
  /** The rules that decided, each once. */
  readonly rules: readonly string[];
  /** Addresses that were connected to. */
  readonly addresses: readonly string[];
  /** Bytes carried, TLS included. */
  readonly sent: number;
  readonly received: number;
  /** Connections that claw cut, and why, each reason once. */
  readonly cut: readonly string[];
}

/** Everywhere a run's commands went or wanted to go. */
export interface EgressOfRun {
  readonly hosts: readonly HostUse[];
  readonly sandboxes: number;
  /** Sandboxes that had a way out, and the hosts that they were given. */
  readonly open: number;
  readonly declared: readonly string[];
  /** Sandboxes of an older claw, which shared the host's network: what they reached is not on record. */
  readonly unrecorded: number;
  /** Where claw itself sent prompts, and how often; null when the run asked no model. */
  readonly model: { readonly endpoint: string; readonly requests: number } | null;
}

const once = (items: readonly string[], item: string | null): readonly string[] =>
  item === null || items.includes(item) ? items : [...items, item];

/** Folds a run's facts into the hosts it asked for, in the order they were first asked for. */
export function foldEgress(events: readonly Recorded[]): EgressOfRun {
  const hosts = new Map<string, HostUse>();
  let run: EgressOfRun = { hosts: [], sandboxes: 0, open: 0, declared: [], unrecorded: 0, model: null };
  for (const event of events) {
    if (event.type === "egress.judged" || event.type === "egress.ended") {
      const key = `${event.host}:${event.port}`;
      hosts.set(key, applyToHost(hosts.get(key) ?? unused(event.host, event.port), event));
    } else run = applyToRun(run, event);
  }
  return { ...run, hosts: [...hosts.values()] };
}

const unused = (host: string, port: number): HostUse => ({
  host,
  port,
  purposes: [],
  allowed: 0,
  denied: 0,
  rules: [],
  addresses: [],
  sent: 0,
  received: 0,
  cut: [],
});

function applyToHost(use: HostUse, event: Extract<Recorded, { type: "egress.judged" | "egress.ended" }>): HostUse {
  const purposes = once(use.purposes, event.purpose);
  if (event.type === "egress.ended") {
    const cut = once(use.cut, event.why === "closed" ? null : event.why);
    return { ...use, purposes, cut, sent: use.sent + event.sent, received: use.received + event.received };
  }
  return {
    ...use,
    purposes,
    allowed: use.allowed + (event.verdict === "allow" ? 1 : 0),
    denied: use.denied + (event.verdict === "deny" ? 1 : 0),
    rules: once(use.rules, event.rule),
    addresses: once(use.addresses, event.address),
  };
}

function applyToRun(run: EgressOfRun, event: Recorded): EgressOfRun {
  switch (event.type) {
    case "run.started":
      return event.model === null || event.model.wire === "none" || event.model.wire === "scripted"
        ? run
        : { ...run, model: { endpoint: `${event.model.endpoint}/${event.model.model}`, requests: 0 } };
    case "model.requested":
      return run.model === null ? run : { ...run, model: { ...run.model, requests: run.model.requests + 1 } };
    case "sandbox.opened":
      return {
        ...run,
        sandboxes: run.sandboxes + 1,
        open: run.open + (event.hosts ? 1 : 0),
        declared: (event.hosts ?? []).reduce(once, run.declared),
        unrecorded: run.unrecorded + (event.network === "host" ? 1 : 0),
      };
    default:
      return run;
  }
}
