import { existsSync, lstatSync, readFileSync, symlinkSync, writeFileSync, chmodSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { bash, edit, read } from "../../src/tools/all.ts";
import { bashReaching } from "../../src/tools/bash.ts";
import { limits } from "../sandbox/limits.ts";
import { type Desk, desks } from "../support/desk.ts";

const open = desks();

const reading = (desk: Desk, path: string, start: number | null = null, end: number | null = null) =>
  desk.use(read, { path, start, end });
const editing = (
  desk: Desk,
  path: string,
  before: string,
  after: string,
  changes: { repeated?: boolean; all?: boolean } = {},
) =>
  desk.use(
    edit,
    { path, old_string: before, new_string: after, replace_all: changes.all ?? null },
    { repeated: changes.repeated ?? false },
  );
const running = (desk: Desk, command: string, timeout: number | null = null) =>
  desk.use(bash, { command, timeout_s: timeout });

describe("read", () => {
  const files = {
    "a.txt": "one\ntwo\nthree\n",
    "no-newline.txt": "one",
    "empty.txt": "",
    "binary.bin": Uint8Array.from([1, 2, 0, 3]),
    "latin1.txt": Uint8Array.from([0x63, 0x61, 0x66, 0xe9, 0x0a]),
    "long-line.txt": `${"x".repeat(100_000)}\nshort\n`,
    "many-lines.txt": Array.from({ length: 1000 }, (_, index) => `line ${index + 1}`).join("\n"),
    "wide.txt": Array.from({ length: 100 }, () => "w".repeat(390)).join("\n"),
    "with space/-dash.txt": "inside\n",
    "-": "a file of this name\n",
    "-n": "and of this\n",
    "folder/x": "",
  };

  test("shows what there is, numbered, and says when there is more or nothing", async () => {
    const desk = await open(files);
    const text = async (...args: [string, (number | null)?, (number | null)?]) => (await reading(desk, ...args)).text;
    expect(await text("a.txt")).toBe("a.txt, 3 lines\n1\tone\n2\ttwo\n3\tthree");
    expect(await text("a.txt", 2, 2)).toBe("a.txt, lines 2-2 of 3 lines\n2\ttwo");
    expect(await text("a.txt", 2, 99)).toBe("a.txt, lines 2-3 of 3 lines\n2\ttwo\n3\tthree");
    expect(await text("a.txt", 4)).toBe("a.txt has 3 lines; there is no line 4");
    expect(await text("a.txt", 3, 2)).toBe("line 2 comes before line 3: nothing to read");
    expect(await text("no-newline.txt")).toBe("no-newline.txt, 1 line\n1\tone");
    expect(await text("empty.txt")).toBe("empty.txt is empty");
    expect(await text("binary.bin")).toBe("binary.bin is binary (4 bytes); use bash to look at it");
    expect(await text("latin1.txt")).toBe("latin1.txt, 1 line\n1\tcaf\ufffd");
    expect(await text("with space/-dash.txt")).toBe("with space/-dash.txt, 1 line\n1\tinside");
    expect(await text("-")).toBe("-, 1 line\n1\ta file of this name");
    expect(await text("-n")).toBe("-n, 1 line\n1\tand of this");
  });

  test("cuts long lines and long files visibly", async () => {
    const desk = await open(files);
    expect((await reading(desk, "long-line.txt")).text).toBe(
      `long-line.txt, 2 lines\n1\t${"x".repeat(400)}… (100000 characters)\n2\tshort`,
    );
    const many = (await reading(desk, "many-lines.txt")).text.split("\n");
    expect([many[0], many.at(-1)]).toEqual(["many-lines.txt, lines 1-250 of 1000 lines", "250\tline 250"]);
    const wide = (await reading(desk, "wide.txt")).text;
    expect(wide.split("\n", 1)).toEqual(["wide.txt, lines 1-30 of 100 lines"]);
    expect(wide.length).toBeLessThan(12_500);
  });

  const huge = { "huge.txt": `${"y".repeat(99)}\n`.repeat(90_000) };

  test("takes in no more than 8 MiB of a file, and says so", async () => {
    const desk = await open(huge, () => ({
      limits: { ...limits, outputBytes: 16 * 2 ** 20, outputKillBytes: 64 * 2 ** 20 },
    }));
    expect((await reading(desk, "huge.txt")).text.split("\n", 1)).toEqual([
      "huge.txt, lines 1-121 of more than 83887 lines",
    ]);
    expect((await editing(desk, "huge.txt", "a", "b")).text).toBe("huge.txt is larger than 8 MiB; use bash");
  });

  test("never takes what a sandbox shows of a file for the file", async () => {
    const desk = await open(huge, () => ({ limits: { ...limits, outputBytes: 2 ** 20 } }));
    const problem = "huge.txt is too large to be read at once; use bash";
    expect(await reading(desk, "huge.txt")).toEqual({ ok: false, text: problem });
    expect(await editing(desk, "huge.txt", "y\n", "z\n", { all: true })).toEqual({ ok: false, text: problem });
    expect(desk.file("huge.txt")).toBe(huge["huge.txt"]);
  });

  test.each([
    ["missing.txt", "missing.txt: No such file or directory"],
    ["folder", "folder: Is a directory"],
    ["a.txt/below", "a.txt/below: Not a directory"],
    ["/etc/shadow", "/etc/shadow: No such file or directory"],
    ["/proc/1/mem", "/proc/1/mem: "],
  ])("says why it cannot show %s", async (path, reason) => {
    const result = await reading(await open(files), path);
    expect(result.ok).toBe(false);
    expect(result.text.slice(0, reason.length)).toBe(reason);
  });

  test("sees nothing of the host, neither by path nor through a link", async () => {
    const desk = await open(files);
    const secret = join(desk.workspace, "..", "secret.txt");
    writeFileSync(secret, "of the host");
    symlinkSync(secret, join(desk.workspace, "link"));
    for (const path of [secret, "link", "../secret.txt", "/workspace/../secret.txt"]) {
      expect(await reading(desk, path)).toMatchObject({
        ok: false,
        text: expect.stringContaining("No such file") as string,
      });
    }
  });
});

describe("edit", () => {
  test("changes one passage and shows it; mode, neighbours and line ends stay", async () => {
    const desk = await open({ "run.sh": "#!/bin/sh\r\necho one\r\necho two\r\n" });
    chmodSync(join(desk.workspace, "run.sh"), 0o755);
    const result = await editing(desk, "run.sh", "echo one\necho two", "echo $& three");
    expect(result).toEqual({
      ok: true,
      text: expect.stringContaining("edited run.sh\n1\t#!/bin/sh\n2\techo $& three") as string,
    });
    expect(desk.file("run.sh")).toBe("#!/bin/sh\r\necho $& three\r\n");
    expect(lstatSync(join(desk.workspace, "run.sh")).mode & 0o777).toBe(0o755);
  });

  test("creates a file with the folders it needs, or replaces all of one", async () => {
    const desk = await open({ "old.txt": "before" });
    expect(await editing(desk, "new folder/-deep/a.txt", "", "a\nb\n")).toEqual({
      ok: true,
      text: "wrote new folder/-deep/a.txt (2 lines)",
    });
    expect(desk.file("new folder/-deep/a.txt")).toBe("a\nb\n");
    await editing(desk, "old.txt", "", "after");
    expect(desk.file("old.txt")).toBe("after");
    await editing(desk, "-", "", "a name like any other");
    expect(desk.file("-")).toBe("a name like any other");
  });

  test("leaves a file alone, byte for byte, when it cannot do what was asked", async () => {
    const latin1 = Uint8Array.from([0x63, 0x61, 0x66, 0xe9, 0x0a]);
    const desk = await open({ "latin1.txt": latin1, "twice.txt": "a a", "utf8.txt": "ü\n" });
    expect((await editing(desk, "latin1.txt", "caf", "tea")).text).toBe(
      "latin1.txt is not UTF-8 text; use bash to change it",
    );
    expect((await editing(desk, "twice.txt", "a", "b")).text).toContain(
      "twice.txt not changed: old_string occurs 2 times",
    );
    expect((await editing(desk, "utf8.txt", "u", "b")).text).toContain(
      "utf8.txt not changed: old_string is not in the file",
    );
    expect((await editing(desk, "missing.txt", "a", "b")).text).toBe("missing.txt: No such file or directory");
    expect(Uint8Array.from(readFileSync(join(desk.workspace, "latin1.txt")))).toEqual(latin1);
    expect([desk.file("twice.txt"), desk.file("utf8.txt")]).toEqual(["a a", "ü\n"]);
  });

  test("keeps a byte order mark and everything else it was not asked to change", async () => {
    const desk = await open({ "bom.txt": "\ufeffone\u2028two\u0000three\n" });
    await editing(desk, "bom.txt", "two", "2");
    expect(desk.file("bom.txt")).toBe("\ufeffone\u2028\u0032\u0000three\n");
  });

  test("does not reach the host, neither by path nor through a link", async () => {
    const desk = await open();
    const target = join(desk.workspace, "..", "target.txt");
    writeFileSync(target, "of the host");
    symlinkSync(target, join(desk.workspace, "link"));
    expect((await editing(desk, "link", "", "changed")).ok).toBe(false);
    await editing(desk, "../target.txt", "", "changed");
    expect(readFileSync(target, "utf8")).toBe("of the host");
    expect((await editing(desk, "/etc/passwd", "", "changed")).ok).toBe(false);
  });

  test("does not change a frozen file, and says that it is frozen", async () => {
    const frozen = (workspace: string) => ({
      mounts: [{ source: join(workspace, "test/a.test.ts"), target: "/workspace/test/a.test.ts" }],
    });
    const desk = await open({ "test/a.test.ts": "expect(1).toBe(2);" }, frozen);
    expect(await editing(desk, "test/a.test.ts", "toBe(2)", "toBe(1)")).toEqual({
      ok: false,
      text: "test/a.test.ts not changed: Read-only file system (this file is frozen)",
    });
    expect(desk.file("test/a.test.ts")).toBe("expect(1).toBe(2);");
    expect((await editing(desk, "test/b.test.ts", "", "new")).ok).toBe(true);
  });

  test("into a folder is refused with the reason", async () => {
    const desk = await open({ "folder/x": "" });
    expect(await editing(desk, "folder", "", "text")).toEqual({
      ok: false,
      text: "folder not changed: Is a directory",
    });
  });

  describe("again after an interruption", () => {
    test.each([
      ["that came before it", "one\ntwo\n", "two", "2", "one\n2\n"],
      ["that came after it", "one\n2\n", "two", "2", "one\n2\n"],
      ["that came before something was taken out", "one\ntwo\n", "two\n", "", "one\n"],
      ["that came after something was taken out", "one\n", "two\n", "", "one\n"],
      ["that came before something was added", "one\n", "one\n", "one\ntwo\n", "one\ntwo\n"],
      ["that came after something was added", "one\ntwo\n", "one\n", "one\ntwo\n", "one\ntwo\n"],
      ["that came before it, where the new text stood elsewhere already", "2\ntwo\n", "two", "2", "2\n2\n"],
    ])("%s: the file is as it should be", async (_, text, before, after, expected) => {
      const desk = await open({ "a.txt": text });
      expect(await editing(desk, "a.txt", before, after, { repeated: true })).toMatchObject({ ok: true });
      expect(desk.file("a.txt")).toBe(expected);
    });
  });
});

describe("bash", () => {
  test("tells the model the hosts that commands can reach, and that there are none", () => {
    expect(bash.spec.about).toContain("in a sandbox without network.");
    expect(bashReaching(["api.example.org:443"]).spec.about).toContain("that reaches only api.example.org:443.");
  });

  test("runs in the workspace; output of both kinds in its order, exit code first", async () => {
    const desk = await open({ "a.txt": "here" });
    const result = await running(desk, "cat a.txt; echo; echo oops >&2; echo done; exit 3");
    expect(result).toMatchObject({ ok: false, exitCode: 3, full: "here\noops\ndone" });
    expect(result.text).toMatch(/^\[exit 3, [\d.]+ m?s\]\nhere\noops\ndone$/);
    expect((await running(desk, "true")).text).toMatch(/^\[exit 0, \d+ ms\]\n\(no output\)$/);
  });

  test("shows what a terminal would show", async () => {
    const desk = await open();
    const { text } = await running(desk, String.raw`printf '\033[31mred\033[0m 10%%\r100%%\nnul:\0.\n'`);
    expect(text.split("\n").slice(1)).toEqual(["100%", "nul:\u2400."]);
  });

  test("cuts a long output visibly, head and tail stay, and the whole is in the file it names", async () => {
    const desk = await open();
    const { text, full } = await running(desk, "echo first; seq 1 5000; echo last");
    const lines = text.split("\n");
    expect(lines.slice(1, 3)).toEqual(["first", "1"]);
    expect(lines.at(-1)).toBe("last");
    expect(text.length).toBeLessThan(10_500);
    expect(text).toMatch(/\[… \d+ of 23903 characters left out; all of it: \/tmp\/output-1\.txt …\]/);
    const { full: again } = await running(desk, "wc -c < /tmp/output-1.txt; sed -n 2500,2501p /tmp/output-1.txt");
    expect(again).toBe("23903\n2499\n2500");
    expect(full).toHaveLength(23_903);
  });

  test("keeps the end of one long line too", async () => {
    const desk = await open();
    const { text } = await running(desk, `printf 'start'; head -c 100000 /dev/zero | tr '\\0' x; printf 'the error'`);
    expect(text).toContain("\nstartxxx");
    expect(text.endsWith("the error")).toBe(true);
    expect(text.length).toBeLessThan(10_500);
  });

  test("says honestly when not even the file has all of it", async () => {
    const desk = await open({}, () => ({ limits: { ...limits, outputBytes: 50_000 } }));
    const { text } = await running(desk, "echo first; seq 1 50000; echo last");
    expect(text).toContain("what was kept of it: /tmp/output-1.txt");
    expect(text.endsWith("\nlast")).toBe(true);
  });

  test("is killed at its time limit, and says so", async () => {
    const desk = await open();
    const result = await running(desk, "echo begun; sleep 60", 1);
    expect(result).toMatchObject({ ok: false, exitCode: 124 });
    expect(result.text).toMatch(/^\[killed after 1\.0 s, .*\]\nbegun$/);
  });

  test("that was aborted throws: it has no result", async () => {
    const desk = await open();
    const stop = new AbortController();
    const interrupted = new Error("stop");
    const onOutput = () => stop.abort(interrupted);
    const call = desk.use(
      bash,
      { command: "echo begun; sleep 60", timeout_s: null },
      { signal: stop.signal, onOutput },
    );
    await expect(call).rejects.toBe(interrupted);
  });
});

test("arguments that do not fit are named, and nothing is done", async () => {
  const desk = await open();
  expect(await desk.use(bash, { command: "touch made", timeout_s: 901 })).toEqual({
    ok: false,
    text: expect.stringMatching(/^not run: timeout_s: is at most 900/) as string,
  });
  expect((await desk.use(edit, { path: "made", old_string: "", new_string: "" })).text).toMatch(
    /^not run: replace_all: /,
  );
  expect((await desk.use(read, { path: "x", start: 1, end: 2, mode: "fast" })).text).toMatch(
    /^not run: arguments: Unrecognized key/,
  );
  expect(existsSync(join(desk.workspace, "made"))).toBe(false);
});
