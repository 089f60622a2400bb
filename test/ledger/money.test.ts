import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { Overdrawn } from "../../src/errors.ts";
import type { Ledger, RunLog } from "../../src/ledger/ledger.ts";
import type { Scope } from "../../src/store/store.ts";
import { failed, replied, requested } from "../support/facts.ts";
import { drivers } from "../support/ledger-drivers.ts";

const day: Scope = { scope: "day:2026-11-21", limit: 100 };
const fleet: Scope = { scope: "fleet:2026-11", limit: null };

async function charged(ledger: Ledger, run: string, scopes: readonly Scope[] = [day, fleet]): Promise<RunLog> {
  const log = await ledger.open(run);
  log.charge(() => scopes);
  return log;
}

const held = async (ledger: Ledger, scope = day.scope) => {
  const [account] = await ledger.accounts([scope]);
  return [account?.spent, account?.reserved];
};

describe.each(drivers)("a ledger in $driver:", ({ ledgerOn }) => {
  test("a request is reserved in every account before it is sent, and settled at what it cost", async () => {
    const { ledger } = await ledgerOn();
    const log = await charged(ledger, "run1");
    await log.append(requested(60));
    expect([await held(ledger), await held(ledger, fleet.scope)]).toEqual([
      [0, 60],
      [0, 60],
    ]);
    await log.append(replied([], { cost: 7 }));
    expect([await held(ledger), await held(ledger, fleet.scope)]).toEqual([
      [7, 0],
      [7, 0],
    ]);
  });

  test.each([
    ["a failure that cost nothing is free again", [requested(60), failed(false)], [0, 0]],
    ["a failure that may be billed counts in full", [requested(60), failed(true)], [60, 0]],
    ["a reply without a price counts as all that was reserved", [requested(60), replied([], { cost: null })], [60, 0]],
    ["a request that a crash left without an answer counts in full", [requested(60), requested(10)], [60, 10]],
    ["the same when the next has no known price", [requested(60), requested(null)], [60, 0]],
    ["two sessions hold one reservation each", [requested(60, "a"), requested(30, "b"), failed(false, "a")], [0, 30]],
    ["a price that was not known before is charged all the same", [requested(null), replied([], { cost: 8 })], [8, 0]],
  ])("%s", async (_, facts, expected) => {
    const { ledger } = await ledgerOn();
    const log = await charged(ledger, "run1");
    for (const fact of facts) await log.append(fact);
    expect(await held(ledger)).toEqual(expected);
  });

  test("what does not fit into one account is reserved in none, and its request is not on record", async () => {
    const { ledger } = await ledgerOn();
    const log = await charged(ledger, "run1", [fleet, day]);
    await log.append(requested(60));
    await log.append(replied([], { cost: 50 }));
    await expect(log.append(requested(51))).rejects.toThrow(Overdrawn);
    expect([await held(ledger), await held(ledger, fleet.scope)]).toEqual([
      [50, 0],
      [50, 0],
    ]);
    expect((await ledger.read("run1")).events).toHaveLength(2);
    // The writer is unharmed: the last dollar can still be spent.
    await log.append(requested(50));
    expect(await held(ledger)).toEqual([50, 50]);
  });

  test("of many runs that want the last dollar at once only those get it that fit", async () => {
    const { ledger } = await ledgerOn();
    const logs = await Promise.all(Array.from({ length: 12 }, (_, index) => charged(ledger, `run${index}`)));
    const asked = await Promise.allSettled(logs.map((log) => log.append(requested(30))));
    expect(asked.filter(({ status }) => status === "fulfilled")).toHaveLength(3);
    expect(await held(ledger)).toEqual([0, 90]);
  });

  test("what was aborted on the way counts as spent once its writer gives the run up", async () => {
    const { ledger } = await ledgerOn();
    const log = await charged(ledger, "run1");
    await log.append(requested(60));
    await log.close();
    expect(await held(ledger)).toEqual([60, 0]);
  });

  test("what a killed process had reserved counts as spent, and is never set aside for ever", async () => {
    const { file, ledger } = await ledgerOn();
    const spender = fileURLToPath(new URL("../support/spender.ts", import.meta.url));
    const child = spawn(process.execPath, [spender, file, "run1", day.scope, "60"], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    onTestFinished(() => void child.kill("SIGKILL"));
    await once(child.stdout, "data");
    expect(await held(ledger)).toEqual([0, 60]);
    child.kill("SIGKILL");
    await once(child, "exit");
    expect(await held(ledger)).toEqual([60, 0]);
  });
});
