import { expect, test } from "vitest";
import { type } from "../support/cli-desk.ts";
import { added } from "../support/pool.ts";
import { memoryLedger } from "../support/recorded-fix.ts";

test("a link that would have tasks wait for each other is refused, and changes nothing", async () => {
  const ledger = await memoryLedger();
  for (const id of ["t-aaaa", "t-bbbb", "t-cccc"]) await ledger.addTask(id, added(id));
  const link = (...words: string[]) => type(["task", "link", ...words], { ledger });
  expect((await link("t-aaaa", "blocks", "t-bbbb")).code).toBe(0);
  expect((await link("t-bbbb", "parent", "t-cccc")).code).toBe(0);
  for (const words of [
    ["t-cccc", "blocks", "t-aaaa"],
    ["t-aaaa", "blocked-by", "t-cccc"],
    ["t-cccc", "parent", "t-aaaa"],
    ["t-aaaa", "duplicates", "t-bbbb"],
  ]) {
    const { code, err } = await link(...words);
    expect({ words, code }).toEqual({ words, code: 2 });
    expect(err).toContain("would wait for each other: t-");
  }
  expect((await ledger.read("t-cccc")).events).toHaveLength(1);
  expect((await link("t-aaaa", "blocks", "t-cccc")).code).toBe(0);
  await link("t-aaaa", "blocks", "t-bbbb", "--remove");
  await link("t-aaaa", "blocks", "t-cccc", "--remove");
  expect((await link("t-cccc", "blocks", "t-aaaa")).code).toBe(0);
});
