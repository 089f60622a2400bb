import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { Place } from "../../src/forge/forge.ts";
import { openForge } from "../../src/forge/open.ts";
import type { Event } from "../../src/ledger/events.ts";
import type { Ledger } from "../../src/ledger/ledger.ts";
import { resultOf } from "../../src/reports/result.ts";
import { endWhenExpired } from "../../src/workflows/waiting.ts";
import { waitingFor } from "../../src/views/waiting.ts";
import { temporary } from "../repo/fixture.ts";
import { type } from "../support/cli-desk.ts";
import { startForgeServer } from "../support/forge-server.ts";
import { memoryLedger, patchText, pieces } from "../support/recorded-fix.ts";

const DAY = 24 * 3_600_000;

/** A run of ada's that waits for a person until then. */
async function waiting(expires: number, manifest = "", input: object = {}): Promise<Ledger> {
  const ledger = await memoryLedger();
  const log = await ledger.open("www");
  const { started, intake, patch, gate } = pieces(log);
  const begun = { ...started, input, manifest: manifest === "" ? null : log.put(manifest) } as Event;
  const asks = gate("protected-paths", "ask", "package.json may change only with an approval");
  const paused = {
    type: "run.paused",
    outcome: "waiting",
    reason: "a person must approve",
    hint: "",
    diff: log.put(patchText),
    expires,
  } as const;
  for (const event of [begun, ...intake, ...patch, asks, paused]) await log.append(event);
  await log.close();
  return ledger;
}

const eventsOf = async (ledger: Ledger): Promise<readonly Event[]> => (await ledger.read("www")).events;
const soon = (): number => Date.now() + DAY;

test("an approval records the name, the account and its own end", async () => {
  const ledger = await waiting(soon());
  const { code, out } = await type(["approve", "www", "--as", "Bob", "--days", "0.5", "--json"], { ledger });
  expect([code, JSON.parse(out)]).toMatchObject([0, { type: "approval", run: "www", by: "Bob", login: "ada" }]);
  const given = (await eventsOf(ledger)).at(-1);
  expect(given).toMatchObject({ type: "approval.given", by: "Bob", identity: null, login: "ada" });
  const { expires } = given as Extract<Event, { type: "approval.given" }>;
  expect(Math.abs(expires - Date.now() - DAY / 2)).toBeLessThan(60_000);
  expect((await type(["show", "www", "--utc"], { ledger })).out).toMatch(
    /waits {3}approved by Bob until .* UTC: it can be resumed/,
  );
});

test.each(["approve", "reject"])("%s takes no name that would look like more than one", async (verb) => {
  const ledger = await waiting(soon());
  const { code, err } = await type([verb, "www", "--as", "Ada\n   event 9  Bob approved"], { ledger });
  expect([code, err.split("\n")[0]]).toEqual([2, "claw: --as: must be one line, without characters that nobody sees"]);
});

test("a change that was taken out of the record cannot be approved, only rejected", async () => {
  const ledger = await waiting(soon());
  const diff = waitingFor((await ledger.read("www")).events)?.diff ?? "";
  await ledger.redact({ shas: [diff], reason: "a name", by: "ada" });
  const approved = await type(["approve", "www"], { ledger });
  expect([approved.code, approved.err]).toEqual([13, expect.stringContaining("was redacted")]);
  expect((await type(["reject", "www"], { ledger })).code).toBe(0);
});

test("a change that is going to a forge is approved by whom the forge knows the token of; an answer is not waited for in vain", async () => {
  const server = await startForgeServer("/nonexistent");
  onTestFinished(() => server.close());
  const { host, url, token } = server;
  const input = { pullRequest: { host, owner: "o", repo: "r", issue: 7 } };
  const forge = (place: Place) =>
    openForge(place, {
      hosts: { [host]: { api: `${url}/api/v3`, web: url } },
      credential: async () => ({ kind: "tokens", read: token, write: token }),
      onToken: () => {},
      version: "0.0.0",
      patienceMs: 0,
    });
  const ledger = await waiting(soon(), "", input);
  expect((await type(["approve", "www"], { ledger, app: { forge } })).code).toBe(0);
  expect((await eventsOf(ledger)).at(-1)).toMatchObject({ by: "ada", account: `ada-l at ${host}` });
  expect((await type(["audit", "answer", "www", "--no-repository"], { ledger })).out).toContain(
    `ada (ada-l at ${host}) approved diff`,
  );
  server.fault = () => ({ status: 403 });
  const other = await waiting(soon(), "", input);
  expect((await type(["reject", "www"], { ledger: other, app: { forge } })).code).toBe(0);
  expect((await eventsOf(other)).at(-2)).toMatchObject({ type: "approval.refused", account: null });
});

test("where another approver is required, who started the run cannot approve it, under whatever name", async () => {
  const ledger = await waiting(soon(), "require_different_approver: true\n");
  for (const args of [[], ["--as", "Bob"]]) {
    const refused = await type(["approve", "www", ...args], { ledger });
    expect([refused.code, refused.err.split("\n")[0]]).toEqual([
      13,
      "claw: ada started run www, and claw.yaml asks for another person's approval",
    ]);
  }
  const other = { ledger, environment: { USER: "bob" } };
  expect((await type(["approve", "www"], other)).code).toBe(0);
});

test("when nobody decided in time, the run is blocked, and looking is enough to end it", async () => {
  const ledger = await waiting(Date.now() - 1);
  const home = temporary();
  mkdirSync(join(home, "runs/www/clone"), { recursive: true });
  const late = await type(["approve", "www"], { ledger, environment: { CLAW_HOME: home } });
  expect([late.code, late.err]).toEqual([13, expect.stringContaining("nobody approved the change until")]);
  expect((await eventsOf(ledger)).slice(-2)).toMatchObject([
    { type: "approval.expired" },
    { type: "run.ended", outcome: "blocked" },
  ]);
  expect(existsSync(join(home, "runs/www/clone"))).toBe(false);
  expect((await type(["approve", "www"], { ledger })).code).toBe(2);
});

test("an approval in time outlasts the time to decide", async () => {
  const ledger = await waiting(Date.now() + DAY / 2);
  await type(["approve", "www"], { ledger });
  const log = await ledger.open("www");
  expect(await endWhenExpired(log, Date.now() + DAY)).toBeNull();
  expect(await endWhenExpired(log, Date.now() + 8 * DAY)).toMatchObject({ outcome: "blocked" });
});

test("reject ends the run with the reason, and nothing of it can be approved any more", async () => {
  const ledger = await waiting(soon());
  const { code, out } = await type(["reject", "www", "--reason", "the build is ours"], { ledger });
  expect([code, out]).toEqual([
    0,
    expect.stringMatching(/^ada rejects the change [0-9a-f]{12} of run www: the build is ours\n$/),
  ]);
  const { events, head } = await ledger.read("www");
  expect(resultOf({ run: "www", events, head, active: false })).toMatchObject({
    status: "ended",
    outcome: "blocked",
    exitCode: 13,
    reason: "rejected by ada: the build is ours",
  });
  expect((await type(["approve", "www"], { ledger })).err).toContain("waits for no approval (blocked)");
  expect((await type(["reject", "www"], { ledger })).code).toBe(2);
});

test("a decision that somebody else was quicker with is refused, and not recorded after the end", async () => {
  const input = { pullRequest: { host: "github.com", owner: "o", repo: "r", issue: 7 } };
  const offline = () => Promise.reject(new Error("no forge"));
  for (const late of ["approve", "reject"]) {
    const ledger = await waiting(soon(), "", input);
    // The forge is asked between looking at the run and writing to it.
    const meanwhile = async () => {
      await type(["reject", "www", "--reason", "first"], { ledger, app: { forge: offline } });
      return offline();
    };
    expect(await type([late, "www"], { ledger, app: { forge: meanwhile } })).toEqual({
      code: 2,
      out: "",
      err: "claw: run www waits for no approval (blocked)\n  see it with: claw show www\n",
    });
    expect((await eventsOf(ledger)).at(-1)).toMatchObject({ type: "run.ended", reason: "rejected by ada: first" });
  }
});
