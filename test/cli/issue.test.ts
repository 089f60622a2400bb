import { execFileSync } from "node:child_process";
import { mkdirSync, truncateSync, writeFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Issue, readIssue } from "../../src/cli/issue.ts";
import { temporaryDirectory } from "../support/temporary.ts";

const none = (): Promise<Buffer> => Promise.resolve(Buffer.from(""));
const read = (words: string[], cwd = "/", stdin: () => Promise<Buffer> = none): Promise<Issue> =>
  readIssue(words, { cwd, stdin });

test("an issue is a file, standard input, or the words themselves", async () => {
  const cwd = temporaryDirectory();
  writeFileSync(join(cwd, "ISSUE.md"), "\ufeffIt breaks ✗\n");
  expect(await read(["ISSUE.md"], cwd)).toEqual({ source: "ISSUE.md", text: "It breaks ✗\n" });
  expect(await read(["-"], cwd, () => Promise.resolve(Buffer.from("from a pipe")))).toEqual({
    source: "standard input",
    text: "from a pipe",
  });
  expect(await read(["parseDate drops a/b.md"], cwd)).toEqual({
    source: "the command line",
    text: "parseDate drops a/b.md",
  });
  expect((await read(["x".repeat(5000)], cwd)).source).toBe("the command line");
});

test("a named pipe is read like a file", async () => {
  const cwd = temporaryDirectory();
  const pipe = join(cwd, "pipe");
  execFileSync("bash", ["-c", 'mkfifo "$0"', pipe]);
  const writing = writeFile(pipe, "it breaks\n");
  const reading = read(["pipe"], cwd);
  await writing;
  expect(await reading).toEqual({ source: "pipe", text: "it breaks\n" });
});

test.each<[what: string, word: string, message: RegExp, write: (cwd: string) => void]>([
  ["a directory", "dir", /^dir is a directory$/, (cwd) => mkdirSync(join(cwd, "dir"))],
  ["an empty file", "a.md", /^a\.md is empty$/, (cwd) => writeFileSync(join(cwd, "a.md"), " \n\u200b\n")],
  ["a binary file", "a.md", /is not text: it has zero bytes/, (cwd) => writeFileSync(join(cwd, "a.md"), "a\0b")],
  ["Latin-1", "a.md", /is not UTF-8 text/, (cwd) => writeFileSync(join(cwd, "a.md"), Buffer.from([0x66, 0xfc, 0x72]))],
  ["a file that does not exist", "ISSUE.md", /^there is no file ISSUE\.md$/, () => {}],
  ["a number that no issue has", "99999999999", /^there is no file 99999999999$/, () => {}],
  ["a number below none", "-7", /^there is no file -7$/, () => {}],
  ["a path that does not exist", "docs/issue", /^there is no file docs\/issue$/, () => {}],
  [
    "a file that is too large",
    "big.log",
    /larger than 32 MB/,
    (cwd) => {
      writeFileSync(join(cwd, "big.log"), "x");
      truncateSync(join(cwd, "big.log"), 32 * 2 ** 20 + 1);
    },
  ],
])("%s is refused as wrong usage, with a hint", async (_, word, message, write) => {
  const cwd = temporaryDirectory();
  write(cwd);
  await expect(read([word], cwd)).rejects.toMatchObject({ outcome: "usage", message: expect.stringMatching(message) });
});

test("nothing, and words without quotes, are told how to do it", async () => {
  await expect(read([])).rejects.toMatchObject({ outcome: "usage", message: "no issue was given" });
  await expect(read(["it", "breaks"])).rejects.toMatchObject({ hint: 'put a text into quotes: claw fix "it breaks"' });
});
