// Run as a program of its own, started with descriptors it does not know of.
import { execFileSync } from "node:child_process";
import { homedir } from "node:os";
import { join } from "node:path";
import { openSandbox } from "../../src/sandbox/open.ts";
import { limits } from "./limits.ts";

const [mode, dir = "", workspace = ""] = process.argv.slice(2);
const script = "for n in /proc/self/fd/*; do [ -d $n/. ] && ls $n/ 2>/dev/null; done; true";

if (mode === "bare") {
  console.log(execFileSync("/bin/bash", ["-c", script], { encoding: "utf8" }));
} else {
  const policy = { workspace, workspaceMode: "rw", git: null, mounts: [], env: {}, network: "none", limits } as const;
  const sandbox = await openSandbox(policy, { path: "/usr/bin", home: homedir(), stateDir: join(dir, "state") });
  console.log((await sandbox.exec(["/bin/bash", "-c", script])).stdout.toString("utf8"));
  await sandbox.close();
}
