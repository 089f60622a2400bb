import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { containerArguments, type ContainerLayout } from "../../src/sandbox/container/arguments.ts";
import { hasOtherIds } from "../../src/sandbox/container/ability.ts";
import { narrowedProfile } from "../../src/sandbox/container/seccomp-profile.ts";
import { examineSandbox } from "../../src/sandbox/examine.ts";
import { openSandbox } from "../../src/sandbox/open.ts";
import type { ContainerChoice, Sandbox, SandboxHost } from "../../src/sandbox/sandbox.ts";
import { limits, MiB } from "./limits.ts";
import { bash, output, workbench } from "./workbench.ts";

const bench = workbench();
const engine: ContainerChoice = { backend: "podman", runtime: "runc" };

/** Can podman start a container with this runtime here at all? */
function podmanWorks(runtime: string): boolean {
  try {
    execFileSync("podman", ["--version"], { stdio: "ignore" });
    execFileSync(runtime, ["--version"], { stdio: "ignore" });
    return process.getuid?.() === 0;
  } catch {
    return false;
  }
}

const layout: ContainerLayout = {
  engine: { backend: "docker", image: "node:24", runtime: "runsc" },
  name: "claw-1",
  policy: { workspace: "/w", workspaceMode: "ro", git: null, mounts: [], env: {}, network: "none", limits },
  root: "/r",
  system: ["/usr"],
  etc: "/e",
  seccomp: null,
  home: "/h",
  tmp: "/t",
  toolchains: ["/opt/node"],
  env: { CI: "1" },
  user: { uid: 1000, gid: 1000 },
  keepsId: false,
  egress: [],
};

test("docker gets the same policy as an image and a runtime, in words that were written down and not run", () => {
  expect(containerArguments(layout).join(" ")).toMatchInlineSnapshot(
    `"run --runtime runsc --detach --name claw-1 --hostname sandbox --network none --read-only --cap-drop all --security-opt no-new-privileges --ipc private --shm-size 67108864 --stop-timeout 0 --user 1000:1000 --pids-limit 4096 --memory 2147483648 --memory-swap 2147483648 --ulimit core=0:0 --ulimit nofile=1024:1024 --ulimit fsize=536870912:536870912 --ulimit nproc=4096:4096 --volume /t:/tmp:rw --volume /h:/home/agent:rw --volume /w:/workspace:ro --tmpfs /workspace/.git:ro,size=4k --env CI=1 --workdir /workspace node:24 /bin/bash -c trap '' CHLD; exec /bin/sleep infinity"`,
  );
});

test("directories above what is hidden are mounted on themselves, which keeps them in their places", () => {
  const mounts = [{ source: "/m", target: "/workspace/a/b/.env", hides: true }];
  const words = containerArguments({ ...layout, policy: { ...layout.policy, workspaceMode: "rw", mounts } });
  expect(words.filter((word) => word.includes("/workspace/a"))).toEqual([
    "/w/a:/workspace/a:rw",
    "/w/a/b:/workspace/a/b:rw",
    "/m:/workspace/a/b/.env:ro",
  ]);
});

test("podman's own profile is narrowed to what every sandbox allows, and gains nothing", () => {
  const own = {
    defaultAction: "SCMP_ACT_ERRNO",
    syscalls: [
      { names: ["read", "clone", "clone3", "unshare", "mount", "ptrace"], action: "SCMP_ACT_ALLOW", args: [] },
      { names: ["bpf"], action: "SCMP_ACT_ERRNO" },
      { names: ["bpf"], action: "SCMP_ACT_ALLOW", includes: { caps: ["CAP_BPF"] } },
    ],
  };
  const narrowed = (ptrace: boolean) => JSON.parse(narrowedProfile(JSON.stringify(own), ptrace));
  const noNamespace = [{ index: 0, value: 0x7e02_0000, valueTwo: 0, op: "SCMP_CMP_MASKED_EQ" }];
  expect(narrowed(false)).toEqual({
    defaultAction: "SCMP_ACT_ERRNO",
    syscalls: [
      { names: ["read"], action: "SCMP_ACT_ALLOW", args: [] },
      { names: ["bpf"], action: "SCMP_ACT_ERRNO" },
      { names: ["clone", "unshare"], action: "SCMP_ACT_ALLOW", args: noNamespace },
      { names: ["clone3"], action: "SCMP_ACT_ERRNO", errnoRet: 38 },
    ],
  });
  expect(narrowed(true).syscalls[0].names).toEqual(["read", "ptrace"]);
});

test("a path that the engine would read as two is refused", () => {
  expect(() => containerArguments({ ...layout, home: "/h:/etc" })).toThrow("has a colon or comma");
});

test("rootless podman keeps the caller's id where that has others to give away, and is told of nobody", () => {
  const podman = { ...layout, engine: { backend: "podman" }, user: null } as const;
  const users = (keepsId: boolean) =>
    containerArguments({ ...podman, keepsId }).filter((word) => word.includes("user"));
  expect([users(true), users(false)]).toEqual([["--userns=keep-id"], []]);
  const file = join(bench.dir, "subuid");
  writeFileSync(file, "ada:100000:65536\n2000:165536:65536\n");
  const has = (uid: number, username: string) => hasOtherIds(file, { uid, username });
  expect([has(1, "ada"), has(2000, ""), has(1, "bob"), hasOtherIds(`${file}x`)]).toEqual([true, true, false, false]);
});

test("gVisor gets no network of its own to look for, and podman is told of it before its command", () => {
  const own = containerArguments({ ...layout, engine: { backend: "podman", runtime: "runsc" } });
  expect(own.slice(0, 4)).toEqual(["--runtime", "runsc", "--runtime-flag=network=none", "run"]);
});

const opened = async (
  files: Record<string, string> = {},
  host: Partial<SandboxHost> = { container: engine },
): Promise<{ box: Sandbox; workspace: string }> => {
  const workspace = bench.workspace(files);
  const tight = { ...limits, idleMs: 1500, diskBytes: 16 * MiB };
  const base = { workspaceMode: "rw", git: null, mounts: [], network: "none", limits: tight } as const;
  const box = await openSandbox({ ...base, workspace, env: { STAGE: "test" } }, { ...bench.host, ...host });
  return { workspace, box };
};

test("where bubblewrap does not hold nothing else is tried unless the user wants it, and all reasons are told", async () => {
  const bwrap = join(bench.dir, "no-bwrap");
  await expect(opened({}, { bwrap })).rejects.toThrow(/no-bwrap\)$/);
  // An engine that is not there, whatever this machine has.
  const absent = { backend: "docker", image: "none", runtime: "absent" } as const;
  await expect(opened({}, { bwrap, fallbacks: [absent] })).rejects.toThrow(/not installed.*; docker /);
});

test("the examination is of the backend that is chosen", async () => {
  const container = { backend: "docker", image: "none", runtime: "absent" } as const;
  expect(await examineSandbox({ ...bench.host, container })).toMatchObject({
    backend: "docker",
    level: "none",
    refusal: { reason: expect.stringContaining("docker") },
  });
});

describe.skipIf(!podmanWorks("runsc"))("gVisor under podman (live)", () => {
  test("commands have a kernel of their own, which is asked for its name before the first of them", async () => {
    const { box } = await opened({ "a.txt": "one\n" }, { container: { backend: "podman", runtime: "runsc" } });
    expect(await output(box, "dmesg | grep -om1 gVisor; cat a.txt; (: > /x) 2>/dev/null || echo closed")).toBe(
      "gVisor\none\nclosed",
    );
    await box.close();
  });
});

describe.skipIf(!podmanWorks("runc"))("a podman container (live)", () => {
  test("takes the place of a bubblewrap that does not hold, where the user wants it, and says so", async () => {
    const { box } = await opened({}, { bwrap: join(bench.dir, "no-bwrap"), fallbacks: [engine] });
    expect({ backend: box.backend, degraded: box.degraded }).toEqual({
      backend: "podman",
      degraded: ["bubblewrap"],
    });
    await box.close();
  });

  const containers = (): string =>
    execFileSync("podman", ["ps", "--all", "--quiet", "--filter", `name=^claw-.*-${process.pid}-`], {
      encoding: "utf8",
    });

  test("runs commands one after the other in one container, contains them, and is removed", async () => {
    const { box, workspace } = await opened({ "a.txt": "one\n" });
    expect(await output(box, "cat a.txt; echo two > a.txt; echo $STAGE; node -p 1+1; pwd")).toBe(
      "one\ntest\n2\n/workspace",
    );
    expect(readFileSync(join(workspace, "a.txt"), "utf8")).toBe("two\n");
    const attempts = [
      `ls ${bench.dir}`,
      "cat /etc/shadow",
      ": > /usr/x",
      ": > /x",
      "exec 3<>/dev/tcp/127.0.0.1/22",
      "grep -qvE '^ *lo:|\\|' /proc/net/dev",
      "mknod n c 1 3",
      "mkdir -p .git/hooks",
      "echo 60 > /proc/sys/vm/swappiness",
      "pgrep -f lef[t]-behind",
    ];
    await bash(box, "exec -a left-behind sleep 100 & echo");
    const trying = attempts.map((attempt, index) => `(${attempt}) >/dev/null 2>&1 && echo ${index}`).join("; ");
    expect((await output(box, `${trying}; true`)).split("\n").filter(Boolean)).toEqual([]);
    expect(await bash(box, "sleep 50", { wallMs: 500 })).toMatchObject({ exitCode: 124, killed: "timeout" });
    expect(await bash(box, "sleep 50")).toMatchObject({ exitCode: 125, killed: "idle" });
    // More than anybody else on this disk gives back meanwhile: free space is what raises the suspicion.
    const filling = "for i in {1..50}; do head -c 40M /dev/zero > /tmp/x$i; sleep 0.1; done";
    expect(await bash(box, filling)).toMatchObject({ exitCode: 125, killed: "disk" });
    expect((await box.exec(["no-such-command"])).exitCode).toBe(127);
    expect((await box.exec(["cat"], { stdin: "in" })).stdout.toString()).toBe("in");
    await output(box, "echo kept > /tmp/kept");
    expect((await box.collect("/tmp/kept", 10))?.toString()).toBe("kept\n");
    await box.close();
    expect(containers()).toBe("");
  });
});
