// Run by the measurement of the sandbox as an ordinary user: does what each line of its input names, and says how many
// milliseconds that took.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { openSandbox } from "../src/sandbox/open.ts";
import { defaultLimits } from "../src/workflows/sandboxes.ts";
import { environment } from "./desk.ts";
import { finish } from "./process.ts";

const dir = mkdtempSync(join(tmpdir(), "claw-bench-user-"));
const workspace = join(dir, "workspace");
mkdirSync(workspace);
writeFileSync(join(workspace, "file"), "x".repeat(4000));
const env = environment(dir);
const policy = { workspace, workspaceMode: "rw", git: null, mounts: [], env: {}, network: "none" } as const;
const host = { path: env["PATH"] ?? "", home: dir, stateDir: join(dir, "state") };
const box = await openSandbox({ ...policy, limits: defaultLimits }, host);
const command = ["/bin/bash", "-c", "true"] as const;
const work: Readonly<Record<string, () => Promise<unknown>>> = {
  bare: () => finish(command[0], command.slice(1), { cwd: workspace, env }),
  claw: () => box.exec(command),
  file: () => box.files?.read("file", 4096) ?? Promise.resolve(),
};
console.log("ready");
for await (const line of createInterface({ input: process.stdin })) {
  const startedAt = performance.now();
  await work[line]?.();
  console.log(performance.now() - startedAt);
}
await box.close();
rmSync(dir, { recursive: true, force: true });
