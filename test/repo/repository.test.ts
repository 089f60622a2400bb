import { chownSync, mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { exitCodes, UsageError, WorkspaceError } from "../../src/errors.ts";
import { openRepository } from "../../src/repo/repository.ts";
import { commitAll, git, makeRepository, temporary, write } from "./fixture.ts";

const refusal = async (promise: Promise<unknown>): Promise<WorkspaceError> => {
  const error = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(WorkspaceError);
  expect(exitCodes[(error as WorkspaceError).outcome]).toBe(23);
  expect((error as WorkspaceError).message).not.toContain("\n");
  return error as WorkspaceError;
};

describe("a repository is opened", () => {
  test("from any directory inside it", async () => {
    const dir = makeRepository({ "src/deep/a.txt": "a\n" });
    const repository = await openRepository(join(dir, "src/deep"));
    expect(repository).toMatchObject({
      root: dir,
      gitDir: join(dir, ".git"),
      commonDir: join(dir, ".git"),
      objectDirs: [join(dir, ".git/objects")],
      objectFormat: "sha1",
      head: git(dir, "rev-parse", "HEAD"),
      branch: "main",
      shallow: false,
    });
  });

  test("with a detached HEAD, which has no branch", async () => {
    const dir = makeRepository({ "a.txt": "a\n" });
    const head = git(dir, "rev-parse", "HEAD");
    git(dir, "tag", "HEAD");
    git(dir, "tag", "main");
    expect((await openRepository(dir)).branch).toMatch(/^(heads\/)?main$/);
    git(dir, "checkout", "-q", "--detach");
    expect(await openRepository(dir)).toMatchObject({ branch: null, head });
  });

  test("through a linked worktree, with its own HEAD and the shared store", async () => {
    const dir = makeRepository({ "a.txt": "a\n" });
    const linked = join(temporary(), "linked");
    git(dir, "worktree", "add", "-q", "-b", "side", linked);
    const side = commitAll(linked, "on the side");
    const repository = await openRepository(linked);
    expect(repository).toMatchObject({ root: linked, commonDir: join(dir, ".git"), branch: "side", head: side });
    expect(await repository.resolve("main")).toBe(git(dir, "rev-parse", "main"));
  });

  test("with sha256 objects", async () => {
    const dir = makeRepository({ "a.txt": "a\n" }, "--object-format=sha256");
    const repository = await openRepository(dir);
    expect(repository.objectFormat).toBe("sha256");
    expect(repository.head).toMatch(/^[0-9a-f]{64}$/);
  });

  test("with every store it borrows from", async () => {
    const origin = makeRepository({ "a.txt": "a\n" });
    const middle = join(temporary(), "middle");
    const last = join(temporary(), "last");
    git(origin, "clone", "-q", "--shared", origin, middle);
    git(origin, "clone", "-q", "--shared", middle, last);
    const repository = await openRepository(last);
    expect(repository.objectDirs).toEqual([last, middle, origin].map((dir) => join(dir, ".git/objects")));
  });

  test("when its refs are packed and when it is shallow", async () => {
    const origin = makeRepository({ "a.txt": "a\n" });
    commitAll(origin, "second");
    const dir = join(temporary(), "shallow");
    git(origin, "clone", "-q", "--depth=1", `file://${origin}`, dir);
    git(dir, "pack-refs", "--all");
    const repository = await openRepository(dir);
    expect(repository).toMatchObject({ shallow: true, branch: "main", head: git(dir, "rev-parse", "HEAD") });
    expect(await repository.resolve("origin/main")).toBe(repository.head);
  });
});

describe("a repository is refused, in two lines", () => {
  test("when there is none", async () => {
    expect((await refusal(openRepository(temporary()))).hint).toContain("git init");
    await refusal(openRepository(join(temporary(), "missing")));
  });

  test("when it is bare", async () => {
    const dir = temporary();
    git(dir, "init", "-q", "--bare");
    expect((await refusal(openRepository(dir))).message).toContain("bare");
  });

  test("when its configuration calls it bare", async () => {
    const dir = makeRepository({ "a.txt": "a\n" });
    git(dir, "config", "core.bare", "true");
    expect((await refusal(openRepository(dir))).message).toContain("bare");
  });

  test("when it has no commits", async () => {
    const dir = temporary();
    git(dir, "init", "-q");
    expect((await refusal(openRepository(dir))).message).toContain("no commits");
  });

  test("when git is missing", async () => {
    const dir = makeRepository({ "a.txt": "a\n" });
    expect((await refusal(openRepository(dir, { searchPath: "/nonexistent" }))).message).toContain("git was not found");
  });

  test("when its configuration cannot be read", async () => {
    const dir = makeRepository({ "a.txt": "a\n" });
    writeFileSync(join(dir, ".git/config"), "[core\n");
    expect((await refusal(openRepository(dir))).message).toContain("cannot be read");
  });

  test.skipIf(process.geteuid?.() !== 0)("when it is another user's, until the person trusts it", async () => {
    const dir = makeRepository({ "a.txt": "a\n" });
    const home = temporary();
    chownSync(dir, 12_345, 12_345);
    expect((await refusal(openRepository(dir, { home }))).hint).toContain("safe.directory");
    write(home, { ".gitconfig": `[safe]\n\tdirectory = ${dir}\n` });
    expect((await openRepository(dir, { home })).root).toBe(dir);
    write(home, { ".gitconfig": `[safe]\n\tdirectory = ${dir}\n\tdirectory =\n` });
    await refusal(openRepository(dir, { home }));
  });

  test("when parts of it are links, or an alternate is not an object store", async () => {
    const linked = makeRepository({ "a.txt": "a\n" });
    const secrets = temporary();
    write(secrets, { id_ed25519: "secret" });
    renameSync(join(linked, ".git/objects"), join(linked, ".git/moved"));
    symlinkSync(secrets, join(linked, ".git/objects"));
    await refusal(openRepository(linked));

    const real = makeRepository({ "b.txt": "b\n" });
    mkdirSync(join(secrets, "unnamed"));
    mkdirSync(join(secrets, "link"));
    symlinkSync(join(real, ".git/objects"), join(secrets, "link/objects"));
    write(secrets, { "objects/id_ed25519": "secret" });
    for (const planted of ["objects", "unnamed", "link/objects", "missing/objects"]) {
      const borrowing = makeRepository({ "a.txt": "a\n" });
      write(borrowing, { ".git/objects/info/alternates": `${secrets}/${planted}\n` });
      expect((await refusal(openRepository(borrowing))).message).toContain("not a plain git object store");
    }
  });
});

test("a base is any name of a commit, and an unknown one is a usage error", async () => {
  const dir = makeRepository({ "a.txt": "a\n" });
  const first = git(dir, "rev-parse", "HEAD");
  commitAll(dir, "second");
  git(dir, "tag", "-a", "-m", "annotated", "v1", first);
  const repository = await openRepository(dir);
  for (const ref of ["v1", "HEAD~1", "main~1", first, first.slice(0, 8)])
    expect(await repository.resolve(ref)).toBe(first);
  for (const ref of ["nowhere", "--all", "-h", "", "HEAD:a.txt", "main..v1"]) {
    await expect(repository.resolve(ref)).rejects.toBeInstanceOf(UsageError);
  }
});

test("uncommitted changes are noticed without writing the index", async () => {
  const dir = makeRepository({ "a.txt": "a\n", ".gitignore": "ignored\n" });
  const repository = await openRepository(dir);
  write(dir, { ignored: "x", "mine.txt": "x", ".git/info/exclude": "mine.txt\n" });
  const index = readFileSync(join(dir, ".git/index"));
  expect(await repository.dirty()).toBe(false);
  write(dir, { "new.txt": "n" });
  expect(await repository.dirty()).toBe(true);
  git(dir, "clean", "-qf");
  expect(await repository.dirty()).toBe(false);
  write(dir, { "a.txt": "changed\n" });
  expect(await repository.dirty()).toBe(true);
  expect(readFileSync(join(dir, ".git/index")).equals(index)).toBe(true);
  git(dir, "add", "a.txt");
  expect(await repository.dirty()).toBe(true);
});

test("a split index is read too", async () => {
  const dir = makeRepository({ "a.txt": "a\n" });
  git(dir, "update-index", "--split-index");
  write(dir, { "b.txt": "b\n" });
  git(dir, "add", "b.txt");
  expect(await (await openRepository(dir)).dirty()).toBe(true);
});

test("submodules and git-lfs pointers of a commit are listed", async () => {
  const inner = makeRepository({ "i.txt": "i\n" });
  const dir = makeRepository({
    "a.txt": "a\n",
    "big data.bin": `version https://git-lfs.github.com/spec/v1\noid sha256:${"0".repeat(64)}\nsize 12345\n`,
  });
  git(dir, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", inner, "vendor/inner");
  const commit = commitAll(dir, "with a submodule");
  expect(await (await openRepository(dir)).notes(commit)).toEqual({
    submodules: ["vendor/inner"],
    lfsPointers: ["big data.bin"],
  });
});
