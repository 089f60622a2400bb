import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { GitFailed, hostGit, type Subcommand } from "../../src/repo/host-git.ts";
import { makeRepository, temporary } from "./fixture.ts";

test("bytes go in and come out unchanged, and an expected exit code is an answer", async () => {
  const dir = makeRepository({ "a.bin": Buffer.from([0, 255, 13, 10]) });
  const host = hostGit({ gitDir: join(dir, ".git") });
  expect((await host.run(["cat-file", "blob", "HEAD:a.bin"])).stdout).toEqual(Buffer.from([0, 255, 13, 10]));
  const missing = await host.run(["rev-parse", "--verify", "--quiet", "nowhere"], { answers: [0, 1] });
  expect(missing).toEqual({ code: 1, stdout: Buffer.alloc(0), stderr: "" });
});

test("a failure says which command, which exit code and what git said", async () => {
  const host = hostGit({ gitDir: join(makeRepository({ "a.txt": "a\n" }), ".git") });
  const failed = host.run(["cat-file", "blob", "nowhere"]);
  await expect(failed).rejects.toBeInstanceOf(GitFailed);
  await expect(failed).rejects.toMatchObject({
    code: 128,
    outcome: "infrastructure",
    stderr: expect.stringContaining("nowhere"),
  });
});

test("commands that are not on the list do not start", async () => {
  const dir = makeRepository({ "a.txt": "a\n" });
  const target = join(temporary(), "copy");
  const host = hostGit({ gitDir: join(dir, ".git") });
  await expect(host.run(["clone" as Subcommand, dir, target])).rejects.toThrow("not on the host's list");
  expect(existsSync(target)).toBe(false);
});

test("an aborted command is killed and the reason comes back", async () => {
  const host = hostGit({ gitDir: join(makeRepository({ "a.txt": "a\n" }), ".git") });
  const control = new AbortController();
  const reason = new Error("stop");
  const running = host.run(["cat-file", "--batch"], { signal: control.signal });
  control.abort(reason);
  await expect(running).rejects.toBe(reason);
  await expect(host.run(["cat-file", "--batch"], { signal: control.signal })).rejects.toBe(reason);
});
