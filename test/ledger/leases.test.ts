import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, chownSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { Fenced } from "../../src/errors.ts";
import { keepAlive } from "../../src/ledger/heartbeat.ts";
import { orphans, ownedName } from "../../src/ledger/owned-name.ts";
import { isAbandoned, LEASE_MS, thisProcess } from "../../src/ledger/owner.ts";
import type { Lease } from "../../src/store/store.ts";
import { drivers } from "../support/ledger-drivers.ts";
import { ledgerFile, stage } from "../support/ledger-file.ts";
import { temporaryDirectory } from "../support/temporary.ts";

const writer = fileURLToPath(new URL("../support/ledger-writer.ts", import.meta.url));

async function otherWriter(...args: readonly string[]): Promise<ChildProcess> {
  const child = spawn(process.execPath, [writer, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  await once(child.stdout ?? child, "data");
  return child;
}

/** What a process of this file's host writes as the owner of a run. */
const ownerOf = ({ pid }: ChildProcess, started: string): string => `${hostname()} ${pid} ${started}`;

test("a run may be taken from the dead at once, from others when their lease is over, from the living here never", async () => {
  const child = spawn("sleep", ["60"]);
  onTestFinished(() => void child.kill("SIGKILL"));
  const started = readFileSync(`/proc/${child.pid}/stat`, "utf8").split(") ").at(-1)?.split(" ")[19] ?? "";
  const mayTake = (owner: string, until: number): boolean => isAbandoned({ owner, until }, 1000);
  const here = ownerOf(child, started);
  expect([mayTake(here, 999), mayTake(here, 1001), mayTake(ownerOf(child, "1"), 1001)]).toEqual([false, false, true]);
  expect([mayTake("elsewhere 1 1", 999), mayTake("elsewhere 1 1", 1001), mayTake("elsewhere 1 1", 0)]).toEqual([
    true,
    false,
    false,
  ]);
  child.kill("SIGSTOP");
  await expect.poll(() => mayTake(here, 999)).toBe(true);
  expect(mayTake(here, 1001)).toBe(false);
  child.kill("SIGKILL");
  await once(child, "exit");
  expect(mayTake(here, 1001)).toBe(true);
});

describe.each(drivers)("a ledger in $driver:", ({ ledgerOn }) => {
  test("a writer that was stopped past its lease is fenced off when it wakes, and knows of it", async () => {
    const { ledger, store } = await ledgerOn();
    const log = await ledger.open("run1");
    await log.append(stage(1));
    const taken = await store.claim("run1", { owner: "elsewhere 1 1", until: 1, mayTake: () => true });
    await expect(log.append(stage(2))).rejects.toThrow(Fenced);
    await log.close();
    expect(await store.owner("run1")).toEqual({ owner: "elsewhere 1 1", until: 1 });
    expect((await ledger.read("run1")).events).toHaveLength(1);
    await store.release(taken as Lease);
    expect((await ledger.open("run1")).events).toHaveLength(1);
  });

  test("a heartbeat puts the end of the lease off, and tells when somebody else has the run", async () => {
    const { store } = await ledgerOn();
    const mine = { owner: thisProcess(), until: 1, mayTake: () => true };
    const lease = (await store.claim("run1", mine)) as Lease;
    const heart = keepAlive(store, systemClock, { lease, since: systemClock.now(), everyMs: 5 });
    onTestFinished(() => heart.stop());
    await expect.poll(async () => (await store.owner("run1"))?.until).toBeGreaterThan(systemClock.now() + LEASE_MS / 2);
    expect(heart.lost.aborted).toBe(false);
    await store.claim("run1", { owner: "elsewhere 1 1", until: 1, mayTake: () => true });
    await expect.poll(() => heart.lost.aborted).toBe(true);
    expect(heart.lost.reason).toBeInstanceOf(Fenced);
  });
});

test("a run whose process was killed is abandoned; one that is written, rests or is over is not, and is not held", async () => {
  const { file, ledger, store } = await ledgerFile();
  const end = { reason: "", hint: "" };
  const ended = await ledger.open("over");
  await ended.append({ type: "run.ended", outcome: "done", ...end });
  await ledger.open("mine");
  const children = await Promise.all(
    ["left", "empty"].map((run) => otherWriter(file, run, run === "left" ? "2" : "0", "hold")),
  );
  expect(await ledger.abandoned()).toEqual([]);
  for (const child of children) child.kill("SIGKILL");
  await Promise.all(children.map((child) => once(child, "exit")));
  expect(await ledger.abandoned()).toEqual(["left"]);
  expect((await store.held()).map(({ run }) => run)).toEqual(["left", "mine", "over"]);
});

test("what a killed process left under its name is found, what the living have is not", async () => {
  const dir = temporaryDirectory();
  const mine = `${ownedName("view-")}abc`;
  const gone = mine.replace(`view-${process.pid}.`, "view-4194303.");
  for (const name of [mine, gone, "view-other", `${gone.replace(hostname(), "elsewhere")}`]) mkdirSync(join(dir, name));
  expect(await orphans(dir, "view-")).toEqual([join(dir, gone)]);
  expect(await orphans(join(dir, "none"), "")).toEqual([]);
  expect(readdirSync(dir)).toHaveLength(4);
});

test.runIf(process.getuid?.() === 0)(
  "what was lent to another user is found in a directory of our own, and not where others may write",
  async () => {
    const dir = temporaryDirectory();
    const lent = join(dir, ownedName("run-").replace(`run-${process.pid}.`, "run-4194303.") + "x");
    mkdirSync(lent);
    chownSync(lent, 4321, 4321);
    chmodSync(dir, 0o700);
    expect(await orphans(dir, "run-")).toEqual([lent]);
    chmodSync(dir, 0o1777);
    expect(await orphans(dir, "run-")).toEqual([]);
  },
);

test("a process of another machine or container of the same name is elsewhere, one from before a reboot is gone", () => {
  const [host = "", pid, started] = thisProcess().split(" ");
  const [name, space = ""] = host.split("#");
  const [machine, boot, processes] = space.split(".");
  const taken = (place: string, until: number): boolean =>
    isAbandoned({ owner: `${name}#${place} ${pid} 1`, until }, 1000);
  expect(isAbandoned({ owner: `${host} ${pid} ${started}`, until: 999 }, 1000)).toBe(false);
  expect(taken(space, 1001)).toBe(true);
  for (const place of [`${machine}.${boot}.0000`, `ffff.${boot}.${processes}`, `ffff.0000.${processes}`])
    expect([taken(place, 1001), taken(place, 999)], place).toEqual([false, true]);
  expect(taken(`${machine}.0000.${processes}`, 1001)).toBe(machine !== "");
});

test("a writer whose database does not answer any more knows before its lease is over", async () => {
  let now = 0;
  const clock = { ...systemClock, now: () => now };
  const lease = { run: "run1", owner: "me", fence: 1 };
  const heart = keepAlive({ renew: () => new Promise(() => {}) }, clock, { lease, since: 0, everyMs: 5 });
  onTestFinished(() => heart.stop());
  now = (LEASE_MS * 2) / 3 + 1;
  await expect.poll(() => heart.lost.aborted).toBe(true);
});
