import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Manifest, manifestSchema, readManifest } from "../../src/policy/manifest.ts";
import { maskOf } from "../../src/policy/masks.ts";
import { reaches } from "../../src/policy/sandbox-level.ts";
import { offeredPolicy, type PolicySource, readRoomPolicy, withPolicy } from "../../src/workflows/room-policy.ts";
import { makeRepository, temporary } from "../repo/fixture.ts";

/** A user with these policies, whose second directory is the machine's. */
function source(policies: Readonly<Record<string, string>>): PolicySource {
  const dir = temporary();
  const directories = ["own", "machine"].map((name) => join(dir, name));
  for (const directory of [...directories, join(dir, "home")]) mkdirSync(directory);
  for (const [name, text] of Object.entries(policies)) writeFileSync(join(dir, `${name}.yaml`), text, { mode: 0o600 });
  const variable = (name: string) => ({ LC_ALL: "C", DEPLOY_TOKEN: "x" })[name];
  return { directories, cwd: makeRepository({ a: "" }), userHome: join(dir, "home"), variable };
}
const asked = (policy: string) => ({ policy, hosts: [], seconds: undefined });

test("a policy is found by its name, the user's own before the machine's, with all that it says", async () => {
  const own = `
git: none
read: [/opt]
mask: [secrets/]
env: { STAGE: test }
pass: [LC_ALL, MISSING]
limits: { memoryMiB: 2, nice: 7, diskFloorMiB: 1 }
ptrace: true
unixSockets: false
shmMiB: 1
requires: [cgroup]
`;
  const here = source({ "own/build": own, "machine/build": "workspace: ro\n", "machine/other": "workspace: ro\n" });
  expect(await readRoomPolicy({ ...asked("build"), seconds: 3 }, here)).toEqual({
    hosts: [],
    workspaceMode: "rw",
    hasGit: false,
    mounts: [{ source: "/opt", target: "/opt" }],
    mask: ["secrets/"],
    env: { LC_ALL: "C", STAGE: "test" },
    limits: { memoryBytes: 2 ** 21, niceness: 7, diskFloorBytes: 2 ** 20, wallMs: 3000 },
    egressLimits: {},
    kernel: { ptrace: true, unixSockets: false, requires: ["cgroup"], sharedMemoryBytes: 2 ** 20 },
  });
  expect(await readRoomPolicy(asked("other"), here)).toMatchObject({ workspaceMode: "ro" });
  await expect(readRoomPolicy(asked("biuld"), here)).rejects.toMatchObject({
    message: "there is no sandbox policy called biuld",
    hint: "did you mean build? (for a file of that name: ./biuld)",
  });
});

test("hosts are added to a named policy's on the command line only where it says so", async () => {
  const network = "network: { hosts: ['*.example.org'] }\n";
  const here = source({ "own/closed": network, "own/wide": `${network}cliMayWiden: true\n` });
  const hosts = (policy: string, ...more: string[]) =>
    readRoomPolicy({ ...asked(policy), hosts: more }, here).then((room) => room.hosts);
  expect(await hosts("closed", "a.example.org")).toEqual(["*.example.org", "a.example.org"]);
  expect(await hosts("wide", "other.example.net")).toEqual(["*.example.org", "other.example.net"]);
  await expect(hosts("closed", "a.example.org", "other.example.net")).rejects.toMatchObject({
    message: "the sandbox policy closed does not let --egress add other.example.net:443",
    hint: expect.stringContaining("cliMayWiden: true"),
  });
});

test("what a policy must not show or say is a mistake, not a warning", async () => {
  const here = source({});
  for (const [text, message] of [
    ["read: [/]", "too much of the machine"],
    ["read: [/etc]", "it is the machine's"],
    ["read: [/sys/fs]", "it is the machine's"],
    [`read: ["${here.userHome}"]`, "it is in a home"],
    ["read: [/nonexistent]", "does not exist"],
    ["nested: noproc", "must be refuse: without /proc"],
    ["requires: [cgruop]", "requires.0"],
    ["pass: [NODE_OPTIONS]", "write NODE_OPTIONS into env"],
  ] as const) {
    writeFileSync(join(here.directories[0] ?? "", "p.yaml"), text, { mode: 0o600 });
    await expect(readRoomPolicy(asked("p"), here), text).rejects.toThrow(message);
  }
});

test("a repository can name only what the user offers, and is narrowed by it", async () => {
  const here = source({
    "own/closed": "",
    "own/small":
      "offered: true\nworkspace: ro\nlimits: { memoryMiB: 1, seconds: 60 }\nnetwork: { hosts: [a.example.org] }\n",
  });
  await expect(offeredPolicy("closed", here)).rejects.toThrow(
    "claw.yaml names the sandbox policy closed, and you do not",
  );
  const manifest = readManifest("sandbox: { policy: small }\n");
  const plan = { purpose: "suite", dir: "/d", tree: "t", dependencies: [], limits: { wallMs: 1000 } };
  const desk = { manifest, policies: here };
  expect(await withPolicy(desk, { ...plan, hosts: ["a.example.org"] })).toMatchObject({
    workspaceMode: "ro",
    hosts: ["a.example.org"],
    limits: { memoryBytes: 2 ** 20, wallMs: 1000 },
  });
  await expect(withPolicy(desk, { ...plan, hosts: ["b.example.org"] })).rejects.toThrow(
    "does not let commands reach it",
  );
  const install = { ...plan, purpose: "install", hosts: ["b.example.org"] };
  const masked = source({
    "own/small": "offered: true\nmask: [secrets/]\nrequires: [cgroup]\nlimits: { seconds: 1 }\n",
  });
  expect(await withPolicy({ manifest, policies: masked }, install)).toEqual({
    ...install,
    mask: ["secrets/"],
    kernel: { requires: ["cgroup"] },
  });
});

test("no key of claw.yaml's sandbox widens what a room has without it", async () => {
  const here = source({ "own/closed": "ptrace: true\n", "own/open": "offered: true\nworkspace: ro\ngit: none\n" });
  const usual = { hosts: [], purpose: "suite", dir: "/d", tree: "t", dependencies: [] };
  const furnished = (text: string) => withPolicy({ manifest: readManifest(text), policies: here }, usual);
  const isHidden = (text: string): boolean =>
    maskOf(".env", { repository: readManifest(text).sandbox.mask, shows: [] }) !== null;
  const narrows: Readonly<Record<keyof Manifest["sandbox"], () => Promise<void>>> = {
    async level() {
      for (const level of ["standard", "complete"] as const)
        expect(reaches(readManifest(`sandbox: { level: ${level} }`).sandbox.level, ["cgroup"])).toBe(
          level === "standard",
        );
      expect(() => readManifest("sandbox: { level: none }")).toThrow("sandbox.level");
    },
    async policy() {
      await expect(furnished("sandbox: { policy: closed }")).rejects.toThrow("you do not offer it");
      for (const path of ["/etc/p.yaml", "../p.yaml", "./p.yaml"])
        expect(() => readManifest(`sandbox: { policy: ${path} }`)).toThrow("must be the name of a policy");
      expect(await furnished("sandbox: { policy: open }")).toMatchObject({ workspaceMode: "ro", hasGit: false });
    },
    async mask() {
      for (const rules of ['["!**"]', '["!.env"]', '["**", "!**"]', '[".env", "!.env"]', "[other]"])
        expect([rules, isHidden(`sandbox: { mask: ${rules} }`)]).toEqual([rules, true]);
    },
  };
  const known = manifestSchema() as { properties: { sandbox: { properties: object } } };
  expect(Object.keys(known.properties.sandbox.properties)).toEqual(Object.keys(narrows));
  for (const check of Object.values(narrows)) await check();
  expect(await furnished("")).toEqual(usual);
});

test("a policy that others could put another in place of is refused", async () => {
  const here = source({ "own/p": "" });
  chmodSync(here.directories[0] ?? "", 0o777);
  await expect(readRoomPolicy(asked("p"), here)).rejects.toThrow("is in a directory where others could put another");
});
