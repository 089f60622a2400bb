import { rmSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ClawError, UsageError, WorkspaceError } from "../../src/errors.ts";
import { type Clone, createClone } from "../../src/repo/clone.ts";
import { openRepository } from "../../src/repo/repository.ts";
import { commitAll, fingerprint, git, makeRepository, temporary, write } from "./fixture.ts";

const author = { name: "Ada", email: "ada@example.org" };
const at = Date.UTC(2026, 0, 2, 3, 4, 5, 678);

async function cloneOf(dir: string): Promise<Clone> {
  const repository = await openRepository(dir);
  return createClone(repository, repository.head, join(temporary(), "clone"));
}

async function commitOf(clone: Clone, files: Readonly<Record<string, string>>, message = "Fix it\n"): Promise<string> {
  const work = join(temporary(), "work");
  await clone.checkout(clone.base.tree, work);
  write(work, files);
  return clone.commit({ tree: await clone.snapshot(work), parent: clone.base.commit, message, author, at });
}

/** Loose objects and the refs below claw/ are what publishing may add. */
const added = (path: string): boolean => /^\.git\/(objects\/[0-9a-f]{2}|refs\/heads\/claw)(\/|$)/.test(path);

test("publishing makes one branch and changes nothing else of the user's, byte for byte", async () => {
  const dir = makeRepository({ "a.txt": "a\n", "b.txt": "b\n" });
  write(dir, { "b.txt": "stashed\n" });
  git(dir, "stash");
  write(dir, { "a.txt": "staged\n" });
  git(dir, "add", "a.txt");
  write(dir, { "a.txt": "half done\n", "untracked.txt": "u\n" });
  const clone = await cloneOf(dir);
  const commit = await commitOf(clone, { "a.txt": "fixed\n", "new/file.txt": "n\n" });
  const before = fingerprint(dir, added);
  const refs = git(dir, "for-each-ref");

  await clone.publish(commit, "claw/fix-a-1");

  expect(fingerprint(dir, added)).toEqual(before);
  expect(git(dir, "for-each-ref")).toBe(`${commit} commit\trefs/heads/claw/fix-a-1\n${refs}`);
  expect(git(dir, "rev-parse", "claw/fix-a-1")).toBe(commit);
  expect(git(dir, "fsck", "--full", "--strict", "--no-dangling")).toBe("");
  rmSync(clone.dir, { recursive: true });
  expect(git(dir, "show", "claw/fix-a-1:new/file.txt")).toBe("n");
});

test("a commit has the dates, names and parent it was given and is the same each time", async () => {
  const clone = await cloneOf(makeRepository({ "a.txt": "a\n" }));
  const commit = await commitOf(clone, { "a.txt": "b\n" }, "Subject\n\nBody\n");
  expect(await commitOf(clone, { "a.txt": "b\n" }, "Subject\n\nBody\n")).toBe(commit);
  const shown = git(join(clone.dir, "git"), "log", "-1", "--format=%an|%ae|%at|%cn|%ce|%ct|%P|%G?|%B", commit);
  const seconds = Math.floor(at / 1000);
  expect(shown).toBe(
    `Ada|ada@example.org|${seconds}|Ada|ada@example.org|${seconds}|${clone.base.commit}|N|Subject\n\nBody`,
  );
});

test("an empty commit is possible", async () => {
  const dir = makeRepository({ "a.txt": "a\n" });
  const clone = await cloneOf(dir);
  const commit = await commitOf(clone, {});
  await clone.publish(commit, "claw/empty");
  expect(git(dir, "rev-parse", "claw/empty^{tree}")).toBe(clone.base.tree);
});

test("nobody's sign-off is invented", async () => {
  const clone = await cloneOf(makeRepository({ "a.txt": "a\n" }));
  const refused = commitOf(clone, {}, "Fix\n\nsigned-OFF-by: Ada <ada@example.org>\n");
  await expect(refused).rejects.toBeInstanceOf(ClawError);
  await expect(refused).rejects.toMatchObject({ outcome: "blocked" });
});

test("a branch is made once: again does no harm, another commit is refused", async () => {
  const dir = makeRepository({ "a.txt": "a\n" });
  const clone = await cloneOf(dir);
  const first = await commitOf(clone, { "a.txt": "1\n" });
  const second = await commitOf(clone, { "a.txt": "2\n" });
  await clone.publish(first, "claw/x");
  await clone.publish(first, "claw/x");
  await expect(clone.publish(second, "claw/x")).rejects.toBeInstanceOf(WorkspaceError);
  git(dir, "pack-refs", "--all");
  await clone.publish(first, "claw/x");
  await expect(clone.publish(second, "claw/x")).rejects.toMatchObject({ outcome: "workspace" });
  await expect(clone.publish(second, "claw/x/y")).rejects.toBeInstanceOf(WorkspaceError);
  expect(git(dir, "rev-parse", "claw/x")).toBe(first);
});

test("no branch outside claw/ and no impossible name is made", async () => {
  const dir = makeRepository({ "a.txt": "a\n" });
  const clone = await cloneOf(dir);
  const commit = await commitOf(clone, { "a.txt": "1\n" });
  for (const name of [
    "main",
    "claw",
    "claw/",
    "claw/../main",
    "claw/a..b",
    "claw/a b",
    "claw/x.lock",
    "-claw/x",
    "claw/@{0}",
    "refs/heads/claw/x",
  ]) {
    await expect(clone.publish(commit, name)).rejects.toBeInstanceOf(UsageError);
  }
  expect(git(dir, "branch", "--format=%(refname:short)")).toBe("main");
});

test("two clones of one repository work and publish at the same time", async () => {
  const dir = makeRepository({ "a.txt": "a\n" });
  const clones = await Promise.all([cloneOf(dir), cloneOf(dir)]);
  const commits = await Promise.all(clones.map((clone, n) => commitOf(clone, { "a.txt": `${n}\n` })));
  await Promise.all(clones.map((clone, n) => clone.publish(commits[n] ?? "", `claw/run-${n}`)));
  expect(git(dir, "show", "claw/run-0:a.txt")).toBe("0");
  expect(git(dir, "show", "claw/run-1:a.txt")).toBe("1");
});

test("two clones that race for one name leave it to one of them", async () => {
  const dir = makeRepository({ "a.txt": "a\n" });
  const clones = await Promise.all([cloneOf(dir), cloneOf(dir), cloneOf(dir)]);
  const commits = await Promise.all(clones.map((clone, n) => commitOf(clone, { "a.txt": `${n}\n` })));
  const results = await Promise.allSettled(clones.map((clone, n) => clone.publish(commits[n] ?? "", "claw/same")));
  const winners = results.flatMap((result, n) => (result.status === "fulfilled" ? [commits[n]] : []));
  expect(winners).toEqual([git(dir, "rev-parse", "claw/same")]);
});

test("publishing works from a detached HEAD and after the user's branch moved on", async () => {
  const dir = makeRepository({ "a.txt": "a\n" });
  git(dir, "checkout", "-q", "--detach");
  const clone = await cloneOf(dir);
  const commit = await commitOf(clone, { "a.txt": "1\n" });
  commitAll(dir, "moved on");
  git(dir, "gc", "-q");
  await clone.publish(commit, "claw/detached");
  expect(git(dir, "rev-parse", "claw/detached~1")).toBe(clone.base.commit);
});
