import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { replaceOnce } from "../../src/tools/replace.ts";
import { processorTime } from "../support/processor-time.ts";

const replace = (text: string, before: string, after: string, all = false) => replaceOnce(text, { before, after, all });
const problem = (text: string, before: string, after = "x", all = false): string => {
  const replaced = replace(text, before, after, all);
  return "problem" in replaced ? replaced.problem : `no problem: ${replaced.text}`;
};
const textOf = (...args: Parameters<typeof replace>): string => {
  const replaced = replace(...args);
  return "text" in replaced ? replaced.text : `problem: ${replaced.problem}`;
};

describe("one exact passage", () => {
  test.each([
    ["in the middle", "a\nb\nc\n", "b", "B", "a\nB\nc\n"],
    ["over several lines", "a\nb\nc\n", "a\nb", "x\ny\nz", "x\ny\nz\nc\n"],
    ["deleted", "a\nb\nc\n", "b\n", "", "a\nc\n"],
    ["with what means something in replacements elsewhere", "a b c", "b", "$& $1 $$ $`", "a $& $1 $$ $` c"],
    ["with what means something in patterns elsewhere", "a (b)* [c]", "(b)* [c]", "d", "a d"],
    ["in any script", "naïve 日本 👩‍💻 ñ", "👩‍💻 ñ", "日", "naïve 日本 日"],
    ["at the end of a file without a last newline", "a\nb", "b", "c", "a\nc"],
    ["a whole file", "a", "a", "b", "b"],
  ])("%s", (_, text, before, after, expected) => {
    expect(textOf(text, before, after)).toBe(expected);
  });

  test("is shown with a few numbered lines around it", () => {
    const text = Array.from({ length: 20 }, (_, index) => `line ${index + 1}`).join("\n");
    const replaced = replace(text, "line 10", "changed\ntwice");
    expect("around" in replaced && replaced.around.split("\n")).toEqual([
      ...[6, 7, 8, 9].map((line) => `${line}\tline ${line}`),
      "10\tchanged",
      "11\ttwice",
      ...[12, 13, 14, 15].map((line) => `${line}\tline ${line - 1}`),
    ]);
  });
});

test("several exact passages are replaced only when all are meant", () => {
  expect(problem("a\nb\na\n", "a")).toBe(
    "old_string occurs 2 times (lines 1, 3): add lines around it, or set replace_all",
  );
  expect(textOf("a\nb\na\n", "a", "$&", true)).toBe("$&\nb\n$&\n");
});

test("nothing, and the same again, are no edits", () => {
  expect(problem("text", "")).toBe("old_string is empty");
  expect(problem("text", "ex", "ex")).toBe("old_string and new_string are the same");
});

describe("a passage under another indentation is found where there is only one such place:", () => {
  test.each([
    [
      "too little",
      "if (a) {\n    one();\n    two();\n}\n",
      "one();\ntwo();",
      "three();\n  four();",
      "if (a) {\n    three();\n      four();\n}\n",
    ],
    ["too much", "one();\n  two();\n", "    one();\n      two();", "    three();", "three();\n"],
    [
      "spaces for tabs",
      "\tone();\n\ttwo();\n",
      "  one();\n  two();",
      "  three();\n\n  four();",
      "\tthree();\n\n\tfour();\n",
    ],
    ["empty lines between", "  one();\n\n  two();\n", "one();\n\ntwo();\n", "three();\n", "  three();\n"],
    ["deleted", "a\n    one();\n    two();\nb\n", "one();\ntwo();\n", "", "a\nb\n"],
  ])("%s", (_, text, before, after, expected) => {
    expect(textOf(text, before, after)).toBe(expected);
  });

  test("not where there are two", () => {
    expect(problem("  one();\n  two();\n    one();\n    two();\n", "one();\ntwo();")).toContain("not in the file");
  });

  test("not where lines differ by more", () => {
    expect(problem("  one();\n    two();\n", "one();\ntwo();")).toContain("not in the file");
  });
});

describe("a passage that is nowhere", () => {
  test("is answered with the nearest lines, the differing ones marked", () => {
    const text = "start\nfunction add(a, b) {\n  // sums\n  return a + b;\n}\nend\n";
    expect(problem(text, "function add(a, b) {\n  return a + b;\n}")).toBe(
      "old_string is not in the file. The nearest lines are:\n  2\tfunction add(a, b) {\n! 3\t  // sums\n! 4\t  return a + b;",
    );
  });

  test("by its words, when no line is the same", () => {
    const lines = Array.from({ length: 50 }, (_, index) => `const other${index} = ${index};`);
    lines[30] = "export function parseDate(text: string): Date {";
    expect(problem(lines.join("\n"), "function parseDate(text) {")).toContain("! 31\texport function parseDate");
  });

  test("is answered in a moment also for a huge file and a huge passage", () => {
    const huge = Array.from({ length: 200_000 }, (_, index) => `  const value${index} = compute(${index});`).join("\n");
    const spent = processorTime();
    expect(problem(huge, Array.from({ length: 2000 }, () => "  const value = compute();").join("\n"))).toContain(
      "not in the file",
    );
    expect(spent()).toBeLessThan(3);
  });

  test("in an empty file is no crash", () => {
    expect(problem("", "anything")).toContain("not in the file");
  });
});

describe("line ends", () => {
  test("of a Windows file stay as they are, and are matched by plain ones", () => {
    expect(textOf("a\r\nb\r\nc\r\n", "a\nb\n", "x\ny\nz\n")).toBe("x\r\ny\r\nz\r\nc\r\n");
    expect(textOf("  a\r\n  b\r\n", "a\nb", "x\ny")).toBe("  x\r\n  y\r\n");
  });
  test("given as they are in the file are taken as they are", () => {
    expect(textOf("a\r\nb\r\n", "a\r\nb", "x\r\ny")).toBe("x\r\ny\r\n");
  });
  test("that are mixed are never evened out", () => {
    expect(textOf("a\r\nb\nc\n", "b", "x\ny")).toBe("a\r\nx\ny\nc\n");
  });
});

test("an exact edit of any text can be taken back", () => {
  const word = fc.stringMatching(/^[a-c \t\n$&]{1,6}$/);
  fc.assert(
    fc.property(word, word, word, (head, middle, tail) => {
      const [text, marker] = [`${head}<<${middle}>>${tail}`, "[[$&]]"];
      const there = textOf(text, `<<${middle}>>`, marker);
      fc.pre(!`${head}${tail}`.includes(marker));
      expect(textOf(there, marker, `<<${middle}>>`)).toBe(text);
    }),
  );
});
