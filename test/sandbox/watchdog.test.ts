import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { expect, test } from "vitest";
import { watch } from "../../src/sandbox/watchdog.ts";
import { limits } from "./limits.ts";

test("a sandbox in which nothing has begun is not idle, however long its engine takes", async () => {
  const namespace = ["--user", "--map-root-user", "--pid", "--fork", "--mount-proc"];
  const holder = spawn("/usr/bin/unshare", [...namespace, "/bin/sh", "-c", "echo; read -r _; /bin/sleep 60; :"], {
    stdio: ["pipe", "pipe", "ignore"],
  });
  await once(holder.stdout, "data");
  const init = Number(readFileSync(`/proc/${holder.pid}/task/${holder.pid}/children`, "latin1"));
  const seen: string[] = [];
  await new Promise<void>((resolve) => {
    const stop = watch({
      limits: { ...limits, idleMs: 150 },
      directories: [tmpdir()],
      init: () => init,
      refused: () => null,
      heard() {
        if (seen.push("look") === 6) holder.stdin.write("begin\n");
        return 0;
      },
      kill(why) {
        stop();
        seen.push(why);
        resolve();
      },
    });
  });
  process.kill(init, "SIGKILL");
  expect(seen.indexOf("idle")).toBeGreaterThan(6);
});
