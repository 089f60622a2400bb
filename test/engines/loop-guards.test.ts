import { expect, test } from "vitest";
import { languageOf } from "../../src/engines/search/languages.ts";
import { openReaders } from "../../src/engines/search/parse.ts";
import { guardLoops, loopGuards } from "../../src/workflows/loop-guards.ts";

const readers = openReaders();
const SECONDS = 0.1;

async function guarded(path: string, text: string): Promise<string> {
  const language = languageOf(path);
  if (!language) throw new Error(`no language for ${path}`);
  return guardLoops(await readers(language), text, SECONDS);
}

const loops = `export function bits(n) { let count = 0; while (n) { n ^= n - 1; count += 1; } return count; }
export function braceless(n) {
  for (let i = 0; i < n; i++) for (const each of [1]) n += each;
  do n -= 1; while (n > 0)
  return n;
}
export const swallows = () => { for (;;) try { for (;;); } catch {} };
export async function waits(n) { await null; outer: while (n !== 0) { n -= 2; continue outer; } return n; }
export function fibonacci(n) { for (const big of [n > 1]) if (big) return fibonacci(n - 1) + fibonacci(n - 2); return n; }
// the last line`;

test("loops that never end, and recursion that takes for ever, end as errors; others do what they did, on the same lines", async () => {
  const text = await guarded("loops.js", loops);
  expect(
    text
      .split("\n")
      .slice(0, 9)
      .map((line) => line.replaceAll(/\{?__clawTurn\(\);/g, "").length > 0),
  ).not.toContain(false);
  expect(text.split("\n").findIndex((line) => line.includes("last line"))).toBe(9);
  const module = (await import(`data:text/javascript,${encodeURIComponent(text)}`)) as Record<
    string,
    (n: number) => unknown
  >;
  const run = (name: string, n: number): unknown => module[name]?.(n);
  expect([run("bits", 0), run("braceless", 0), run("fibonacci", 10), await run("waits", 8)]).toEqual([0, -1, 55, 0]);
  for (const [name, n] of [
    ["bits", 128],
    ["braceless", 5],
    ["swallows", 0],
    ["fibonacci", 60],
  ] as const)
    expect(() => run(name, n), name).toThrow("never ends");
  await expect(run("waits", 3)).rejects.toThrow("never ends");
});

test("a stretch of work that ends begins anew, however long all of them take together", async () => {
  const text = await guarded("busy.js", "export const busy = (n) => { for (let i = 0; i < n; i++); return n; };");
  const { busy } = (await import(`data:text/javascript,${encodeURIComponent(text)}`)) as {
    busy: (n: number) => number;
  };
  const until = process.cpuUsage().user + 2.5 * SECONDS * 1e6;
  while (process.cpuUsage().user < until) {
    expect(busy(10_000)).toBe(10_000);
    await Promise.resolve();
  }
});

test("only sources of a suite in which a test never ends, and whose runner cannot stop it, are changed", async () => {
  const plan = {
    runner: "vitest",
    shell: "",
    source: "",
    cwd: ".",
    script: "",
    leftOut: [],
    flags: [],
    hangs: true,
  } as const;
  const guards = loopGuards(plan);
  const text = "export function f(n: number): void { while (n > 0); }\n";
  expect(await guards?.("src/f.ts", text)).toContain("__clawTurn();");
  expect(await guards?.("test/f.test.ts", text)).toBe(text);
  expect(await guards?.("src/f.ts", "let = ;\nwhile (1);")).toBe("let = ;\nwhile (1);");
  expect([loopGuards({ ...plan, hangs: false }), loopGuards({ ...plan, runner: "pytest" })]).toEqual([null, null]);
});
