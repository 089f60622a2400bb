import { describe, expect, test } from "vitest";
import { candidatesOf, type Candidate } from "../../../src/engines/search/candidates.ts";
import { languageOf } from "../../../src/engines/search/languages.ts";
import { openReaders, type Reader } from "../../../src/engines/search/parse.ts";

const readers = openReaders();

async function readerFor(path: string): Promise<Reader> {
  const language = languageOf(path);
  if (!language) throw new Error(`no language for ${path}`);
  return readers(language);
}

/** All candidates for a text whose every line is equally suspicious. */
async function candidates(
  path: string,
  text: string,
  waves: readonly (1 | 2 | 3 | 4)[] = [1, 2, 3, 4],
): Promise<Candidate[]> {
  const lines = new Map(text.split("\n").map((_, index) => [index + 1, 1]));
  return [...candidatesOf([{ file: { path, text, lines }, reader: await readerFor(path) }], waves)];
}

const js = (body: string): string => `export function f(a, b, items) {\n  ${body}\n}\n`;
const py = (body: string): string => `def f(a, b, items):\n    ${body}\n`;

describe.each([
  ["relation", "x.js", js("return a < b;"), "return a <= b;"],
  ["relation", "x.py", py("return a is b"), "return a is not b"],
  ["relation", "x.py", py("return a in items"), "return a not in items"],
  ["connective", "x.js", js("return a && b;"), "return a || b;"],
  ["connective", "x.py", py("return a or b"), "return a and b"],
  ["truth", "x.py", py("return True"), "return False"],
  ["off by one", "x.js", js("return items[a];"), "return items[a - 1];"],
  ["off by one", "x.py", py("return items[:a]"), "return items[:a + 1]"],
  ["off by one", "x.ts", "export const f = (a: number): number => Math.round(a / 10);\n", "Math.round(a / 11)"],
  ["constant", "x.py", py("return []"), "return [a]"],
  ["arithmetic", "x.js", js("return a + b;"), "return a - b;"],
  ["arithmetic", "x.py", py("a ^= b"), "a &= b"],
  ["arithmetic", "x.js", js("a++; return a;"), "a--; return a;"],
  ["variable", "x.ts", "export function f(low: number, high: number): number {\n  return low;\n}\n", "return high;"],
  ["callee", "x.js", js("return Math.min(a, b);"), "return Math.max(a, b);"],
  ["callee", "x.py", py("return all(items)"), "return any(items)"],
  ["property", "x.js", js("return a.left + b.right;"), "return a.right + b.right;"],
  ["arguments", "x.py", py("return f(a, b, items)"), "return f(b, a, items)"],
  ["arguments", "x.js", js("return g(a, b);"), "return g(a);"],
  ["unwrap", "x.py", py("return 1 + f(a)"), "return f(a)"],
  ["unwrap", "x.js", js("return !a;"), "return a;"],
  ["unwrap", "x.js", js("return a ? b : items;"), "return items;"],
  ["negation", "x.js", js("if (a) return b;"), "if (!(a)) return b;"],
  ["extra condition", "x.py", py("if a < 0: return b"), "if (a < 0) or not b: return b"],
  ["operand swap", "x.py", py("return a - b"), "return b - a"],
  ["limit", "x.py", py("return len(items) == 0"), "return len(items) <= 1"],
  ["ask instead", "x.py", py("return True"), "return a == 0"],
  ["part of a sequence", "x.py", py("return f(a, b, items)"), "return f(a, b, items[1:])"],
  ["clamp", "x.py", py("a = a + b"), "a = max(a, a + b)"],
  ["term", "x.py", py("return f(a, b, items)"), "return f(a, b - a, items)"],
  ["statement delete", "x.js", js("a = 1;\n  return b;"), "{\n  ;\n  return b;"],
  ["statement swap", "x.py", py("a = 1\n    b = a"), "b = a\n    a = 1"],
  ["empty guard", "x.py", py("return items[0]"), "if not items:\n        return None\n    return items[0]"],
  ["piece or whole", "x.js", js("return items[a] + b;"), "return items + b;"],
  ["piece or whole", "x.py", py("b = items[0]\n    return items"), "return items[0]"],
  ["operand swap", "x.py", py("a = b\n    return a"), "b = a\n    return a"],
  ["constant", "x.py", py("return items.pop(0)"), "return items.pop(a)"],
  ["ask instead", "x.js", js("a.next(b.done); return true;"), "return a.done;"],
  ["statement donor", "x.py", py("g(a)\n    return b"), "g(a)\n    return b\n    g(a)"],
])("%s in %s", (operator, path, text, expected) => {
  test(`makes ${JSON.stringify(expected)}`, async () => {
    const found = (await candidates(path, text)).filter((candidate) => candidate.apply().includes(expected));
    expect(found.map((candidate) => candidate.operator)).toContain(operator);
  });
});

const sample = `def merge(intervals):
    merged = []
    for start, end in sorted(intervals):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged
`;

test("candidates follow the grammar, are all different, and come in the same order every time", async () => {
  const first = await candidates("merge.py", sample);
  const texts = first.map((candidate) => candidate.apply());
  const reader = await readerFor("merge.py");
  expect(first.length).toBeGreaterThan(100);
  expect(new Set(texts).size).toBe(texts.length);
  expect(texts.filter((text) => text === sample || !reader.accepts(text))).toEqual([]);
  expect((await candidates("merge.py", sample)).map((candidate) => candidate.apply())).toEqual(texts);
});

test("earlier waves come first, and within a wave the likelier changes on the more suspicious lines", async () => {
  const lines = new Map([
    [4, 1],
    [7, 0.5],
  ]);
  const found = [
    ...candidatesOf([{ file: { path: "merge.py", text: sample, lines }, reader: await readerFor("merge.py") }], [1, 2]),
  ];
  expect(new Set(found.map(({ line }) => line))).toEqual(new Set([4, 7]));
  expect(found.map(({ wave }) => wave)).toEqual(found.map(({ wave }) => wave).toSorted((a, b) => a - b));
  const scores = found.filter(({ wave }) => wave === 1).map(({ score }) => score);
  expect(scores).toEqual(scores.toSorted((a, b) => b - a));
  expect(found[0]).toMatchObject({ operator: "relation", line: 4 });
});

test("types, imports, parameters and tests' strings of a TypeScript file are left alone", async () => {
  const text = `import { b } from "./b.ts";\nexport function f(count: number): number {\n  return count;\n}\n`;
  const touched = (await candidates("x.ts", text, [1, 2])).map(({ line }) => line);
  expect(new Set(touched)).toEqual(new Set([3]));
});

test("nothing is added to what an index is taken from", async () => {
  const texts = (await candidates("x.js", js("return g(items[0]);"))).map((candidate) => candidate.apply());
  expect(texts.some((text) => text.includes("items[1]"))).toBe(true);
  expect(texts.filter((text) => /items [-+] \w+\[/.test(text))).toEqual([]);
});

test("deletes and returned constants are marked as suspicious", async () => {
  const found = await candidates("x.py", py("a = 1\n    return False"));
  const suspicious = found.filter((candidate) => candidate.suspicious).map((candidate) => candidate.operator);
  expect(suspicious).toEqual(expect.arrayContaining(["statement delete", "truth"]));
  expect(found.some((candidate) => !candidate.suspicious)).toBe(true);
});

test("a file that does not parse is still searched", async () => {
  expect((await candidates("x.js", "export function f(a, b) { return a < b }\nlet = ;\n")).length).toBeGreaterThan(0);
});

test("declaration files and other languages are not searched", () => {
  expect(["x.d.ts", "x.rs", "x.json", "x.mjs", "x.tsx"].map((path) => languageOf(path)?.name)).toEqual([
    undefined,
    undefined,
    undefined,
    "JavaScript",
    "TSX",
  ]);
});
