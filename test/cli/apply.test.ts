import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { git, makeRepository, temporary } from "../repo/fixture.ts";
import { type } from "../support/cli-desk.ts";
import { memoryLedger, recordProvenFix } from "../support/recorded-fix.ts";

const before = "export const slug = (text: string) =>\n  text.toLowerCase();\n\n";

async function stage() {
  const root = makeRepository({ "src/slug.ts": before, "docs/a.md": "a" });
  const ledger = await memoryLedger();
  await recordProvenFix(ledger, "aaa1", root);
  return { root, apply: (cwd: string, ...flags: string[]) => type(["apply", ...flags], { ledger, cwd }) };
}

test("apply changes the working files and not the index, from anywhere in the repository", async () => {
  const { root, apply } = await stage();
  expect(await apply(join(root, "docs"))).toEqual({
    code: 0,
    out: `2 files changed in ${root}\n  src/slug.ts        +2 −1\n  test/slug.test.ts  +1 −0\n`,
    err: "",
  });
  expect(git(root, "status", "--porcelain")).toBe(" M src/slug.ts\n?? test/");
});

test("apply --check changes nothing", async () => {
  const { root, apply } = await stage();
  expect((await apply(root, "--check")).out).toContain("2 files would be changed");
  expect(git(root, "status", "--porcelain")).toBe("");
});

test("a conflict changes nothing and says what to do", async () => {
  const { root, apply } = await stage();
  writeFileSync(join(root, "src/slug.ts"), "something else\n");
  const { code, err } = await apply(root);
  expect(code).toBe(23);
  expect(err).toMatch(
    /^claw: the change does not fit the files in .*: patch failed: src\/slug\.ts:1\n {2}nothing was changed; /,
  );
  expect(err).toContain("git merge claw/umlauts-are-lost-r1");
  expect(readFileSync(join(root, "src/slug.ts"), "utf8")).toBe("something else\n");
});

test("another repository is changed only when it is named", async () => {
  const { apply } = await stage();
  const elsewhere = makeRepository({ "src/slug.ts": before });
  const { code, err } = await apply(elsewhere);
  expect({ code, hint: err.split("\n")[1] }).toEqual({ code: 2, hint: "  change to it, or say where: --to <path>" });
  expect((await apply(temporary(), "--to", elsewhere)).code).toBe(0);
  expect(git(elsewhere, "status", "--porcelain")).toContain("src/slug.ts");
});

test("a linked worktree belongs to the same repository", async () => {
  const { root, apply } = await stage();
  const linked = join(temporary(), "linked");
  git(root, "worktree", "add", "-q", linked);
  expect((await apply(linked)).out).toContain(`2 files changed in ${linked}`);
  expect(git(root, "status", "--porcelain")).toBe("");
});
