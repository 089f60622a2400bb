import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { withoutCrashHandler } from "../../src/sandbox/crash-handler.ts";

const limits = (hard: string): string =>
  `Max core file size         0                    ${hard}            bytes     \n`;

test("where the kernel hands crashes to a program of the host, commands get the one limit that keeps it from that", () => {
  const handled = "|/usr/share/apport/apport -p%p -s%s\n";
  const before = withoutCrashHandler(handled, limits("unlimited"));
  expect(before).not.toBeNull();
  const [program = "", ...argv] = before ?? [];
  const seen = execFileSync("/bin/sh", ["-c", 'exec "$@"', "sh", program, ...argv, "cat", "/proc/self/limits"]);
  expect(seen.toString("latin1")).toMatch(/^Max core file size +1 +1 +bytes/m);
  expect(withoutCrashHandler("@/run/crash.socket", limits("4096"))).toEqual(before);
  expect(withoutCrashHandler("core\n", limits("unlimited"))).toBeNull();
  expect(withoutCrashHandler(handled, limits("0")), "which cannot be raised").toBeNull();
});
