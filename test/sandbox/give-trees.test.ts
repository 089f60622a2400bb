import { existsSync, lstatSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { givenAtOnce } from "../../src/sandbox/give-trees.ts";
import { temporaryDirectory } from "../support/temporary.ts";

const agent = { uid: 12_345, gid: 12_346 };
const ownerOf = (path: string): number[] => [lstatSync(path).uid, lstatSync(path).gid];
const [theirs, roots] = [
  [12_345, 12_346],
  [0, 0],
];

describe.runIf(process.getuid?.() === 0)("trees given by root", () => {
  test("are somebody else's to the last file, links themselves too, and nothing that links lead to", () => {
    const dir = temporaryDirectory();
    const outside = temporaryDirectory();
    writeFileSync(join(outside, "mine"), "");
    mkdirSync(join(dir, "a", "b"), { recursive: true });
    const odd = Buffer.concat([Buffer.from(`${dir}/a/b/`), Buffer.from([0xff, 0x0a, 0x22])]);
    writeFileSync(odd, "");
    writeFileSync(join(dir, "file"), "");
    symlinkSync(outside, join(dir, "a", "link"));
    symlinkSync(join(outside, "mine"), join(dir, "a", "b", "link"));
    symlinkSync(outside, join(dir, "top"));

    expect(givenAtOnce([join(dir, "a"), join(dir, "file"), join(dir, "top")], agent)).toBe(true);

    for (const path of ["a", "a/b", "a/link", "a/b/link", "file", "top"])
      expect([path, ...ownerOf(join(dir, path))]).toEqual([path, ...theirs]);
    expect([lstatSync(odd).uid, lstatSync(odd).gid]).toEqual(theirs);
    for (const path of [dir, outside, join(outside, "mine")]) expect(ownerOf(path)).toEqual(roots);
  });

  test("are left to a process of the system's when there is too much, or something is not there", () => {
    const dir = temporaryDirectory();
    for (let n = 0; n < 500; n++) writeFileSync(join(dir, String(n)), "");
    expect(givenAtOnce([dir], agent)).toBe(false);
    expect(ownerOf(dir)).toEqual(roots);
    expect(givenAtOnce([join(dir, "0"), join(dir, "missing")], agent)).toBe(false);
    expect(existsSync(join(dir, "missing"))).toBe(false);
  });
});
