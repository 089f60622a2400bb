import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { InfrastructureError, WorkspaceError } from "../../src/errors.ts";
import { type Clone, createClone, openClone } from "../../src/repo/clone.ts";
import { openRepository } from "../../src/repo/repository.ts";
import { commitAll, git, makeRepository, temporary, write } from "./fixture.ts";

/** A clone of a new repository, checked out in `work`. */
async function desk(files: Readonly<Record<string, string | Buffer>>, ...init: string[]) {
  const dir = makeRepository(files, ...init);
  const repository = await openRepository(dir);
  const clone = await createClone(repository, repository.head, join(temporary(), "clone"));
  const work = join(temporary(), "work");
  await clone.checkout(clone.base.tree, work);
  return { dir, repository, clone, work };
}

/** The change since the base as the gates see it, by path. */
async function changes(clone: Clone, work: string): Promise<Record<string, string>> {
  const diff = await clone.diff(clone.base.tree, await clone.snapshot(work));
  return Object.fromEntries(diff.files.map((file) => [file.path, `${file.status} ${file.oldMode} ${file.newMode}`]));
}

const awkward = {
  "with space.txt": "1\n",
  "ünïcødé/日本語.txt": "2\n",
  "new\nline\ttab.txt": "3\n",
  "-leading-dash": "4\n",
  'quo"te\\back.txt': "5\n",
  "*.glob[1]?": "6\n",
  ":(top)magic": "7\n",
};

describe.each([["sha1"], ["sha256"]])("in a %s repository", (format) => {
  test("a checkout holds the committed files and an empty .git, and its snapshot is the same tree", async () => {
    const { dir, clone, work } = await desk(
      { "a.txt": "a\n", "src/b.txt": "b\n", ...awkward },
      `--object-format=${format}`,
    );
    expect(clone.base).toEqual({ commit: git(dir, "rev-parse", "HEAD"), tree: git(dir, "rev-parse", "HEAD^{tree}") });
    expect(readFileSync(join(work, "src/b.txt"), "utf8")).toBe("b\n");
    expect(readdirSync(join(work, ".git"))).toEqual([]);
    for (const [path, content] of Object.entries(awkward)) expect(readFileSync(join(work, path), "utf8")).toBe(content);
    expect(await clone.snapshot(work)).toBe(clone.base.tree);
  });

  test("a snapshot has what was added, changed, removed, made executable and linked, with awkward names too", async () => {
    const { clone, work } = await desk(
      { "a.txt": "a\n", "run.sh": "#!/bin/sh\n", gone: "x\n", turned: "file\n" },
      `--object-format=${format}`,
    );
    write(work, { "a.txt": "changed\n", "deep/er/new.bin": Buffer.from([0, 1, 2, 255]), ...awkward });
    chmodSync(join(work, "run.sh"), 0o755);
    rmSync(join(work, "gone"));
    rmSync(join(work, "turned"));
    symlinkSync("a.txt", join(work, "turned"));
    expect(await changes(clone, work)).toEqual({
      "a.txt": "modified 100644 100644",
      "deep/er/new.bin": "added 000000 100644",
      "run.sh": "modified 100644 100755",
      gone: "deleted 100644 000000",
      turned: "type-changed 100644 120000",
      ...Object.fromEntries(Object.keys(awkward).map((path) => [path, "added 000000 100644"])),
    });
  });

  test("a diff is a patch that plain git applies to the base, binary files included, and data about each file", async () => {
    const { dir, clone, work } = await desk(
      { "a.txt": "one\ntwo\n", "b.bin": Buffer.from([0, 1]), "-x y": "1\n" },
      `--object-format=${format}`,
    );
    write(work, { "a.txt": "one\n2\n3\n", "b.bin": Buffer.from([0, 9, 9]), "-x y": "2\n" });
    symlinkSync("../b.bin", join(work, "link"));
    rmSync(join(work, "link"));
    symlinkSync("b.bin", join(work, "link"));
    const tree = await clone.snapshot(work);
    const { patch, files, refused } = await clone.diff(clone.base.tree, tree);
    expect(files).toEqual([
      { path: "-x y", status: "modified", oldMode: "100644", newMode: "100644", added: 1, deleted: 1, binary: false },
      { path: "a.txt", status: "modified", oldMode: "100644", newMode: "100644", added: 2, deleted: 1, binary: false },
      {
        path: "b.bin",
        status: "modified",
        oldMode: "100644",
        newMode: "100644",
        added: null,
        deleted: null,
        binary: true,
      },
      {
        path: "link",
        status: "added",
        oldMode: "000000",
        newMode: "120000",
        added: 1,
        deleted: 0,
        binary: false,
        symlinkTarget: "b.bin",
      },
    ]);
    expect(refused).toEqual([]);
    expect(patch.toString("latin1")).toContain(git(dir, "rev-parse", "HEAD:a.txt"));
    execFileSync("git", ["apply", "--index", "-"], { cwd: dir, input: patch });
    expect(git(dir, "write-tree")).toBe(tree);
  });
});

describe("snapshots", () => {
  test("leave out ignored files and what test runs leave behind, but never tracked ones", async () => {
    const { dir } = await desk({});
    write(dir, { ".gitignore": "*.log\n", "kept.log": "1\n", "node_modules/committed.js": "1\n" });
    git(dir, "add", "-f", "kept.log", "node_modules/committed.js");
    commitAll(dir, "tracks ignored names");
    const repository = await openRepository(dir);
    const clone = await createClone(repository, repository.head, join(temporary(), "clone"));
    const work = join(temporary(), "work");
    await clone.checkout(clone.base.tree, work);
    write(work, {
      "kept.log": "2\n",
      "node_modules/committed.js": "2\n",
      "node_modules/other.js": "",
      "new.log": "",
      "pkg/__pycache__/a.cpython-311.pyc": "",
      ".pytest_cache/x": "",
      ".venv/pyvenv.cfg": "",
      "real.txt": "",
    });
    expect(Object.keys(await changes(clone, work))).toEqual(["kept.log", "node_modules/committed.js", "real.txt"]);
  });

  test("see a file become a directory and a directory become a link, without following the link", async () => {
    const { clone, work } = await desk({ file: "f\n", "dir/inner.txt": "i\n", "dir/more/deep.txt": "d\n" });
    const outside = temporary();
    write(outside, { "inner.txt": "secret\n", "more/deep.txt": "secret\n", "extra.txt": "secret\n" });
    rmSync(join(work, "file"));
    write(work, { "file/now.txt": "n\n" });
    rmSync(join(work, "dir"), { recursive: true });
    symlinkSync(outside, join(work, "dir"));
    const tree = await clone.snapshot(work);
    expect((await clone.list(tree)).map(({ path, mode }) => `${mode} ${path}`)).toEqual([
      "120000 dir",
      "100644 file/now.txt",
    ]);
    expect((await clone.diff(clone.base.tree, tree)).refused).toEqual([
      { path: "dir", why: `a symlink out of the tree, to ${outside}` },
    ]);
  });

  test("refuse nested repositories and names git keeps for itself, and forget them when they are gone", async () => {
    const { clone, work } = await desk({ "a.txt": "a\n", "src/b.txt": "b\n" });
    for (const nested of ["empty-nested", "full-nested", "src"]) {
      mkdirSync(join(work, nested), { recursive: true });
      git(join(work, nested), "init", "-q");
    }
    write(join(work, "full-nested"), { "n.txt": "n\n" });
    commitAll(join(work, "full-nested"), "inside");
    write(work, { ".GIT/hooks/pre-commit": "x", "src/git~1": "x", "src/.g\u200cit": "x", "src/c.txt": "c\n" });
    symlinkSync("a.txt", join(work, ".gitmodules"));
    const tree = await clone.snapshot(work);
    expect(await clone.snapshot(work)).toBe(tree);
    const { files, refused } = await clone.diff(clone.base.tree, tree);
    expect(refused.map(({ path }) => path)).toEqual([
      ".GIT.refused",
      ".gitmodules.refused",
      "empty-nested",
      "full-nested",
      "src/.g\u200cit.refused",
      "src/git~1.refused",
    ]);
    expect(files.filter((file) => !refused.some(({ path }) => path === file.path)).map((file) => file.path)).toEqual([
      "src/c.txt",
    ]);
    for (const gone of [".GIT", ".gitmodules", "empty-nested", "full-nested", "src/.g\u200cit", "src/git~1"]) {
      rmSync(join(work, gone), { recursive: true });
    }
    expect(await changes(clone, work)).toEqual({ "src/c.txt": "added 000000 100644" });
  });

  test("refuse links that climb out, also through other links, and allow those that stay", async () => {
    const { clone, work } = await desk({ "a/b/c.txt": "c\n" });
    const links: Record<string, string> = {
      "a/ok": "b/c.txt",
      "a/b/root": "../..",
      "a/dangling": "nothing/there",
      "a/b/up": "../../..",
      "a/chained": "b/root/..",
      absolute: "/etc/passwd",
      config: ".git/config",
      deep: "a/.GIT/config",
    };
    for (const [path, target] of Object.entries(links)) symlinkSync(target, join(work, path));
    const { refused } = await clone.diff(clone.base.tree, await clone.snapshot(work));
    expect(refused.map(({ path }) => path)).toEqual(["a/b/up", "a/chained", "absolute", "config", "deep"]);
  });

  test("take a pipe in place of a file for its deletion", async () => {
    const { clone, work } = await desk({ "a.txt": "a\n", "b.txt": "b\n" });
    rmSync(join(work, "a.txt"));
    execFileSync("/usr/bin/mkfifo", [join(work, "a.txt"), join(work, "new-pipe")]);
    expect(await changes(clone, work)).toEqual({ "a.txt": "deleted 100644 000000" });
  });

  test("keep submodules as they were, and enter none", async () => {
    const inner = makeRepository({ "i.txt": "i\n" });
    const { dir } = await desk({ "a.txt": "a\n" });
    git(dir, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", inner, "vendor/inner");
    commitAll(dir, "with a submodule");
    const repository = await openRepository(dir);
    const clone = await createClone(repository, repository.head, join(temporary(), "clone"));
    const work = join(temporary(), "work");
    await clone.checkout(clone.base.tree, work);
    write(work, { "vendor/inner/planted.txt": "p\n" });
    git(join(work, "vendor/inner"), "init", "-q");
    expect(await clone.snapshot(work)).toBe(clone.base.tree);
  });

  test("keep file names that are not UTF-8", async () => {
    const { clone, work } = await desk({ "a.txt": "a\n" });
    const name = Buffer.from([0x66, 0xff, 0xfe]);
    writeFileSync(Buffer.concat([Buffer.from(`${work}/`), name]), "x");
    const tree = await clone.snapshot(work);
    const again = join(temporary(), "again");
    await clone.checkout(tree, again);
    expect(readdirSync(again, { encoding: "buffer" }).some((found) => found.equals(name))).toBe(true);
    expect(await clone.overlay(tree, clone.base.tree, ["a.txt"])).toBe(tree);
  });
});

describe("trees", () => {
  test("an update touches only what differs, and leaves ignored files alone", async () => {
    const { clone, work } = await desk({ "a.txt": "a\n", "b/c.txt": "c\n", ".gitignore": "cache\n" });
    write(work, { "a.txt": "changed\n", "new/n.txt": "n\n", cache: "kept" });
    rmSync(join(work, "b"), { recursive: true });
    const changed = await clone.snapshot(work);
    const before = lstatSync(join(work, ".gitignore"));
    await clone.update(work, changed, clone.base.tree);
    expect(readFileSync(join(work, "a.txt"), "utf8")).toBe("a\n");
    expect(existsSync(join(work, "b/c.txt"))).toBe(true);
    expect(existsSync(join(work, "new"))).toBe(false);
    expect(readFileSync(join(work, "cache"), "utf8")).toBe("kept");
    expect(lstatSync(join(work, ".gitignore"))).toEqual(before);
    await clone.update(work, clone.base.tree, changed);
    expect(await clone.snapshot(work)).toBe(changed);
    expect(lstatSync(join(work, ".gitignore")).mtimeMs).toBe(before.mtimeMs);
  });

  test("an update through a planted link writes nothing outside", async () => {
    const { clone, work } = await desk({ "dir/a.txt": "a\n" });
    const outside = temporary();
    write(outside, { "a.txt": "theirs\n" });
    renameSync(join(work, "dir"), join(work, "moved"));
    symlinkSync(outside, join(work, "dir"));
    await clone.update(work, await clone.snapshot(work), clone.base.tree);
    expect(readFileSync(join(outside, "a.txt"), "utf8")).toBe("theirs\n");
    expect(lstatSync(join(work, "dir")).isDirectory()).toBe(true);
    expect(await clone.snapshot(work)).toBe(clone.base.tree);
  });

  test("an overlay takes files and directories from another tree, their absence too", async () => {
    const { clone, work } = await desk({
      "src/a.txt": "a\n",
      "test/old.txt": "o\n",
      "src/gone.txt": "g\n",
      ...awkward,
    });
    write(work, { "src/a.txt": "A\n", "src/other.txt": "x\n", "test/new.txt": "n\n", "-leading-dash": "changed\n" });
    for (const path of ["test/old.txt", "src/gone.txt"]) rmSync(join(work, path));
    const patched = await clone.snapshot(work);
    const mixed = await clone.overlay(clone.base.tree, patched, ["test/", "-leading-dash", "src/gone.txt", "no/such"]);
    const { files } = await clone.diff(clone.base.tree, mixed);
    expect(files.map(({ path, status }) => `${status} ${path}`)).toEqual([
      "modified -leading-dash",
      "deleted src/gone.txt",
      "added test/new.txt",
      "deleted test/old.txt",
    ]);
    expect(await clone.overlay(clone.base.tree, patched, ["."])).toBe(clone.base.tree);
  });

  test("an overlay may put a file where a directory was, and a directory where a file was", async () => {
    const { clone, work } = await desk({ "x/y": "1\n", z: "2\n" });
    rmSync(join(work, "x"), { recursive: true });
    rmSync(join(work, "z"));
    write(work, { x: "3\n", "z/w": "4\n" });
    const tree = await clone.snapshot(work);
    expect(await clone.overlay(clone.base.tree, tree, ["x", "z"])).toBe(tree);
    expect(await clone.overlay(clone.base.tree, tree, ["x", "z/w"])).toBe(tree);
  });

  test("files of a tree are listed and read without a checkout", async () => {
    const { clone } = await desk({ "src/a.txt": "héllo\n", ...awkward, empty: "" });
    for (const from of [clone.base.tree, clone.base.commit]) {
      expect((await clone.read(from, "src/a.txt"))?.toString()).toBe("héllo\n");
      expect(await clone.read(from, "empty")).toEqual(Buffer.alloc(0));
      for (const absent of ["src", "nope", "src/a.txt/b", "", "src/*.txt", "./empty", "src/../empty"]) {
        expect(await clone.read(from, absent || "?")).toBeNull();
      }
      for (const [path, content] of Object.entries(awkward))
        expect((await clone.read(from, path))?.toString()).toBe(content);
    }
    const listed = await clone.list(clone.base.tree);
    expect(listed.find(({ path }) => path === "src/a.txt")).toMatchObject({ mode: "100644", size: 7 });
    expect(listed.map(({ path }) => path).toSorted()).toEqual(
      ["empty", "src/a.txt", ...Object.keys(awkward)].toSorted(),
    );
  });

  test("a checkout is never made over something else", async () => {
    const { clone, work } = await desk({ "a.txt": "a\n" });
    await expect(clone.checkout(clone.base.tree, work)).rejects.toBeInstanceOf(InfrastructureError);
  });
});

describe("a clone", () => {
  test("is opened again after a crash, with locks left behind, and goes on where it was", async () => {
    const { repository, clone, work } = await desk({ "a.txt": "a\n" });
    write(work, { "a.txt": "changed\n" });
    const tree = await clone.snapshot(work);
    for (const index of readdirSync(join(clone.dir, "index")))
      writeFileSync(join(clone.dir, "index", `${index}.lock`), "");
    await expect(clone.update(work, tree, clone.base.tree)).rejects.toThrow("lock");
    const again = await openClone(repository, clone.base.commit, clone.dir);
    expect(again.base).toEqual(clone.base);
    expect(await again.snapshot(work)).toBe(tree);
    await expect(openClone(repository, clone.base.commit, join(clone.dir, "none"))).rejects.toBeInstanceOf(
      WorkspaceError,
    );
  });

  test("of a linked worktree, of a shallow clone and of a borrowing clone works alike", async () => {
    const origin = makeRepository({ "a.txt": "a\n" });
    commitAll(origin, "second");
    const places = ["shallow", "shared", "linked"].map((name) => join(temporary(), name));
    const [shallow = "", shared = "", linked = ""] = places;
    git(origin, "clone", "-q", "--depth=1", `file://${origin}`, shallow);
    git(origin, "clone", "-q", "--shared", origin, shared);
    git(origin, "worktree", "add", "-q", "--detach", linked);
    for (const place of places) {
      const repository = await openRepository(place);
      const clone = await createClone(repository, repository.head, join(temporary(), "clone"));
      const work = join(temporary(), "work");
      await clone.checkout(clone.base.tree, work);
      write(work, { "b.txt": "b\n" });
      const tree = await clone.snapshot(work);
      const author = { name: "claw", email: "claw@example.org" };
      const commit = await clone.commit({ tree, parent: clone.base.commit, message: "Add b\n", author, at: 0 });
      await clone.publish(commit, "claw/b");
      expect(git(place, "show", "claw/b:b.txt")).toBe("b");
      expect(git(place, "log", "--format=%s", "-2", "claw/b")).toBe("Add b\nsecond");
      expect(git(place, "fsck", "--connectivity-only", "--no-dangling")).toBe("");
      git(place, "branch", "-D", "claw/b");
    }
  });

  test("checks a recorded symlink out as a symlink", async () => {
    const { clone, work } = await desk({ "a.txt": "a\n" });
    symlinkSync("a.txt", join(work, "l"));
    const other = join(temporary(), "other");
    await clone.checkout(await clone.snapshot(work), other);
    expect(readlinkSync(join(other, "l"))).toBe("a.txt");
  });
});
