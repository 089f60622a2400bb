import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createClone } from "../../src/repo/clone.ts";
import { openRepository } from "../../src/repo/repository.ts";
import { isSigned, signingWith } from "../../src/repo/sign.ts";
import { git, makeRepository, temporary } from "./fixture.ts";

const author = { name: "claw", email: "claw@localhost" };
const place = { searchPath: process.env["PATH"] ?? "", home: "/nonexistent" };

test.for(["sha1", "sha256"])("a commit signed with an SSH key is one that git verifies (%s)", async (format) => {
  const cwd = makeRepository({ a: "1" }, `--object-format=${format}`);
  const dir = temporary();
  const key = join(dir, "key");
  execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "ada", "-f", key]);
  writeFileSync(join(dir, "allowed"), `ada@example.org ${readFileSync(`${key}.pub`, "utf8")}`);
  const repository = await openRepository(cwd);
  const clone = await createClone(repository, repository.head, join(dir, "clone"));
  const signing = signingWith({ name: "Ada", email: "ada@example.org", ssh: key }, place);
  const { tree, commit: parent } = clone.base;
  const commit = await clone.commit({ tree, parent, message: "Fix: a\n\nWhy.\n", author, at: 1000, signing });
  await clone.publish(commit, "claw/a");
  const verify = [
    "-c",
    `gpg.ssh.allowedSignersFile=${join(dir, "allowed")}`,
    "log",
    "-1",
    "--format=%G? %GS|%an|%cn",
    "claw/a",
  ];
  expect(git(cwd, ...verify)).toBe("G ada@example.org|claw|Ada");
  git(cwd, "fsck", "--strict");
  expect([await isSigned(repository, commit), await isSigned(repository, parent)]).toEqual([true, false]);
});

test("a key that cannot sign is told in terms of the configuration", async () => {
  const sign = (key: object): Promise<string> =>
    signingWith({ name: "Ada", email: "ada@example.org", ...key }, place).sign(Buffer.from("x"));
  await expect(sign({ ssh: "/nonexistent/key" })).rejects.toMatchObject({
    outcome: "usage",
    message: expect.stringMatching(/^the commit could not be signed: ssh-keygen: .*No such file/),
  });
  const nowhere = signingWith({ name: "Ada", email: "a@b.c", gpg: "x" }, { ...place, searchPath: "/nonexistent" });
  await expect(nowhere.sign(Buffer.from("x"))).rejects.toThrow(/gpg: .*ENOENT/);
});
