// Run as a program of its own, to be killed while its command runs.
import { homedir } from "node:os";
import { join } from "node:path";
import { openSandbox } from "../../src/sandbox/open.ts";
import { limits } from "./limits.ts";

const [dir = "", workspace = "", marker = ""] = process.argv.slice(2);
const policy = { workspace, workspaceMode: "rw", git: null, mounts: [], env: {}, network: "none", limits } as const;
const sandbox = await openSandbox(policy, { path: "/usr/bin", home: homedir(), stateDir: join(dir, "state") });
await sandbox.exec(["/bin/bash", "-c", `touch /tmp/started; exec -a ${marker} sleep 600`]);
