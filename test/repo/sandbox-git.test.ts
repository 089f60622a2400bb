import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createClone, type Clone } from "../../src/repo/clone.ts";
import { openRepository } from "../../src/repo/repository.ts";
import type { SandboxGit } from "../../src/repo/sandbox-git.ts";
import { commitAll, fingerprint, git, makeRepository, temporary, write } from "./fixture.ts";

async function desk(...init: string[]) {
  const dir = makeRepository({ "a.txt": "a\n", "src/b.txt": "b\n" }, ...init);
  write(dir, { "a.txt": "a2\n" });
  commitAll(dir, "second");
  const repository = await openRepository(dir);
  const clone = await createClone(repository, repository.head, join(temporary(), "clone"));
  const work = join(temporary(), "work");
  await clone.checkout(clone.base.tree, work);
  return { dir, clone, work };
}

/** Git in a real sandbox with the mounts the sandbox makes. */
function inside(work: string, { dir, objects }: SandboxGit, script: string): string {
  const usr = [
    "--ro-bind",
    "/usr",
    "/usr",
    ...["bin", "lib", "lib64"].flatMap((name) => ["--symlink", `usr/${name}`, `/${name}`]),
  ];
  const stores = objects.flatMap((path, index) => ["--ro-bind", path, `/run/git-objects/${index}`]);
  const mounts = [
    "--bind",
    work,
    "/workspace",
    "--bind",
    dir,
    "/workspace/.git",
    ...stores,
    "--proc",
    "/proc",
    "--dev",
    "/dev",
  ];
  const argv = [
    ...usr,
    ...mounts,
    "--unshare-all",
    "--clearenv",
    "--chdir",
    "/workspace",
    "--setenv",
    "PATH",
    "/usr/bin:/bin",
  ];
  return execFileSync("/usr/bin/bwrap", [...argv, "--", "/bin/sh", "-c", `exec 2>&1; ${script}`], {
    encoding: "utf8",
  }).trimEnd();
}

const status = "git status --porcelain; git symbolic-ref HEAD; git log --format=%s";

test.each([["sha1"], ["sha256"]])(
  "inside the sandbox the base looks like a clean %s clone on branch claw",
  async (format) => {
    const { dir, clone, work } = await desk(`--object-format=${format}`);
    const made = await clone.sandboxGit(work, clone.base.tree);
    expect(made.objects).toEqual([join(dir, ".git/objects")]);
    expect(inside(work, made, status)).toBe("refs/heads/claw\nsecond\nfirst");
    expect(inside(work, made, "git rev-parse HEAD")).toBe(clone.base.commit);
    expect(inside(work, made, "git fsck --strict --no-dangling")).toBe("");
  },
);

test("a tree on top of the base is one commit more, and its objects are there without the clone's store", async () => {
  const { clone, work } = await desk();
  write(work, { "test/repro.txt": "r\n", "a.txt": "changed\n" });
  const tree = await clone.snapshot(work);
  const made = await clone.sandboxGit(work, tree);
  expect(inside(work, made, status)).toBe("refs/heads/claw\nWork so far\nsecond\nfirst");
  expect(inside(work, made, "git show HEAD:test/repro.txt; git diff --stat HEAD~1 | tail -1")).toBe(
    "r\n 2 files changed, 2 insertions(+), 1 deletion(-)",
  );
});

test("with hidden files git works on one commit in which they are empty, and nothing inside has their contents", async () => {
  const { clone, work } = await desk();
  write(work, { "a.txt": "later\n", "src/kéy.pem": "canary\n", "run.sh": "canary 2\n" });
  chmodSync(join(work, "run.sh"), 0o755);
  const tree = await clone.snapshot(work);
  const hidden = ["src/kéy.pem", "run.sh"];
  const made = await clone.sandboxGit(work, tree, hidden);
  for (const path of hidden) write(work, { [path]: "" });
  chmodSync(join(work, "run.sh"), 0o444);
  expect(made.objects).toEqual([]);
  expect(inside(work, made, status)).toBe("refs/heads/claw\nWork so far, with hidden files empty");
  const all = "git cat-file --batch-all-objects --batch | grep -a -c -e canary -e a2; git fsck --strict --no-dangling";
  expect(inside(work, made, all)).toBe("0");
  const worked =
    "echo x >> a.txt; git stash -q; git stash pop -q; git commit -qam mine; git show --format=%s --stat | head -3";
  expect(inside(work, made, worked)).toContain("a.txt | 1 +");
});

test("commits made inside stay inside", async () => {
  const { dir, clone, work } = await desk();
  const before = fingerprint(dir);
  const made = await clone.sandboxGit(work, clone.base.tree);
  const said = inside(
    work,
    made,
    "echo x > new.txt && git add -A && git commit -qm mine && git checkout -q HEAD~2 -- a.txt && git gc -q && git log -1 --format=%an:%s",
  );
  expect(said).toBe("claw:mine");
  expect(fingerprint(dir)).toEqual(before);
  expect(await paths(clone, work)).toEqual(["a.txt", "new.txt"]);
});

test("what commands do to the git directory never reaches git on the host", async () => {
  const { clone, work } = await desk();
  const made = await clone.sandboxGit(work, clone.base.tree);
  const canary = join(temporary(), "fired");
  const hooks =
    "for h in post-index-change pre-commit reference-transaction; do printf '#!/bin/sh\\ntouch %s\\n' $C > .git/hooks/$h; chmod +x .git/hooks/$h; done";
  inside(
    work,
    made,
    `C=${canary}; mkdir -p .git/hooks; ${hooks}; git config core.fsmonitor "touch $C"; echo x > a.txt`,
  );
  expect(await paths(clone, work)).toEqual(["a.txt"]);
  expect(readdirSync(join(work, ".git"))).toEqual([]);
  expect(existsSync(canary)).toBe(false);
  expect(readdirSync(join(made.dir, "hooks"))).toHaveLength(3);
});

test("a shallow clone's history ends inside where it ends outside", async () => {
  const { dir } = await desk();
  const shallow = join(temporary(), "shallow");
  git(dir, "clone", "-q", "--depth=1", `file://${dir}`, shallow);
  const repository = await openRepository(shallow);
  const clone = await createClone(repository, repository.head, join(temporary(), "clone"));
  const work = join(temporary(), "work");
  await clone.checkout(clone.base.tree, work);
  expect(inside(work, await clone.sandboxGit(work, clone.base.tree), status)).toBe("refs/heads/claw\nsecond");
});

test("a repository that borrows objects lends all its stores", async () => {
  const { dir } = await desk();
  const borrowing = join(temporary(), "borrowing");
  git(dir, "clone", "-q", "--shared", dir, borrowing);
  const repository = await openRepository(borrowing);
  const clone = await createClone(repository, repository.head, join(temporary(), "clone"));
  const work = join(temporary(), "work");
  await clone.checkout(clone.base.tree, work);
  const made = await clone.sandboxGit(work, clone.base.tree);
  expect(made.objects).toEqual([join(borrowing, ".git/objects"), join(dir, ".git/objects")]);
  // Git also complains on stderr about the host's paths in the first store's own list.
  expect(inside(work, made, `exec 2>/dev/null; ${status}`)).toBe("refs/heads/claw\nsecond\nfirst");
});

test("each call makes a new directory, and one for a directory never checked out works too", async () => {
  const { clone, work } = await desk();
  const [first, second] = [
    await clone.sandboxGit(work, clone.base.tree),
    await clone.sandboxGit(work, clone.base.tree),
  ];
  expect(first.dir).not.toBe(second.dir);
  const bare = temporary();
  write(bare, { "a.txt": "a2\n", "src/b.txt": "b\n", ".git/keep": "" });
  expect(inside(bare, await clone.sandboxGit(bare, clone.base.tree), status)).toBe("refs/heads/claw\nsecond\nfirst");
});

async function paths(clone: Clone, work: string): Promise<string[]> {
  return (await clone.diff(clone.base.tree, await clone.snapshot(work))).files.map(({ path }) => path);
}
