import { z } from "zod";
import { SandboxUnavailable } from "../../errors.ts";
import type { EgressFact } from "../../sandbox/sandbox.ts";
import { printableLine } from "../../text.ts";
import { command } from "../command.ts";
import { numberOption } from "../number-option.ts";

/** The exit code of a sandbox that refuses: a script can tell it from a command that failed. */
const REFUSED = 126;

export const sandbox = command({
  arguments: "<command...>",
  options: [
    ["--policy <name|file>", "what the command may see, reach and use: <name>.yaml of yours, or a file"],
    ["--egress <host...>", "hosts it may reach over TLS: host, host:port or *.suffix (default: none)"],
    ["--timeout <seconds>", "most time (default: 600)"],
  ],
  more: `Runs a command on a private copy of HEAD of the current repository, as a session of a run would. What it writes is
thrown away. It has no standard input and no network, unless hosts are named: those it reaches through a proxy that lets
TLS to exactly them pass, and says on standard error what it refused.

A policy is found by its name as sandboxes/<name>.yaml beside config.yaml or in /etc/claw. It lies outside the repository,
is writable by its owner only, and may hold:
  workspace: ro                                            # default rw
  git: none                                                # default private: a disposable one
  network: { hosts: [api.example.org], uploadMiB: 1 }
  cliMayWiden: true                                        # --egress may add hosts; default false
  read: [/opt/data]                                        # shown read-only
  mask: [secrets/, "!.npmrc"]                              # committed files found empty, or with "!" shown after all
  env: { STAGE: test, NODE_OPTIONS: --max-old-space-size=4096 }
  pass: [LC_ALL]                                           # variables of yours
  limits: { seconds: 60, idleSeconds: 20, memoryMiB: 512, processes: 64, openFiles: 256, fileMiB: 64, diskMiB: 256,
            diskFloorMiB: 1024, outputMiB: 16, nice: 10 }
  ptrace: true                                             # debuggers; default false
  unixSockets: false                                       # default true
  shmMiB: 256                                              # size of /dev/shm; default 64
  requires: [cgroup]                                       # else nothing runs; names as claw doctor sandbox has them
  offered: true                                            # claw.yaml and role files may name it

Examples:
  claw sandbox -- npm test
  claw sandbox --timeout 30 -- bash -c 'env; id; ls -la ~'
  claw sandbox --policy strict -- npm test
  claw sandbox --egress registry.npmjs.org -- npm view zod version

Exit codes: the command's own; 128+n for signal n; 124 out of time; 125 another limit; 126 no sandbox; 127 no such command`,
  passThrough: true,
  input: z.object({
    command: z.array(z.string()).min(1, "is missing"),
    policy: z.string().min(1, "must not be empty").optional(),
    egress: z.array(z.string()).default([]),
    timeout: numberOption({ min: 1, max: 86_400 }),
  }),
  async run({ command: argv, policy, egress, timeout }, { app, cwd, bytes, err, signal }) {
    const [{ inPrivateRoom }, { readRoomPolicy }] = await Promise.all([
      import("../../workflows/private-room.ts"),
      import("../../workflows/room-policy.ts"),
    ]);
    const onEgress = async (fact: EgressFact): Promise<void> => {
      if (fact.kind === "judged" && fact.verdict === "deny") err(`claw-sandbox: no way to ${fact.host}: ${fact.rule}`);
      if (fact.kind === "ended" && fact.why !== "closed") err(`claw-sandbox: cut off from ${fact.host}: ${fact.why}`);
    };
    const opened = await app();
    const house = await opened.house(cwd);
    const source = { ...house.policies, userHome: house.userHome, cwd };
    const room = await readRoomPolicy({ policy, hosts: egress, seconds: timeout }, source);
    try {
      return await inPrivateRoom(house, { cwd, room: { ...room, onEgress } }, async ({ sandbox: box, masked }) => {
        if (masked.length > 0)
          err(
            `claw-sandbox: hidden from the command: ${masked.map(printableLine).join(", ")}; git knows one commit, in which they are empty`,
          );
        if (box.degraded.length > 0) err(`claw-sandbox: not enforced on this machine: ${box.degraded.join(", ")}`);
        const { exitCode, killed } = await box.exec(argv, { merge: true, signal, onOutput: bytes });
        if (killed) err(`claw-sandbox: stopped (${killed})`);
        return exitCode;
      });
    } catch (error) {
      if (!(error instanceof SandboxUnavailable)) throw error;
      err(`claw-sandbox: ${error.message}\n  ${error.hint}`);
      return REFUSED;
    }
  },
});
