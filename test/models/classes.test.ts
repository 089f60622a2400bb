import { describe, expect, test } from "vitest";
import { type RepairedCall, repairCall } from "../../src/models/repair.ts";
import { rescueCalls } from "../../src/models/text-rescue.ts";
import { recoverable, texts, traps } from "./call-corpus.ts";
import { classes, type ClassCase } from "./class-corpus.ts";
import { tools } from "./desk.ts";
import { misspoken, spoken } from "./dialect-corpus.ts";

const read = ({ came, cut }: ClassCase): RepairedCall[] => {
  const calls = typeof came === "string" ? (rescueCalls(came)?.calls ?? []) : [came];
  return calls.map((call) => repairCall(call, tools, { truncated: cut === true, maxOutputTokens: 100 }));
};

/** What would be executed. */
const running = (item: ClassCase) => read(item).flatMap(({ name, args }) => (args === null ? [] : [{ name, args }]));

describe("in each class of damage, what was meant runs, or nothing does", () => {
  test.each(classes.map((one) => [one.about, one.cases] as const))("%s", (_about, cases) => {
    expect(cases.map((item) => ({ about: item.about, came: item.came, runs: running(item) }))).toEqual(
      cases.map(({ about, came, runs }) => ({ about, came, runs: runs === null ? [] : [runs] })),
    );
  });
});

test("the corpora hold 28 classes, and more than three hundred different cases", () => {
  const kept = [...recoverable, ...traps, ...spoken, ...misspoken].map(({ name, args, cut }) => [name, args, cut]);
  const made = classes.flatMap(({ cases }) => cases.map(({ came, cut }) => [came, cut]));
  const all = [...kept, ...texts.map(({ text }) => text), ...made].map((one) => JSON.stringify(one));
  expect(classes).toHaveLength(28);
  expect(new Set(all).size).toBeGreaterThanOrEqual(310);
});
