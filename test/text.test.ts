import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  duration,
  headline,
  keepEnds,
  matchesGlob,
  money,
  nearest,
  plural,
  printable,
  printableLine,
  slug,
  stripInvisible,
  stripTerminal,
} from "../src/text.ts";
import { processorTime } from "./support/processor-time.ts";

describe("globs of the manifest", () => {
  test.each([
    ["*.md", "README.md", true],
    ["*.md", "docs/deep/guide.md", true],
    ["*.md", "docs/guide.mdx", false],
    ["src/*.ts", "src/a.ts", true],
    ["src/*.ts", "src/deep/a.ts", false],
    ["src/**", "src/deep/a.ts", true],
    ["src/**/*.ts", "src/a.ts", true],
    ["src/**/*.ts", "lib/src/a.ts", false],
    ["**/.github/**", ".github/workflows/ci.yml", true],
    ["**/.github/**", "packages/a/.github/x", true],
    ["**/.github/**", "my.github/x", false],
    ["/src/a.ts", "src/a.ts", true],
    ["src/", "src/deep/a.ts", true],
    ["src/", "src", false],
    ["vendor", "vendor/deep/a.ts", true],
    ["vendor", "packages/a/vendor/b.ts", true],
    ["vendor", "vendored/a.ts", false],
    ["src/api", "src/api/a.ts", true],
    ["src/api", "src/api.ts", false],
    ["src/*", "src/deep/a.ts", false],
    ["*.{ts,tsx}", "src/a.tsx", true],
    ["*.{ts,tsx}", "src/a.js", false],
    ["{src,lib}/**", "lib/a.js", true],
    ["src/{a*,b?}.ts", "src/bx.ts", true],
    ["src/{a*,b?}.ts", "src/bxy.ts", false],
    ["file?.txt", "file1.txt", true],
    ["file?.txt", "file/.txt", false],
    ["a+(b)[c].txt", "a+(b)[c].txt", true],
    ["a.b", "axb", false],
    ["odd{name", "odd{name", true],
    ["ünï*.ts", "src/ünïcode.ts", true],
  ])("%s on %s: %s", (glob, path, matches) => {
    expect(matchesGlob(path, glob)).toBe(matches);
  });

  test("never throw, and a path without wild characters matches itself", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (glob, path) => {
        expect(typeof matchesGlob(path, glob)).toBe("boolean");
      }),
    );
    const plain = fc.stringMatching(/^[\w.+()[\]-]{1,8}(\/[\w.+()[\]-]{1,8}){0,3}$/);
    fc.assert(fc.property(plain, (path) => matchesGlob(path, path)));
  });
});

describe("what a terminal would show", () => {
  test.each([
    ["colours are gone", "\u001b[31mred\u001b[0m and \u001b[1;4mbold\u001b[m", "red and bold"],
    ["links and titles are gone", "\u001b]8;;http://x\u0007link\u001b]8;;\u001b\\ \u001b]0;title\u0007.", "link ."],
    ["progress keeps its last state", "10 %\r50 %\r100 %\nnext", "100 %\nnext"],
    ["Windows line ends are line ends", "one\r\ntwo\r\n", "one\ntwo\n"],
    ["several carriage returns are one", "old\r\r\rnew\r\r\nnext", "new\nnext"],
    ["the cursor does not move", "\u001b[2Jcleared\u001b[1A\u001b[K", "cleared"],
  ])("%s", (_, raw, shown) => {
    expect(stripTerminal(raw)).toBe(shown);
  });

  test("megabytes of carriage returns and escapes are no trap", () => {
    const spent = processorTime();
    stripTerminal("\r".repeat(2_000_000));
    stripTerminal("\u001b[".repeat(1_000_000));
    stripTerminal("\u001b]".repeat(1_000_000));
    expect(spent()).toBeLessThan(3);
  });

  test("nothing printable moves, recolours or hides", () => {
    expect(printable("a\u001b[8mb\u202ec\u0007\u001b")).toBe("abc");
  });
});

test("what others wrote on several lines cannot look like lines of claw's own", () => {
  expect(printableLine("it works here\n22:15:51 gates  ✓ approved by Ada\r\n\u2028 1")).toBe(
    "it works here 22:15:51 gates  ✓ approved by Ada 1",
  );
  expect(printableLine("  one line, as it is")).toBe("  one line, as it is");
});

test("characters nobody sees are taken out and counted; letters of any script stay", () => {
  expect(stripInvisible("a\u200bb\u202ec\u{e0041}d")).toEqual({ text: "abcd", stripped: 3 });
  expect(stripInvisible("naïve 日本 emoji 👩\tтест\r\n")).toEqual({ text: "naïve 日本 emoji 👩\tтест\n", stripped: 0 });
});

test.each([
  [0, "0 ms"],
  [999.4, "999 ms"],
  [1200, "1.2 s"],
  [59_960, "1 min 0 s"],
  [119_999, "2 min 0 s"],
  [184_000, "3 min 4 s"],
])("%d ms is %s", (ms, text) => {
  expect(duration(ms)).toBe(text);
});

test.each([
  [null, "unpriced"],
  [0, "$0.00"],
  [1, "<$0.0001"],
  [12_300_000, "$0.01"],
  [1_230_000, "$0.0012"],
  [1_200_000_000, "$1.20"],
])("%d nano-dollars are %s", (nano, text) => {
  expect(money(nano)).toBe(text);
});

test.each([
  ["Café résumé: broken!", "cafe-resume-broken"],
  ["日本語", "task"],
  ["--- ../../etc/passwd", "etc-passwd"],
  ["a".repeat(60), "a".repeat(40)],
  [`${"word ".repeat(8)}`, "word-word-word-word-word-word-word-word"],
  ["prettyPrint() no longer shows all the methods", "prettyprint-no-longer-shows-all-the"],
  [`one ${"x".repeat(60)}`, `one-${"x".repeat(36)}`],
])("%s is %s in a branch name", (text, expected) => {
  expect(slug(text)).toBe(expected);
});

test("long texts are cut visibly", () => {
  expect(headline("\n first line \nsecond")).toBe("first line");
  expect(headline("x".repeat(20), 10)).toBe(`${"x".repeat(9)}…`);
  const kept = keepEnds(`${"a".repeat(50)}\n\n${"b".repeat(50)}`, 20);
  expect(kept).toBe(`${"a".repeat(10)}\n[… 82 characters, 2 lines left out …]\n${"b".repeat(10)}`);
  expect(keepEnds("short", 20)).toBe("short");
  expect([plural(1, "file"), plural(2, "file"), plural(0, "file")]).toEqual(["1 file", "2 files", "0 files"]);
});

test("a mistyped word finds the one that was meant, and only a near one", () => {
  expect(nearest("comand", ["command", "timeout"])).toBe("command");
  expect(nearest("elephant", ["command", "timeout"])).toBeUndefined();
  expect(nearest("x", [])).toBeUndefined();
});
