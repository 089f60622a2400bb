import { afterEach, expect, test } from "vitest";
import type { Result } from "../../src/reports/result.ts";
import { type Machine, machine, resultOf } from "../support/claw.ts";
import { type ModelServer, startModelServer } from "../support/model-server.ts";
import { bash, finish, playing, replace, write } from "../support/plays.ts";
import { emptyListTest, patchesSum, reproducesSum, sumIssue, sumRepository } from "../support/sum.ts";

const open: { machine: Machine; server: ModelServer }[] = [];
afterEach(async () => {
  for (const { machine: used, server } of open.splice(0)) {
    await server.close();
    used.remove();
  }
});

const summary = `reduce had no initial value, ${"and so it threw for an empty list ".repeat(4)}until now.`;
const more = emptyListTest.replace("an empty list adds up to 0", "twice nothing is nothing");

/** A session that takes every detour claw has an answer to. */
const detours = {
  reproduce: [
    replace("sum.js", "total + number", "number + total"),
    write("test/empty.test.js", emptyListTest),
    finish("done at once"),
    bash("git checkout sum.js"),
    write("test/empty.test.js", 'import "./nowhere.js";\n'),
    finish("it does not even load"),
    ...reproducesSum,
  ],
  patch: [
    write("test/empty.test.js", "// gone\n"),
    write("test/more.test.js", more),
    patchesSum[0] ?? finish(),
    finish(summary),
    finish(summary),
  ],
};

test("report, result and progress tell what was tried, what was seen failing, and what was left out", async () => {
  const server = await startModelServer(playing(detours));
  const used = machine();
  open.push({ machine: used, server });
  const scripts = { test: "eslint . && node --test --test-isolation=none" };
  const cwd = await used.repository("sum", {
    ...sumRepository,
    "package.json": JSON.stringify({ name: "sum", type: "module", scripts }),
  });
  const env = { OPENAI_BASE_URL: server.url, OPENAI_API_KEY: "sk-test-0123456789abcdefghijklmnopqrstuvwxyz" };
  const run = await used.claw(["fix", sumIssue, "--json"], { cwd, env });
  expect(run.code, run.stderr).toBe(0);

  const result = resultOf(run) as unknown as Result;
  expect(result.tests).toEqual({
    reproduction: ["test/empty.test.js"],
    neverRed: ["test/more.test.js"],
    leftOut: ["eslint ."],
  });
  expect(result.onTheWay).toEqual({
    refusals: [
      { session: "reproduce", why: "only test files may change in this step; put these back: sum.js" },
      { session: "reproduce", why: "the test must load and fail by an assertion, but it does not load" },
    ],
    frozenEdits: ["test/empty.test.js"],
    strayEdits: ["sum.js"],
  });

  const shown = (await used.claw(["show"], { cwd })).stdout;
  expect(shown).toContain("## On the way\n\n- claw did not accept the work 2 times:\n  - reproduce: only test files");
  expect(shown).toContain("- tried to edit the frozen `test/empty.test.js`; it stayed as it was\n");
  expect(shown).toContain("- edited `sum.js` when only a test was wanted; it was put back\n");
  expect(shown).toContain("The patch step added to other tests: `test/more.test.js`. Nobody has seen those fail");
  expect(shown).toContain("Left out of it, because these are no tests: `eslint .`.");
  expect(shown).toMatch(/\| the test fails on the base \| ✓ \| `test\/empty\.test\.js` \| 3 times red/);
  expect(shown).toMatch(/\| no test is newly failing \| ✓ \| the whole suite \| green/);

  const story = (await used.claw(["log"], { cwd })).stdout;
  expect(story).toContain("! finish not accepted: only test files may change in this step");
  expect(story).toContain("! red on base: red, 0 passed, 1 failed, 1 file did not load");
  expect(story).toContain("· asked to read the change once more");

  const message = await used.git(cwd, "show", "--no-patch", "--format=%B", result.branch ?? "");
  const prose = message.split("\n").filter((line) => !line.startsWith("Claw-Record: "));
  expect(Math.max(...prose.map((line) => line.length))).toBeLessThanOrEqual(72);
  expect(message).toMatch(/^reduce had no initial value, and so it threw for an empty list and so it$/m);
});
