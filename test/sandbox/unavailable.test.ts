import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { describe, expect, test } from "vitest";
import { SandboxUnavailable, UsageError } from "../../src/errors.ts";
import { openSandbox } from "../../src/sandbox/open.ts";
import type { Sandbox, SandboxPolicy } from "../../src/sandbox/sandbox.ts";
import { limits } from "./limits.ts";
import { output, workbench } from "./workbench.ts";

const bench = workbench();
let count = 0;
const calls = (bwrap: string): string[] => readFileSync(join(bwrap, "../calls"), "utf8").trim().split("\n");

/** A stand-in for bubblewrap, with a state directory of its own. */
function standIn(
  script: string,
  mode = 0o755,
): { bwrap: string; open: (other?: Partial<SandboxPolicy>) => Promise<Sandbox> } {
  const dir = join(bench.dir, `stand-in-${++count}`);
  mkdirSync(dir);
  const bwrap = join(dir, "bwrap");
  writeFileSync(bwrap, `#!/bin/bash\ncd ${dir}\n${script}\n`);
  chmodSync(bwrap, mode);
  const policy = {
    workspace: bench.workspace(),
    workspaceMode: "rw",
    git: null,
    mounts: [],
    env: {},
    network: "none",
    limits,
  } as const;
  const host = { ...bench.host, stateDir: join(dir, "state"), bwrap };
  return { bwrap, open: (other = {}) => openSandbox({ ...policy, ...other }, host) };
}

const version = 'if [ "$*" = --version ]; then echo bubblewrap 0.8.0; exit; fi';

describe("there is no sandbox when bubblewrap", () => {
  test.each([
    ["is set-uid", "exit 0", 0o4755, /set-uid/],
    ["can be replaced by anybody", "exit 0", 0o777, /written by others/],
    ["is not executable", "exit 0", 0o644, /not executable/],
    ["is too old", "echo bubblewrap 0.4.1", 0o755, /too old.*0\.4\.1/],
    ["does not run", "exit 3", 0o755, /does not run/],
    ["fails", `${version}; echo "bwrap: No permissions to create new namespace" >&2; exit 1`, 0o755, /No permissions/],
    ["runs the command bare", `${version}; while [ "$1" != -- ]; do shift; done; shift; "$@"`, 0o755, /does not hold/],
    ["pretends that all went well", `${version}; exit 0`, 0o755, /could not be set up/],
    [
      "leaves out the network namespace",
      `${version}; exec 8< <(tr '\\0' '\\n' <&3 | grep -vx -- --unshare-net | tr '\\n' '\\0'); shift 2; exec -c /usr/bin/bwrap --args 8 "$@"`,
      0o755,
      /loopback is "open", not "closed"/,
    ],
  ])("%s", async (_name, script, mode, message) => {
    const { open } = standIn(script, mode);
    const error = await open().catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(SandboxUnavailable);
    expect((error as SandboxUnavailable).message).toMatch(message);
  });

  test("is not installed, and the hint says how to install it", async () => {
    const missing = { ...bench.host, bwrap: join(bench.dir, "no-bwrap") };
    const policy = {
      workspace: bench.workspace(),
      workspaceMode: "rw",
      git: null,
      mounts: [],
      env: {},
      network: "none",
      limits,
    } as const;
    const error = await openSandbox(policy, missing).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ outcome: "sandbox-unavailable", message: expect.stringContaining("not installed") });
    expect((error as SandboxUnavailable).hint).toMatch(/install .*bubblewrap/);
  });
});

describe("that the sandbox holds", () => {
  const logging = 'echo "$1" >> calls; exec -c /usr/bin/bwrap "$@"';

  test("is shown once, and a warm start runs nothing", async () => {
    const { bwrap, open } = standIn(logging);
    await (await open()).close();
    const cold = calls(bwrap);
    expect(cold).toContain("--version");
    const warm = await open();
    expect(calls(bwrap)).toEqual(cold);
    expect(await output(warm, "echo works")).toBe("works");
    await warm.close();
  });

  test("is not given up, nor less of it taken for all there is, where a busy machine fails once", async () => {
    const { open } = standIn(`${version}; if mkdir once 2>/dev/null; then exit 1; fi; ${logging}`);
    const opened = await open();
    expect(opened.degraded).not.toContain("disable-userns");
    await opened.close();
  });

  test.each([
    ["bubblewrap changed", (bwrap: string) => writeFileSync(bwrap, `${readFileSync(bwrap, "utf8")}# changed\n`)],
    [
      "the proof is of another machine",
      (bwrap: string) =>
        writeFileSync(
          proof(bwrap),
          JSON.stringify({ ...JSON.parse(readFileSync(proof(bwrap), "utf8")), identity: "other" }),
        ),
    ],
    ["the proof cannot be read", (bwrap: string) => writeFileSync(proof(bwrap), "{")],
  ])("is shown again when %s", async (_name, change) => {
    const { bwrap, open } = standIn(logging);
    await (await open()).close();
    const before = calls(bwrap).length;
    expect(existsSync(proof(bwrap))).toBe(true);
    change(bwrap);
    await (await open()).close();
    expect(calls(bwrap).length).toBe(2 * before);
  });
});

test("that it holds is shown for each kind of policy, with its network, variables and mounts, and not for each workspace", async () => {
  const { bwrap, open } = standIn('[ -e broken ] && exit 1; echo "$1" >> calls; exec -c /usr/bin/bwrap "$@"');
  const opened = async (other: Partial<SandboxPolicy>): Promise<number> => {
    const before = calls(bwrap).length;
    await (await open(other)).close();
    return calls(bwrap).length - before;
  };
  const source = bench.workspace({ "a.txt": "" });
  await (await open()).close();
  expect(await opened({ workspace: bench.workspace(), env: {}, limits: { ...limits, processes: 5 } })).toBe(0);
  const kinds: readonly Partial<SandboxPolicy>[] = [
    { workspaceMode: "ro" },
    { env: { STAGE: "test" } },
    { network: { hosts: ["registry.example.org"] } },
    { mounts: [{ source, target: "/shown" }] },
  ];
  for (const kind of kinds) {
    expect(await opened(kind)).toBe(1);
    expect(await opened(kind)).toBe(0);
  }
  writeFileSync(join(bwrap, "../broken"), "");
  await expect(open({ env: { OTHER: "1" } })).rejects.toThrow(SandboxUnavailable);
  await expect(open({ env: { MY_TOKEN: "1" } })).rejects.toThrow(UsageError);
});

const proof = (bwrap: string): string => join(bwrap, "../state/sandbox-proof.json");

test("a sandbox that cannot be set up any more fails instead of running the command bare", async () => {
  const { bwrap, open } = standIn(
    '[ -e broken ] && { echo "bwrap: broken" >&2; exit 1; }; exec -c /usr/bin/bwrap "$@"',
  );
  const sandbox = await open();
  writeFileSync(join(bwrap, "../broken"), "");
  await expect(sandbox.exec(["/bin/true"])).rejects.toThrow(SandboxUnavailable);
  await sandbox.close();
});

test("a sandbox is refused to a worker thread, whose end would end its commands", async () => {
  const module = new URL("../../src/sandbox/open.ts", import.meta.url);
  const worker = new Worker(`import("${module.href}").then(({ openSandbox }) => openSandbox({}, {}))`, { eval: true });
  const [error] = (await once(worker, "error")) as [Error];
  expect(error.message).toBe("a sandbox can be opened on the main thread only");
});
