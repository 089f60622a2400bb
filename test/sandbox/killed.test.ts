import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const script = fileURLToPath(new URL("../../scripts/kill-sandbox.ts", import.meta.url));

test("whenever a process that works in sandboxes is killed, nothing of them is left", () => {
  expect(execFileSync(process.execPath, [script, "1", "7"], { encoding: "utf8" })).toMatch(/; 0 left something/);
});
