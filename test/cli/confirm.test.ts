import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { confirmWith } from "../../src/cli/confirm.ts";
import { fix } from "../../src/workflows/fix/fix.ts";
import { startRun } from "../../src/workflows/start.ts";
import { makeRepository, temporary } from "../repo/fixture.ts";
import { houseAt } from "../support/house.ts";
import { memoryLedger } from "../support/recorded-fix.ts";

const someone = { stdin: true, stdout: true, stderr: true, columns: 80, colour: false };
const going = new AbortController().signal;

/** How a run would ask, and what it would have said. */
function asking(answer: string | null, { terminal = someone, ci = false, quiet = false } = {}) {
  const said: string[] = [];
  const desk = { terminal, err: (text: string) => void said.push(text), line: () => Promise.resolve(answer) };
  const order: string[] = [];
  const aside = async <Answer>(talk: () => Promise<Answer>): Promise<Answer> => {
    order.push("away");
    return talk().finally(() => order.push("back"));
  };
  return { said, order, confirm: confirmWith(desk, { aside }, { ci, quiet }) };
}

test.each([
  ["", true],
  ["y", true],
  [" Yes ", true],
  ["n", false],
  ["what?", false],
  [null, false],
])("the answer %j is taken as %s", async (answer, taken) => {
  const { said, order, confirm } = asking(answer);
  expect(await confirm?.("Go on?", going)).toBe(taken);
  expect([said, order]).toEqual([["Go on? [Y/n]"], ["away", "back"]]);
});

test.each([
  ["standard input is no terminal", { terminal: { ...someone, stdin: false } }],
  ["the question could not be seen", { terminal: { ...someone, stderr: false } }],
  ["in CI", { ci: true }],
  ["with --yes or --json", { quiet: true }],
])("nothing is asked when %s", (_, changes) => {
  expect(asking("n", changes).confirm).toBeUndefined();
});

test("Ctrl-C at the question is no answer", async () => {
  const stopped = AbortSignal.abort(new Error("interrupted"));
  await expect(asking(null).confirm?.("Go on?", stopped)).rejects.toThrow("interrupted");
});

test("packages that somebody does not want installed end the run before anything has network", async () => {
  const home = temporary();
  const house = houseAt(home, await memoryLedger());
  const questions: string[] = [];
  const lock = { lockfileVersion: 3, packages: { "": {}, "node_modules/left": { version: "1.0.0" } } };
  const ended = await startRun(house, {
    workflow: fix,
    cwd: makeRepository({
      "package.json": JSON.stringify({ dependencies: { left: "1.0.0" }, scripts: { test: "node --test" } }),
      "package-lock.json": JSON.stringify(lock),
    }),
    baseRef: undefined,
    model: { label: "search-v1" },
    limits: { usdNano: 1, turns: 1, tokens: 1, wallMs: 60_000, attempts: 1 },
    input: (put) => ({ source: "here", text: put("it breaks"), testCommand: null, repro: null }),
    signal: going,
    confirm: (question) => {
      questions.push(question);
      return Promise.resolve(false);
    },
  });
  expect(questions).toEqual([
    expect.stringMatching(/\nRun npm ci --ignore-scripts.* in a sandbox that reaches registry\.npmjs\.org:443\?$/),
  ]);
  expect(ended).toMatchObject({ outcome: "workspace", reason: expect.stringContaining("was declined") });
  const { events } = await house.ledger.read(ended.run);
  expect(events.some(({ type }) => type === "sandbox.opened")).toBe(false);
  expect(existsSync(join(home, "runs", ended.run, "dependencies"))).toBe(false);
});
