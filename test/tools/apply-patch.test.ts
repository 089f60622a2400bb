import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { applyPatch } from "../../src/tools/all.ts";
import { judge } from "../../src/policy/judge.ts";
import { roles } from "../../src/policy/roles.ts";
import { offeredTools } from "../../src/tools/offered.ts";
import { isPatched, patchLines } from "../../src/tools/patch-lines.ts";
import { readPatch } from "../../src/tools/patch-text.ts";
import { desks } from "../support/desk.ts";

const patch = (...lines: string[]): string => ["*** Begin Patch", ...lines, "*** End Patch"].join("\n");
const update = (...lines: string[]): string => patch("*** Update File: a.ts", ...lines);

/** What one file becomes, or why it stays. */
function applied(text: string, ...lines: string[]): string {
  const read = readPatch(update(...lines));
  if ("problem" in read) return read.problem;
  const [change] = read.changes;
  if (change?.kind !== "update") throw new TypeError("an update was asked for");
  const patched = patchLines(text, change.hunks);
  return "problem" in patched ? patched.problem : patched.text;
}

const bench = desks();

describe("a patch", () => {
  test("is read whole: files that come, go, move and change", () => {
    const read = readPatch(
      patch(
        "*** Add File: new/b.ts",
        "+one",
        "+",
        "*** Delete File: old.ts",
        "",
        "*** Update File: a.ts",
        "*** Move to: c.ts",
        "@@ class A",
        "@@ def f",
        " x",
        "-y",
        "+z",
        "*** End of File",
      ),
    );
    expect(read).toEqual({
      changes: [
        { kind: "add", path: "new/b.ts", text: "one\n\n" },
        { kind: "delete", path: "old.ts" },
        {
          kind: "update",
          path: "a.ts",
          to: "c.ts",
          hunks: [{ below: ["class A", "def f"], lines: [" x", "-y", "+z"], atEnd: true }],
        },
      ],
    });
  });

  test.each([
    ["no beginning", "-a\n+b", 'a patch begins with "*** Begin Patch"'],
    [
      "no end",
      "*** Begin Patch\n*** Update File: a.ts\n-a\n+b",
      'a patch ends with "*** End Patch": send it again, whole',
    ],
    ["nothing in it", patch(), "the patch changes no file"],
    [
      "a line of no kind",
      update("-a", "b"),
      'line 4 of the patch: expected a line that begins with " ", "+", "-" or "@@", not: b',
    ],
    [
      "a diff of another kind",
      patch("--- a/a.ts", "+++ b/a.ts"),
      'line 2 of the patch: expected "*** Update File: <path>", Add File or Delete File, not: --- a/a.ts',
    ],
    [
      "a new file without marks",
      patch("*** Add File: b.ts", "one"),
      'line 3 of the patch: expected a line that begins with "+", not: one',
    ],
    [
      "an update without lines",
      update("@@ f"),
      'a.ts: a change without lines; give what goes with "-" and what comes with "+"',
    ],
    [
      "one file twice",
      patch("*** Delete File: a", "*** Add File: a", "+x"),
      "a comes twice: put its changes below one another",
    ],
  ])("with %s is answered, not applied", (_, text, problem) => {
    expect(readPatch(text)).toEqual({ problem });
  });
});

describe("a hunk", () => {
  const file = "class A {\n  f() {\n    return 1;\n  }\n}\nclass B {\n  f() {\n    return 1;\n  }\n}\n";

  test("is put where its lines stand, and each behind the one before it", () => {
    expect(applied("a\nb\nc\nd\n", "-a", "+A", "@@", " c", "-d", "+D", "+e")).toBe("A\nb\nc\nD\ne\n");
    expect(applied("a\nb\n", "-b", "+B", "@@", "-a", "+A")).toContain("after the change before it");
    expect(applied("a\nb\n", "@@ -1,2 +1,2 @@", " a", "-b", "+c")).toBe("a\nc\n");
  });

  test("is put below the lines that it names, fully or by their beginning", () => {
    const wanted = file.replace(/1(?=[^1]*$)/, "2");
    expect(applied(file, "@@ class B {", "-    return 1;", "+    return 2;")).toBe(wanted);
    expect(applied(file, "@@ class B", "@@ f()", "-    return 1;", "+    return 2;")).toBe(wanted);
    expect(applied(file, "@@ class B {", " class B {", "   f() {", "-    return 1;", "+    return 2;")).toBe(wanted);
    expect(applied(file, "@@ class C", "-    return 1;", "+    return 2;")).toBe('there is no line "class C"');
  });

  test("that could be meant for several places is put in none", () => {
    expect(applied(file, "-    return 1;", "+    return 2;")).toBe(
      'the lines occur 2 times (at 3, 8): add lines around them, or "@@ <a line above>"',
    );
  });

  test("whose lines are not there shows the nearest ones", () => {
    expect(applied(file, " class A {", "-  g() {", "+  h() {")).toBe(
      "these lines are not in the file. The nearest are:\n  1\tclass A {\n! 2\t  f() {",
    );
  });

  test("of new lines only goes to the named place, else to the end", () => {
    expect(applied("a\nb\n", "@@ a", "+x")).toBe("a\nx\nb\n");
    expect(applied("a\nb", "+x")).toBe("a\nb\nx");
    expect(applied("", "+x")).toBe("x\n");
  });

  test("at the end of the file is not taken for the same lines above", () => {
    expect(applied("x\ny\nx\n", "-x", "+z", "*** End of File")).toBe("x\ny\nz\n");
  });

  test("keeps line ends, and what the file has at the ends of lines that stay", () => {
    expect(applied("a\r\nb\r\n", " a", "-b", "+c")).toBe("a\r\nc\r\n");
    expect(applied("a  \nb\nc \n", " a", "-b", "+B", " c")).toBe("a  \nB\nc \n");
    expect(applied("a\nb", "-b", "+c")).toBe("a\nc");
  });

  test("that was applied before is known again, also where its old lines are part of the new", () => {
    const hunks = (...lines: string[]) => [{ below: [], lines, atEnd: false }];
    expect(isPatched("a\nB\n", hunks(" a", "-b", "+B"))).toBe(true);
    expect(isPatched("a\nb\n", hunks(" a", "-b", "+B"))).toBe(false);
    expect(isPatched("a\nx\n", hunks(" a", "+x"))).toBe(true);
    expect(isPatched("a\n", hunks(" a", "+x"))).toBe(false);
  });
});

test("apply_patch changes files in the sandbox, all of them or none, and no frozen one", async () => {
  const open = { "src/a.ts": "one\ntwo\n", "gone.ts": "x\n", "test/frozen.test.ts": "expect(1);\n" };
  const desk = await bench(open, (workspace) => ({
    mounts: [{ source: join(workspace, "test/frozen.test.ts"), target: "/workspace/test/frozen.test.ts" }],
  }));
  const use = (input: string, repeated = false) => desk.use(applyPatch, { input }, { repeated });
  const all = patch(
    "*** Update File: src/a.ts\n*** Move to: src/c.ts\n one\n-two\n+2",
    "*** Delete File: gone.ts\n*** Add File: new dir/b.ts\n+b",
  );
  const frozen = ["*** Update File: test/frozen.test.ts", "-expect(1);", "+expect(2);"];

  const refused = await use(patch("*** Update File: src/a.ts", "-one", "+1", "*** Add File: n.ts", "+n", ...frozen));
  expect(refused).toEqual({
    ok: false,
    text: "test/frozen.test.ts not changed: Read-only file system (this file is frozen)\nNo other file of the patch was changed either.",
  });
  expect([desk.file("src/a.ts"), existsSync(join(desk.workspace, "n.ts"))]).toEqual(["one\ntwo\n", false]);

  const missed = await use(patch("*** Add File: n.ts", "+n", "*** Update File: src/a.ts", "-three", "+3"));
  expect(missed.text).toContain("src/a.ts not changed: these lines are not in the file");
  expect(existsSync(join(desk.workspace, "n.ts"))).toBe(false);

  const onto = (to: string) => use(patch("*** Update File: src/a.ts", `*** Move to: ${to}`, " one", "-two", "+two"));
  expect((await onto("gone.ts")).text).toBe("src/a.ts not changed: gone.ts exists already");
  expect([(await onto("src/a.ts")).ok, desk.file("src/a.ts"), desk.file("gone.ts")]).toEqual([
    true,
    "one\ntwo\n",
    "x\n",
  ]);

  expect(await use(all)).toEqual({
    ok: true,
    text: "moved src/a.ts to src/c.ts\n1\tone\n2\t2\n3\t\ndeleted gone.ts\nwrote new dir/b.ts",
  });
  expect([desk.file("src/c.ts"), desk.file("new dir/b.ts")]).toEqual(["one\n2\n", "b\n"]);
  expect(["src/a.ts", "gone.ts"].map((path) => existsSync(join(desk.workspace, path)))).toEqual([false, false]);

  expect((await use(all, true)).text).toContain("before an interruption");
  expect((await use(all)).text).toContain("src/a.ts not changed: No such file");
  expect((await use("nonsense")).text).toBe('nothing was changed: a patch begins with "*** Begin Patch"');
  expect(applyPatch.summary({ input: all })).toBe("src/a.ts, src/c.ts, gone.ts, new dir/b.ts");
});

test("a session has one way to change files: that of its model, and none where its role may not edit", () => {
  const names = (role: keyof typeof roles, patches: boolean) =>
    offeredTools(roles[role], { patches }).map(({ spec }) => spec.name);
  expect(names("patch", false)).toEqual(["bash", "edit", "finish", "read"]);
  expect(names("patch", true)).toEqual(["apply_patch", "bash", "finish", "read"]);
  expect(names("propose", true)).toEqual(["bash", "finish", "read"]);
  expect(judge(roles.patch, "apply_patch").verdict).toBe("allow");
  expect(judge(roles.propose, "apply_patch")).toEqual({ verdict: "deny", rule: "role propose has no edit" });
});
