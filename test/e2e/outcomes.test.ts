import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { type Machine, machine, resultOf } from "../support/claw.ts";
import { type ModelServer, startModelServer } from "../support/model-server.ts";
import { bash, blocked, finish, type Play, playing, replace, write } from "../support/plays.ts";
import * as inShell from "../support/shell-sum.ts";
import { emptyListTest, patchesSum, reproducesSum, sumIssue, sumRepository } from "../support/sum.ts";

const open: { machine: Machine; server: ModelServer }[] = [];
afterEach(async () => {
  for (const { machine: used, server } of open.splice(0)) {
    await server.close();
    used.remove();
  }
});

/** A machine with the sum repository and a model that plays its part. */
async function stage(play: Play, files: Record<string, string> = sumRepository) {
  const server = await startModelServer(playing(play));
  const used = machine();
  open.push({ machine: used, server });
  const cwd = await used.repository("sum", files);
  const env = { OPENAI_BASE_URL: server.url, OPENAI_API_KEY: "sk-test-0123456789abcdefghijklmnopqrstuvwxyz" };
  const issue = files === inShell.sumRepository ? inShell.sumIssue : sumIssue;
  const fix = (...flags: string[]) => used.claw(["fix", issue, "--json", ...flags], { cwd, env });
  return { used, server, cwd, env, fix };
}
const shellStage = (play: Play) => stage(play, inShell.sumRepository);

const whole: Play = { reproduce: reproducesSum, patch: patchesSum };

interface ProvenResult {
  readonly outcome: string;
  readonly branch: string;
  readonly run: string;
  readonly evidence: readonly { readonly purpose: string; readonly verdict: string }[];
}

test("a proven fix is one commit with trailers on a branch of its own, seen red, green and red again, and nothing else of the user's changes", async () => {
  const { used, cwd, fix } = await stage(whole);
  await used.git(cwd, "config", "user.name", "Somebody");
  const before = {
    status: await used.git(cwd, "status", "--porcelain"),
    config: readFileSync(join(cwd, ".git/config")),
    index: readFileSync(join(cwd, ".git/index")),
    head: await used.git(cwd, "rev-parse", "HEAD"),
  };

  const run = await fix();

  expect(run.code, run.stderr + run.stdout).toBe(0);
  const result = resultOf(run) as unknown as ProvenResult;
  expect(result.outcome).toBe("proven");
  expect(result.branch).toMatch(/^claw\/sum-throws-a-typeerror-instead-of.*-[0-9a-z]{12}$/);
  expect(await used.git(cwd, "rev-list", "--count", `main..${result.branch}`)).toBe("1");
  expect(await used.git(cwd, "show", "--stat=80", "--format=", result.branch)).toContain("test/empty.test.js");
  const message = await used.git(cwd, "show", "--no-patch", "--format=%B", result.branch);
  expect(message).toMatch(/^Assisted-by: claw:test-model$/m);
  expect(message).toContain(`Claw-Run: ${result.run}`);
  expect(message).toMatch(/^Claw-Record: sha256:[0-9a-f]{64}$/m);
  expect(message).not.toContain("Signed-off-by");
  expect({
    status: await used.git(cwd, "status", "--porcelain"),
    config: readFileSync(join(cwd, ".git/config")),
    index: readFileSync(join(cwd, ".git/index")),
    head: await used.git(cwd, "rev-parse", "HEAD"),
  }).toEqual(before);

  expect(result.evidence.map(({ purpose, verdict }) => `${purpose}: ${verdict}`)).toEqual([
    "baseline: green",
    "red-on-base: red",
    "red-on-base: red",
    "red-on-base: red",
    "green-on-head: green",
    "suite-on-head: green",
    "green-on-head: green",
    "red-reverted: red",
  ]);
});

test("not-reproduced: a model that cannot show the bug ends with exit 10 and its reason", async () => {
  const { fix } = await shellStage({ reproduce: [blocked("sum gives 0 here")] });
  const run = await fix();
  expect([run.code, resultOf(run)]).toMatchObject([
    10,
    { outcome: "not-reproduced", reason: "the model gave up: sum gives 0 here" },
  ]);
});

test("a test that passes on the base is not a reproduction, and neither is one that fails now and then", async () => {
  const flaky = `import assert from "node:assert/strict";
import { test } from "node:test";
test("sometimes", () => assert.ok(Number(process.hrtime.bigint() % 2n) === 3 || process.pid % 2 === 0, String(process.hrtime.bigint())));
`;
  const { fix, server } = await stage({
    reproduce: [
      write("test/empty.test.js", 'import { test } from "node:test";\ntest("passes", () => {});\n'),
      finish(),
      write("test/empty.test.js", flaky),
      finish(),
      blocked("no"),
    ],
  });
  const run = await fix();
  expect(run.code).toBe(10);
  const told = JSON.stringify(server.requests.at(-1)?.body);
  expect(told).toContain("not accepted: the test passes on the base");
  expect(told).toMatch(/not accepted: (it is flaky|the test passes on the base)/);
});

test("no-patch: an engine that gives up ends with exit 11", async () => {
  const { fix } = await shellStage({ reproduce: inShell.reproducesSum, patch: [blocked("I do not know how")] });
  const run = await fix();
  expect([run.code, resultOf(run)]).toMatchObject([
    11,
    { outcome: "no-patch", reason: "the model gave up: I do not know how" },
  ]);
});

test("unproven: a change that does not make the test pass ends with exit 12, is kept, and makes no branch", async () => {
  const { used, cwd, fix } = await shellStage({
    reproduce: inShell.reproducesSum,
    patch: [replace("sum.sh", "total=\n", "total=1\n"), finish()],
  });
  const run = await fix("--attempts", "2");
  const result = resultOf(run) as unknown as { run: string; outcome: string };
  expect([run.code, result.outcome]).toEqual([12, "unproven"]);
  expect(await used.git(cwd, "branch", "--list", "claw/*")).toBe("");
  expect((await used.claw(["diff", result.run], { cwd })).stdout).toContain("total=1");
});

test("blocked: a change to the test settings is refused by the tamper gate with exit 13", async () => {
  const { fix } = await stage({
    reproduce: reproducesSum,
    patch: [write("vitest.config.ts", "export default {};\n"), finish()],
  });
  const run = await fix("--attempts", "1");
  expect(run.code).toBe(13);
  expect((resultOf(run) as unknown as { reason: string }).reason).toContain("tamper: vitest.config.ts");
});

test("waiting: a change to a protected file needs a named person; after approval the run goes on to the end", async () => {
  const { used, cwd, env, fix } = await shellStage({
    reproduce: inShell.reproducesSum,
    patch: [write("Makefile", "test:\n\tsh test/run.sh\n"), ...inShell.patchesSum],
  });
  const run = await fix();
  const { run: id } = resultOf(run) as unknown as { run: string };
  expect([run.code, resultOf(run)]).toMatchObject([14, { outcome: "waiting" }]);
  expect(await used.git(cwd, "branch", "--list", "claw/*")).toBe("");

  expect((await used.claw(["resume", id], { cwd, env })).code).toBe(14);
  expect((await used.claw(["approve", id, "--by", "Ada Reviewer"], { cwd, env })).code).toBe(0);
  const resumed = await used.claw(["resume", id, "--json"], { cwd, env });
  expect(resumed.code, resumed.stderr).toBe(0);
  expect(await used.git(cwd, "branch", "--list", "claw/*")).toContain(id);
});

test("over-budget: the turn limit ends a run with exit 15 before the next request is sent", async () => {
  const { fix, server } = await shellStage({ reproduce: [bash("ls"), bash("ls sum.sh"), bash("ls test")] });
  const run = await fix("--max-turns", "2");
  expect([run.code, resultOf(run), server.requests.length]).toMatchObject([15, { outcome: "over-budget" }, 2]);
});

test("stuck: a session that goes in circles is told once, then ended with exit 16", async () => {
  const { fix } = await shellStage({ reproduce: [bash("cat nothing-here")] });
  const run = await fix();
  expect([run.code, resultOf(run)]).toMatchObject([16, { outcome: "stuck" }]);
});

test("model-unavailable: a refused key ends with exit 20, names the variable, and leaks the key nowhere", async () => {
  const { used, cwd, env, fix } = await shellStage({
    reproduce: [
      {
        fault: "status",
        status: 401,
        body: { error: { message: "bad key sk-test-0123456789abcdefghijklmnopqrstuvwxyz" } },
      },
    ],
  });
  const run = await fix();
  expect([run.code, resultOf(run)]).toMatchObject([20, { outcome: "model-unavailable", resumable: true }]);
  expect(run.stdout + run.stderr).toContain("OPENAI_API_KEY");
  const { run: id } = resultOf(run) as unknown as { run: string };
  const log = await used.claw(["log", id, "--json", "--full"], { cwd, env });
  expect(run.stdout + run.stderr + log.stdout).not.toContain(env.OPENAI_API_KEY);
  expect(readFileSync(join(used.clawHome, "ledger.sqlite")).includes(env.OPENAI_API_KEY)).toBe(false);
  const wal = join(used.clawHome, "ledger.sqlite-wal");
  expect(existsSync(wal) && readFileSync(wal).includes(env.OPENAI_API_KEY)).toBe(false);
});

test("--repro names a failing test: no session has to write one, and none can edit, delete or rename it", async () => {
  const attempt =
    "echo > test/empty.test.js; rm -f test/empty.test.js; mv test/empty.test.js test/gone.js; wc -l test/empty.test.js";
  const files = { ...sumRepository, "test/empty.test.js": emptyListTest };
  const { fix, server } = await stage({ patch: [bash(attempt), ...patchesSum] }, files);
  const lost = await fix("--repro", "test/none.test.js");
  expect([lost.code, lost.stdout]).toEqual([
    10,
    expect.stringContaining("there is no test/none.test.js in the commit"),
  ]);
  const run = await fix("--repro", "test/empty.test.js");
  expect(run.code, run.stderr + run.stdout).toBe(0);
  expect(JSON.stringify(server.requests[0]?.body)).toContain("Reproduction: test/empty.test.js");
  expect(JSON.stringify(server.requests.at(-1)?.body)).toContain("5 test/empty.test.js");
});

test("a patch that breaks another test is sent back with that test's name; tests that failed before do not count against it", async () => {
  const broken =
    'import assert from "node:assert/strict";\nimport { test } from "node:test";\ntest("was always broken", () => assert.equal(1, 2));\n';
  const play: Play = {
    reproduce: reproducesSum,
    patch: [
      write("sum.js", "export const sum = (numbers) => 0;\n"),
      finish(),
      write("sum.js", sumRepository["sum.js"].replace("+ number)", "+ number, 0)")),
      finish(),
      finish(),
    ],
  };
  const { fix, server } = await stage(play, { ...sumRepository, "test/old.test.js": broken });
  const run = await fix();
  expect(run.code, run.stderr + run.stdout).toBe(0);
  const told = JSON.stringify(server.requests.at(-1)?.body);
  expect(told).toContain("regressions: newly failing: test/sum.test.js > adds numbers");
  expect(told).not.toContain("newly failing: test/old.test.js");
});
