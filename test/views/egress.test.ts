import { expect, test } from "vitest";
import type { Event } from "../../src/ledger/events.ts";
import { foldEgress } from "../../src/views/egress.ts";
import { type } from "../support/cli-desk.ts";
import { memoryLedger } from "../support/recorded-fix.ts";

const asked = (host: string, verdict: "allow" | "deny", rule: string, address: string | null = null): Event => ({
  type: "egress.judged",
  purpose: "install",
  host,
  port: host === "" ? 0 : 443,
  verdict,
  rule,
  address,
});
const over = (host: string, sent: number, received: number, why = "closed"): Event => ({
  type: "egress.ended",
  purpose: "install",
  host,
  port: 443,
  sent,
  received,
  why,
  ms: 5,
});
const opened = (hosts?: string[], network: "none" | "host" = "none"): Event => ({
  type: "sandbox.opened",
  purpose: "install",
  policy: "p",
  degraded: [],
  network,
  ...(hosts && { hosts }),
});
const facts: readonly Event[] = [
  opened(),
  opened(["a.example:443"]),
  asked("a.example", "allow", "a.example:443 is declared", "192.0.43.8"),
  asked("b.example", "deny", "no declared host covers it"),
  asked("a.example", "allow", "a.example:443 is declared", "192.0.43.8"),
  over("a.example", 10, 100),
  over("a.example", 5, 0, "nothing was said for too long"),
  asked("", "deny", "this is no HTTP request"),
];

async function ledgerOf(events: readonly Event[]) {
  const ledger = await memoryLedger();
  const log = await ledger.open("r1");
  for (const event of events) await log.append(event);
  return { ledger, log };
}

test("a run's hosts are counted, with what was decided, carried and cut", async () => {
  const { log } = await ledgerOf(facts);
  expect(foldEgress(log.events)).toMatchObject({
    sandboxes: 2,
    open: 1,
    declared: ["a.example:443"],
    unrecorded: 0,
    model: null,
    hosts: [
      {
        host: "a.example",
        allowed: 2,
        denied: 0,
        sent: 15,
        received: 100,
        addresses: ["192.0.43.8"],
        cut: ["nothing was said for too long"],
      },
      { host: "b.example", allowed: 0, denied: 1, sent: 0, rules: ["no declared host covers it"] },
      { host: "", port: 0, denied: 1 },
    ],
  });
});

test("claw audit egress lists them for people and for scripts", async () => {
  const { ledger } = await ledgerOf(facts);
  const { code, out } = await type(["audit", "egress"], { ledger });
  expect(code).toBe(0);
  expect(out).toBe(`run r1: 2 sandboxes, 1 could reach a.example:443
  a.example:443 (192.0.43.8)  2 allowed, for install; 15 bytes sent, 100 received
      a.example:443 is declared
      cut: nothing was said for too long
  b.example:443  1 refused, for install
      no declared host covers it
  (no host)  1 refused, for install
      this is no HTTP request
`);
  const json = await type(["audit", "egress", "r1", "--json"], { ledger });
  expect(JSON.parse(json.out)).toMatchObject({ type: "egress", run: "r1", hosts: [{ host: "a.example" }, {}, {}] });
});

test("a run of an older claw whose sandbox shared the host's network says that nothing was recorded", async () => {
  const { ledger } = await ledgerOf([opened(undefined, "host")]);
  expect((await type(["audit", "egress"], { ledger })).out).toBe(`run r1: 1 sandbox, none had a way out
1 shared the host's network (an older claw): what it reached is not on record
`);
});
