import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import type { ExecResult, Limits, SandboxPolicy } from "../../src/sandbox/sandbox.ts";
import { limits, MiB } from "./limits.ts";
import { bash, output, processesWith, workbench } from "./workbench.ts";

const bench = workbench();
const word = (name: string): string => `marked-${name}-${process.pid}`;

async function limited(
  narrower: Partial<Limits>,
  script: string,
  policy: Partial<SandboxPolicy> = {},
): Promise<ExecResult> {
  return bash(await bench.open({ ...policy, limits: { ...limits, ...narrower } }), script);
}

describe("a command is ended", () => {
  const cases: readonly [
    name: string,
    killed: ExecResult["killed"],
    exitCode: number,
    limits: Partial<Limits>,
    script: string,
  ][] = [
    [
      "when its time is over, whatever it thinks of signals",
      "timeout",
      124,
      { wallMs: 400 },
      "trap '' TERM INT HUP; sleep 60 & wait; sleep 60",
    ],
    ["when it neither says nor computes anything", "idle", 125, { idleMs: 300 }, "sleep 60"],
    ["when it floods its output", "output", 125, { outputKillBytes: 8 * MiB }, "cat /dev/zero"],
    [
      "when it starts too many processes",
      "processes",
      125,
      { processes: 40 },
      "for n in {1..200}; do sleep 60 & done; wait",
    ],
    [
      "when a fork bomb goes off",
      "processes",
      125,
      { processes: 100 },
      "bomb() { sleep 0.05; bomb & bomb & }; bomb; sleep 60",
    ],
    [
      "when its processes together take too much memory",
      "memory",
      125,
      { memoryBytes: 100 * MiB },
      "for n in 1 2 3; do (held=$(head -c 40M /dev/zero | tr '\\0' x); sleep 60; :) & done; wait",
    ],
    [
      "when it fills the disk",
      "disk",
      125,
      { diskBytes: 16 * MiB },
      "head -c 64M /dev/zero > big; touch -d 2001-01-01 big; sleep 60",
    ],
    [
      "when it fills the disk below /tmp",
      "disk",
      125,
      { diskBytes: 16 * MiB },
      "head -c 64M /dev/zero > /tmp/big; sleep 60",
    ],
    ["when the disk is nearly full, whoever filled it", "disk-floor", 125, { diskFloorBytes: 2 ** 60 }, "sleep 60"],
  ];
  test.each(cases)("%s", async (_name, killed, exitCode, narrower, script) => {
    const result = await limited(narrower, script);
    expect({ killed: result.killed, exitCode: result.exitCode }).toEqual({ killed, exitCode });
    expect(result.ms).toBeLessThan(20_000);
  });
});

test("a command that says something, or computes in silence, is not idle", async () => {
  const sandbox = await bench.open({ limits: { ...limits, idleMs: 400 } });
  const [talking, computing] = await Promise.all([
    bash(sandbox, "for n in 1 2 3 4 5 6; do sleep 0.15; echo $n; done"),
    bash(sandbox, "end=$((${EPOCHREALTIME/./} + 900000)); while ((${EPOCHREALTIME/./} < end)); do :; done"),
  ]);
  expect([talking.killed, computing.killed]).toEqual([null, null]);
});

test("one gigabyte of output is cut and ended, and the ends of what came are kept", async () => {
  const result = await limited({ outputBytes: 4096, outputKillBytes: 4 * MiB }, "echo begin; yes | head -c 1G");
  expect(result).toMatchObject({ killed: "output", truncated: true });
  expect(result.stdout.length).toBeLessThan(4096 + 100);
  expect(result.stdout.toString("utf8")).toMatch(/^begin\ny\n[^]*\[… \d+ bytes left out …\][^]*y\n?$/);
  expect(result.bytes).toBeGreaterThan(4 * MiB);
  expect(result.bytes).toBeLessThan(16 * MiB);
});

test("memory that processes share counts once", async () => {
  const script = "held=$(head -c 40M /dev/zero | tr '\\0' x); for n in 1 2 3 4 5; do (sleep 0.4; :) & done; wait";
  const result = await limited({ memoryBytes: 150 * MiB }, script);
  expect({ killed: result.killed, exitCode: result.exitCode, stderr: result.stderr.toString("utf8") }).toEqual({
    killed: null,
    exitCode: 0,
    stderr: "",
  });
});

test("what others write to the disk meanwhile is not held against the command", async () => {
  const other = await bench.open();
  const sandbox = await bench.open({ limits: { ...limits, diskBytes: 16 * MiB } });
  const running = bash(sandbox, "until [ -e done ]; do sleep 0.05; done; sleep 0.3", { wallMs: 20_000 });
  await output(other, "head -c 64M /dev/zero > big; sync big; sleep 0.4");
  await bash(sandbox, "touch done");
  expect(await running).toMatchObject({ killed: null, exitCode: 0 });
});

test("limits of each process are the kernel's", async () => {
  const sandbox = await bench.open({ limits: { ...limits, openFiles: 99, fileBytes: MiB } });
  expect(await output(sandbox, "ulimit -Hn; ulimit -Hc; ulimit -n 1000 2>/dev/null || echo kept")).toBe("99\n0\nkept");
  expect((await bash(sandbox, "head -c 2M /dev/zero > big")).exitCode).not.toBe(0);
});

test("daemons do not outlive their command", async () => {
  const daemon = word("daemon");
  const start = `setsid bash -c 'exec -a ${daemon} sleep 600' > /dev/null 2>&1 < /dev/null &`;
  const script = (count: number): string =>
    `(for n in {1..${count}}; do ${start} done); until [ $(grep -la ^${daemon} /proc/[0-9]*/cmdline | wc -l) = ${count} ]; do :; done`;
  const outside = spawn("/bin/bash", ["-c", script(1)], { stdio: "ignore" });
  await once(outside, "exit");
  const survivors = processesWith(daemon);
  for (const pid of survivors) process.kill(pid, "SIGKILL");
  expect(survivors.length, "without the sandbox").toBeGreaterThan(0);
  await expect.poll(() => processesWith(daemon)).toEqual([]);

  expect((await limited({}, script(150))).exitCode).toBe(0);
  expect(processesWith(daemon)).toEqual([]);
});

test("an aborted command is gone with all its processes, and the promise rejects with the reason", async () => {
  const sandbox = await bench.open();
  const marker = word("abort");
  const stop = new AbortController();
  const running = bash(sandbox, `(setsid bash -c 'exec -a ${marker} sleep 600' &); exec -a ${marker} sleep 600`, {
    signal: stop.signal,
  });
  running.catch(() => undefined);
  await expect.poll(() => processesWith(marker).length).toBeGreaterThanOrEqual(2);
  stop.abort(new Error("no longer wanted"));
  await expect(running).rejects.toThrow("no longer wanted");
  expect(processesWith(marker)).toEqual([]);
  await expect(bash(sandbox, "true", { signal: stop.signal })).rejects.toThrow("no longer wanted");
});

test("a command aborted while it is being started leaves nothing behind", async () => {
  const workspace = bench.workspace();
  const sandbox = await bench.open({ workspace });
  const marker = word("early");
  for (let delay = 0; delay < 12; delay += 1) {
    const stop = AbortSignal.timeout(delay);
    await expect(bash(sandbox, `exec -a ${marker} sleep 600`, { signal: stop })).rejects.toThrow(
      "aborted due to timeout",
    );
  }
  expect(processesWith(marker)).toEqual([]);
});

test("a process that ended is nobody's any more, however many a sandbox has had", async () => {
  const sandbox = await bench.open();
  for (let n = 0; n < 3; n += 1) await bash(sandbox, "(sleep 0.01 &); true");
  const children = (pid: string): string[] =>
    readFileSync(`/proc/${pid}/task/${pid}/children`, "latin1").match(/\d+/g) ?? [];
  const keepers = children(`${process.pid}`).flatMap((pid) => children(pid));
  expect(keepers.length).toBeGreaterThan(0);
  await expect.poll(() => keepers.flatMap(children)).toEqual([]);
});

test("closing ends what runs, and removes home, /tmp and mount points", async () => {
  const workspace = bench.workspace();
  const sandbox = await bench.open({ workspace });
  const marker = word("close");
  const running = bash(
    sandbox,
    `mkdir /tmp/locked; touch /tmp/locked/file; chmod 000 /tmp/locked; exec -a ${marker} sleep 600`,
  );
  await expect.poll(() => processesWith(marker).length).toBeGreaterThan(0);
  await sandbox.close();
  expect(await running).toMatchObject({ killed: "abort", exitCode: 137 });
  expect(processesWith(marker)).toEqual([]);
  expect(readdirSync(workspace)).toEqual([]);
  await expect(bash(sandbox, "true")).rejects.toThrow("closed");
});

test("when claw itself is killed, its commands die with it, and the next start sweeps what they left", async () => {
  const marker = word("orphan");
  const claw = spawn(
    process.execPath,
    [fileURLToPath(new URL("./sleeping-parent.ts", import.meta.url)), bench.dir, bench.workspace(), marker],
    { stdio: "ignore" },
  );
  await expect
    .poll(() => processesWith(`exec -a ${marker}`).length > 0 || processesWith(marker).length > 1, { timeout: 20_000 })
    .toBe(true);
  const boxes = (): string[] =>
    readdirSync(join(bench.dir, "state/boxes")).filter((name) => name.split(".")[2] === String(claw.pid));
  await expect
    .poll(() => boxes().some((name) => existsSync(join(bench.dir, "state/boxes", name, "tmp/started"))))
    .toBe(true);
  claw.kill("SIGKILL");
  await once(claw, "exit");
  await expect.poll(() => processesWith(marker)).toEqual([]);
  expect(boxes().length).toBe(1);
  await bench.open();
  expect(boxes()).toEqual([]);
});
