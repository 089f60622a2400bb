import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { Fenced } from "../../src/errors.ts";
import { drivers } from "../support/ledger-drivers.ts";
import { recordRun, stage } from "../support/ledger-file.ts";

const writer = fileURLToPath(new URL("../support/ledger-writer.ts", import.meta.url));

/** A process that writes a run; resolves once it has written what it was asked to. */
async function otherProcess(...args: readonly string[]): Promise<ChildProcess> {
  const child = spawn(process.execPath, [writer, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  await once(child.stdout ?? child, "data");
  return child;
}

describe.each(drivers)("a ledger in $driver:", ({ driver, ledgerOn }) => {
  // Four processes; where all writers share one lock, each has four of them.
  const each = driver === "SQLite" ? 4 : 1;
  const many = 4 * each;

  test("a second writer is fenced off while the first process lives, and takes over once that was killed", async () => {
    const { file, ledger } = await ledgerOn();
    const child = await otherProcess(file, "run1", "3", "hold");
    await expect(ledger.open("run1")).rejects.toThrow(Fenced);
    expect(await ledger.active("run1")).toBe(true);
    expect((await ledger.read("run1")).events).toHaveLength(3);

    child.kill("SIGKILL");
    await once(child, "exit");
    expect(await ledger.active("run1")).toBe(false);
    const log = await ledger.open("run1");
    await log.append(stage("after"));
    expect((await ledger.read("run1")).events.map((event) => "stage" in event && event.stage)).toEqual([
      "stage 0",
      "stage 1",
      "stage 2",
      "stage after",
    ]);
  });

  test("a run given up by its writer is free for the next, at once", async () => {
    const { ledger } = await ledgerOn();
    await recordRun(ledger, "run1", 2);
    const log = await ledger.open("run1");
    expect(log.events).toHaveLength(2);
  });

  test("a run whose chain is broken is not kept by the one who found out", async () => {
    const { ledger, store, tamper } = await ledgerOn();
    await recordRun(ledger, "run1", 2);
    await tamper("UPDATE events SET body = '{}' WHERE seq = 1");
    await expect(ledger.open("run1")).rejects.toThrow("event 1 of run run1");
    expect(await store.owner("run1")).toBeNull();
  });

  test("of two writers with the same head, the second cannot write any more", async () => {
    const { ledger } = await ledgerOn();
    const [one, other] = [await ledger.open("run1"), await ledger.open("run1")];
    await one.append(stage("one"));
    await expect(other.append(stage("other"))).rejects.toThrow(Fenced);
    await expect(other.append(stage("again"))).rejects.toThrow(Fenced);
    await one.append(stage("two"));
    expect((await ledger.read("run1")).events).toEqual(one.events);
    expect(one.events).toHaveLength(2);
  });

  test("what a fenced writer had staged does not get in with anything", async () => {
    const { ledger, store } = await ledgerOn();
    const [one, other] = [await ledger.open("run1"), await ledger.open("run1")];
    await one.append(stage("one"));
    const sha = other.put("a body");
    await expect(other.append(stage("other"))).rejects.toThrow(Fenced);
    expect(await store.blob(sha)).toBeNull();
  });

  test(`${many} writers in 4 processes that append at the same time lose nothing, and what they wrote verifies`, async () => {
    const { file, ledger, store } = await ledgerOn();
    const runs = Array.from({ length: many }, (_, index) => `run${String(index).padStart(2, "0")}`);
    const shares = Array.from({ length: 4 }, (_, nth) => runs.slice(nth * each, (nth + 1) * each).join());
    const children = shares.map((share) =>
      spawn(process.execPath, [writer, file, share, "20"], { stdio: ["ignore", "ignore", "inherit"] }),
    );
    const codes = await Promise.all(children.map(async (child) => (await once(child, "exit"))[0] as number));
    expect(codes).toEqual(shares.map(() => 0));
    for (const run of runs) expect((await ledger.read(run)).events).toHaveLength(20);
    expect((await store.anchors()).map(({ run }) => run).sort()).toEqual(runs);
    expect(await ledger.audit()).toMatchObject({ runs: many, events: 20 * many, anchors: many, findings: [] });
    expect(await store.held()).toEqual([]);
  });
});
