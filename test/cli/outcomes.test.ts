import { expect, onTestFinished, test } from "vitest";
import type { Place } from "../../src/forge/forge.ts";
import { openForge } from "../../src/forge/open.ts";
import { type } from "../support/cli-desk.ts";
import { startForgeServer } from "../support/forge-server.ts";
import { memoryLedger, recordProvenFix } from "../support/recorded-fix.ts";

test("a pull request that is gone, or a forge that does not answer, hides no other one", async () => {
  const server = await startForgeServer("/nonexistent");
  onTestFinished(() => server.close());
  const { host, url, token } = server;
  const forge = (place: Place) =>
    openForge(place, {
      hosts: { [host]: { api: `${url}/api/v3`, web: url }, "127.0.0.1:1": { api: "http://127.0.0.1:1" } },
      credential: async () => ({ kind: "tokens", read: token, write: token }),
      onToken: () => {},
      version: "t",
      patienceMs: 0,
      backoffMs: 1,
    });
  const ledger = await memoryLedger();
  const opened = async (run: string, result: string) => {
    await recordProvenFix(ledger, run);
    const log = await ledger.open(run);
    await log.append({ type: "effect.done", effect: "pull-request", key: `${run}:publish:pull-request`, result });
    await log.close();
  };
  server.pulls.push({
    number: 100,
    html_url: `${url}/o/r/pull/100`,
    state: "open",
    draft: true,
    created_at: new Date().toISOString(),
    merged_at: null,
    title: "t",
    body: "b",
    head: { ref: "claw/7-1", sha: "e".repeat(40), repo: { full_name: "o/r" } },
    base: { ref: "main", repo: { full_name: "o/r" } },
  });
  await opened("aaa", `${url}/o/r/pull/100`);
  await opened("bbb", `${url}/o/r/pull/101`);
  const one = await type(["outcomes"], { ledger, app: { forge } });
  expect([one.code, one.out]).toEqual([
    0,
    expect.stringMatching(/ aaa .*pull\/100\n0 of 0 decided pull requests accepted\n$/),
  ]);
  expect(one.err).toMatch(/^left out: .* finds nothing where it was asked for pull request #101 of .*\n$/);
  await opened("ccc", "http://127.0.0.1:1/o/r/pull/1");
  const both = await type(["outcomes"], { ledger, app: { forge } });
  expect([both.code, both.out]).toEqual([22, one.out]);
  expect(both.err.split("\n")).toMatchObject([
    expect.stringMatching(/^left out: /),
    expect.stringMatching(/^claw: 127\.0\.0\.1:1 did not answer/),
    expect.stringMatching(/^ {2}try again later/),
    "",
  ]);
});
