import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, chownSync, existsSync, lstatSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { agentOf, availableIds } from "../../src/sandbox/agent-user.ts";
import { bash, output, processesWith, workbench } from "./workbench.ts";

const bench = workbench();

describe("the id of an agent", () => {
  test("is the workspace's own, the same every time, and one that nobody else is given", () => {
    const ids = ["/a", "/b", "/a"].map((workspace) => agentOf(workspace).uid);
    expect(ids[0]).toBe(ids[2]);
    expect(ids[0]).not.toBe(ids[1]);
    expect(ids.every((id) => id >= 0x7000_0000 && id < 0x7100_0000)).toBe(true);
  });

  test("is among the last where root has few to give away, and where it has none there is none", () => {
    const { first, count } = availableIds("0 1000 1\n1 100000 65536\n");
    expect([first, first + count]).toEqual([57_345, 61_441]);
    expect(() => availableIds("0 1000 1\n")).toThrow("no user ids");
  });
});

describe.runIf(process.getuid?.() === 0)("when claw is root", () => {
  test("a command is somebody else, on the host too, and root neither in its namespace nor by a program's set-uid", async () => {
    const workspace = bench.workspace();
    const sandbox = await bench.open({ workspace });
    expect(sandbox.degraded).not.toContain("uid-drop");
    expect(await output(sandbox, "id -u; id -g; id -G; echo x > made; su -c true 2>/dev/null || echo refused")).toBe(
      "1000\n1000\n1000\nrefused",
    );
    expect(lstatSync(join(workspace, "made")).uid).toBe(agentOf(workspace).uid);
    const roots = "setpriv --reuid=0 true || unshare --user --map-root-user true || chown 0 made || cat /etc/shadow";
    expect((await bash(sandbox, roots)).exitCode).not.toBe(0);
  });

  test("what only root may read stays so, and makes it say that the user was not changed when it has to be shown", async () => {
    const workspace = bench.workspace({ "private.txt": "mine" });
    chmodSync(join(workspace, "private.txt"), 0o600);
    const shared = bench.workspace({ "root-only": "secret", open: "open" });
    chmodSync(join(shared, "root-only"), 0o600);
    const sandbox = await bench.open({ workspace, mounts: [{ source: shared, target: "/shared" }] });
    expect(await output(sandbox, "cat private.txt /shared/open; cat /shared/root-only 2>/dev/null || true")).toBe(
      "mineopen",
    );
    chmodSync(shared, 0o700);
    const asRoot = await bench.open({ mounts: [{ source: shared, target: "/shared" }] });
    expect(asRoot.degraded).toContain("uid-drop");
    expect(await output(asRoot, "cat /shared/root-only")).toBe("secret");
    const strict = bench.open({ mounts: [{ source: shared, target: "/shared" }], requires: ["cgroup", "uid-drop"] });
    await expect(strict).rejects.toThrow("requires what this machine does not offer: uid-drop");
  });

  test("files that the host adds become the commands' own when they are handed over", async () => {
    const workspace = bench.workspace();
    const sandbox = await bench.open({ workspace });
    writeFileSync(join(workspace, "new"), "1", { mode: 0o600 });
    expect((await bash(sandbox, "cat new")).exitCode).not.toBe(0);
    await sandbox.handOver();
    expect(await output(sandbox, "echo 2 >> new; cat new")).toBe("12");
  });

  test("files come back also after claw was killed: with the next sandbox's end", async () => {
    const workspace = bench.workspace({ "a.txt": "a" });
    const marker = `marked-root-${process.pid}`;
    const parent = fileURLToPath(new URL("./sleeping-parent.ts", import.meta.url));
    const claw = spawn(process.execPath, [parent, bench.dir, workspace, marker], { stdio: "ignore" });
    await expect.poll(() => processesWith(`exec -a ${marker}`).length > 0, { timeout: 20_000 }).toBe(true);
    claw.kill("SIGKILL");
    await once(claw, "exit");
    await expect.poll(() => processesWith(marker)).toEqual([]);
    expect(lstatSync(join(workspace, "a.txt")).uid).toBe(agentOf(workspace).uid);
    await (await bench.open({ workspace })).close();
    expect(readdirSync(workspace).every((name) => lstatSync(join(workspace, name)).uid === 0)).toBe(true);
  });

  test("the owner who gets them back is the workspace's, whoever that is", async () => {
    const workspace = bench.workspace({ "a.txt": "a" });
    for (const path of [workspace, join(workspace, "a.txt")]) chownSync(path, 12_345, 12_345);
    await (await bench.open({ workspace })).close();
    expect(lstatSync(join(workspace, "a.txt"))).toMatchObject({ uid: 12_345, gid: 12_345 });
  });

  test("two sandboxes on one workspace do not take it from each other", async () => {
    const workspace = bench.workspace();
    const [one, two] = [await bench.open({ workspace }), await bench.open({ workspace })];
    await one.close();
    expect(await output(two, "echo still > mine; cat mine")).toBe("still");
    await two.close();
    expect(lstatSync(join(workspace, "mine")).uid).toBe(0);
  });

  test("a habit of letting nobody else read, and limits stricter than its own, do not keep commands from their files", async () => {
    const script = `ulimit -n 900 -u 3000 -f 100000; umask 077; exec "$0" "$@"`;
    const parent = fileURLToPath(new URL("./leaky-parent.ts", import.meta.url));
    const dir = join(bench.dir, "strict");
    const workspace = bench.workspace();
    execFileSync("/bin/bash", ["-c", script, process.execPath, parent, "sandboxed", dir, workspace]);
    expect(existsSync(join(dir, "state"))).toBe(true);
  });
});
