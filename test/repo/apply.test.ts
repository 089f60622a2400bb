import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { WorkspaceError } from "../../src/errors.ts";
import { applyPatch } from "../../src/repo/apply.ts";
import { createClone } from "../../src/repo/clone.ts";
import { openRepository } from "../../src/repo/repository.ts";
import { fingerprint, git, makeRepository, temporary, write } from "./fixture.ts";

async function patchFor(dir: string, files: Readonly<Record<string, string | Buffer>>): Promise<Buffer> {
  const repository = await openRepository(dir);
  const clone = await createClone(repository, repository.head, join(temporary(), "clone"));
  const work = join(temporary(), "work");
  await clone.checkout(clone.base.tree, work);
  write(work, files);
  return (await clone.diff(clone.base.tree, await clone.snapshot(work))).patch;
}

test("a patch goes to the working files and not to the index", async () => {
  const dir = makeRepository({ "a.txt": "1\n2\n3\n4\n5\n6\n7\n8\n", "b.bin": Buffer.from([0, 1]) });
  const patch = await patchFor(dir, {
    "a.txt": "1\n2\n3\n4\n5\n6\n7\nacht\n",
    "b.bin": Buffer.from([0, 2]),
    "n w.txt": "n\n",
  });
  write(dir, { "a.txt": "one\n2\n3\n4\n5\n6\n7\n8\n" });
  const index = readFileSync(join(dir, ".git/index"));
  const before = fingerprint(dir);
  expect(await applyPatch(dir, patch, { check: true })).toEqual({ ok: true, conflicts: "" });
  expect(fingerprint(dir)).toEqual(before);
  expect(await applyPatch(dir, patch, { check: false })).toEqual({ ok: true, conflicts: "" });
  expect(readFileSync(join(dir, "a.txt"), "utf8")).toBe("one\n2\n3\n4\n5\n6\n7\nacht\n");
  expect(readFileSync(join(dir, "b.bin"))).toEqual(Buffer.from([0, 2]));
  expect(readFileSync(join(dir, ".git/index")).equals(index)).toBe(true);
  expect(git(dir, "status", "--porcelain")).toBe(' M a.txt\n M b.bin\n?? "n w.txt"');
});

test("a patch that does not fit everywhere changes nothing and says where", async () => {
  const dir = makeRepository({ "a.txt": "a\n", "b.txt": "b\n" });
  const patch = await patchFor(dir, { "a.txt": "A\n", "b.txt": "B\n", "new.txt": "n\n" });
  write(dir, { "b.txt": "mine\n", "new.txt": "also mine\n" });
  const before = fingerprint(dir);
  const { ok, conflicts } = await applyPatch(dir, patch, { check: false });
  expect(ok).toBe(false);
  expect(conflicts).toContain("b.txt");
  expect(conflicts).toContain("new.txt");
  expect(fingerprint(dir)).toEqual(before);
});

test("text that is no patch, and a patch that leaves the tree, are refused", async () => {
  const dir = makeRepository({ "a.txt": "a\n" });
  const before = fingerprint(dir);
  const climbing =
    "diff --git a/../out.txt b/../out.txt\nnew file mode 100644\n--- /dev/null\n+++ b/../out.txt\n@@ -0,0 +1 @@\n+x\n";
  const hook =
    "diff --git a/.git/hooks/x b/.git/hooks/x\nnew file mode 100755\n--- /dev/null\n+++ b/.git/hooks/x\n@@ -0,0 +1 @@\n+x\n";
  for (const text of ["hello", climbing, hook]) {
    expect((await applyPatch(dir, Buffer.from(text), { check: false })).ok).toBe(false);
  }
  expect(fingerprint(dir)).toEqual(before);
  expect(await applyPatch(dir, Buffer.alloc(0), { check: false })).toEqual({ ok: true, conflicts: "" });
  await expect(applyPatch(temporary(), Buffer.alloc(0), { check: false })).rejects.toBeInstanceOf(WorkspaceError);
});
