import { existsSync, mkdirSync, readdirSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { findCgroupPlace } from "../../src/sandbox/cgroup.ts";
import { limits, MiB } from "./limits.ts";
import { bash, output, workbench } from "./workbench.ts";

const bench = workbench();
const place = findCgroupPlace();
const groups = (): string[] =>
  readdirSync(place?.parents.pids ?? "/").filter((name) => name.split(".")[2] === String(process.pid));

test("with version 2 the nearest group at or above claw's own is taken that hands both controllers down", () => {
  const root = join(bench.dir, "cgroups");
  const group = (path: string, handsDown: string): void => {
    mkdirSync(join(root, path), { recursive: true });
    writeFileSync(join(root, path, "cgroup.subtree_control"), handsDown);
    writeFileSync(join(root, path, "cgroup.procs"), "");
  };
  group("/", "cpu io memory pids\n");
  group("user.slice", "memory pids\n");
  group("user.slice/app", "pids\n");
  group("user.slice/app/claw.scope", "\n");
  const found = (own: string) => findCgroupPlace(root, `0::${own}\n`);
  const at = (path: string) => ({ version: 2, parents: { memory: path, pids: path } });
  expect(found("/user.slice/app/claw.scope")).toEqual(at(join(root, "user.slice")));
  expect(found("/")).toEqual(at(join(root, "/")));
  expect(found("/elsewhere")).toEqual(at(join(root, "/")));
  group("/", "cpu\n");
  expect(found("/elsewhere")).toBe(null);
});

describe.runIf(place !== null)("where control groups can be made", () => {
  test("nothing is missing from the sandbox, each has a group of its own, and none is left when it is closed", async () => {
    const before = groups();
    const boxes = [await bench.open(), await bench.open()];
    expect(boxes.map(({ degraded }) => degraded)).toEqual([[], []]);
    expect(groups().length).toBe(before.length + 2);
    await Promise.all(boxes.map((box) => box.close()));
    expect(groups()).toEqual(before);
  });

  test("files in memory count, which no limit of a process sees, and the reason says so", async () => {
    const box = await bench.open({ limits: { ...limits, memoryBytes: 32 * MiB } });
    const result = await bash(box, "head -c 60M /dev/zero > /dev/shm/file; echo survived");
    expect({ killed: result.killed, exitCode: result.exitCode }).toEqual({ killed: "memory", exitCode: 125 });
    expect(await output(box, "echo again")).toBe("again");
  });

  test("threads are held to their limit by the kernel, whoever looks away meanwhile", async () => {
    const box = await bench.open({ limits: { ...limits, processes: 4 } });
    const threads = `import threading, time
made = 0
try:
    for n in range(200):
        threading.Thread(target=time.sleep, args=(5,), daemon=True).start()
        made += 1
finally:
    print(made, flush=True)
    time.sleep(5)`;
    const result = await box.exec(["python3", "-c", threads]);
    expect(result.killed).toBe("processes");
    expect(Number(result.stdout.toString("utf8").trim() || 0)).toBeLessThan(64);
  });

  test("what a killed claw left goes with the next sandbox", async () => {
    const parent = place?.parents.pids ?? "";
    await (await bench.open()).close();
    const box = await bench.open();
    const mine = groups()[0]?.split(".") ?? [];
    const left = join(parent, [...mine.slice(0, 2), "4194303", "left"].join("."));
    mkdirSync(left);
    onTestFinished(() => {
      if (existsSync(left)) rmdirSync(left);
    });
    await bench.open();
    expect(existsSync(left)).toBe(false);
    await box.close();
  });
});
