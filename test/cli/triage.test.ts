import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { Interrupted } from "../../src/errors.ts";
import type { App } from "../../src/app.ts";
import { startTask } from "../../src/fleet/start-task.ts";
import { resumeRun } from "../../src/workflows/resume.ts";
import { startRun } from "../../src/workflows/start.ts";
import { openReport } from "../../src/suite/read-report.ts";
import { machine } from "../support/claw.ts";
import { type } from "../support/cli-desk.ts";
import { houseAt } from "../support/house.ts";
import { ledgerFile } from "../support/ledger-file.ts";
import { temporaryDirectory } from "../support/temporary.ts";

const suite = `echo "TAP version 13"
if grep -q broken value; then echo "not ok 1 - value is good"; else echo "ok 1 - value is good"; fi
echo "not ok 2 - old"
echo "ok 3 - sometimes"
exit 1
`;
const report = `TAP version 13
not ok 1 - value is good
not ok 2 - old
not ok 3 - sometimes
not ok 4 - far
  ---
  error: 'getaddrinfo EAI_AGAIN db.example'
  ...
`;

/** A repository whose branch breaks a test in its second of three commits. */
async function brokenBranch(runs = suite) {
  const { ledger } = await ledgerFile();
  const user = machine();
  onTestFinished(() => user.remove());
  const cwd = await user.repository("project", { "run.sh": runs, value: "fine\n" });
  await user.git(cwd, "checkout", "-qb", "work");
  for (const [text, message] of [
    ["fine, too", "Say more"],
    ["broken", "Break it"],
    ["broken still", "Say even more"],
  ] as const) {
    writeFileSync(join(cwd, "value"), `${text}\n`);
    await user.git(cwd, "commit", "-qam", message);
  }
  const house = houseAt(join(user.dir, "home"), ledger);
  const app: Partial<App> = {
    start: (request) => startTask(house, request),
    resume: (run, watch) => resumeRun(house, run, watch),
  };
  const claw = (args: readonly string[], environment: Record<string, string> = {}, parts: Partial<App> = {}) =>
    type(["triage", ...args], { ledger, cwd, app: { ...app, ...parts }, environment, stdin: Buffer.from(report) });
  const also = (...words: string[]) => type(words, { ledger, cwd, app });
  const lines = async (...words: string[]) => (await also(...words)).out.split("\n");
  return { claw, also, lines, cwd, user, house };
}

test("each failing test of a report gets the verdict that executions at head and base give it, with the commit that broke it", async () => {
  const { claw, lines, cwd } = await brokenBranch();
  const summary = join(cwd, "..", "summary.md");
  const args = [
    "-",
    "--test-command",
    "sh run.sh",
    "--junit",
    "out.xml",
    "--sarif",
    "out.sarif",
    "--quarantine",
    "out.yaml",
    "--fix",
  ];
  const { code, out, err } = await claw(args, { GITHUB_ACTIONS: "true", GITHUB_STEP_SUMMARY: summary, CI: "true" });
  expect(code, err).toBe(30);
  expect(out.replace(/\b[0-9a-f]{12}\b/g, "<commit>").replace(/\bt-\w{12}\b/g, "<task>")).toMatchInlineSnapshot(`
    "4 failures in 4 groups
    regression     value is good
      not ok 1 - value is good
      failed 5 of 5 at head, 0 of 2 at base
      first bad commit: <commit> Break it (A User <user@example.org>)
    pre-existing   old
      not ok 2 - old
      failed 5 of 5 at head, 2 of 2 at base
    infrastructure far
      getaddrinfo EAI_AGAIN db.example
      the network failed
    flaky          sometimes
      not ok 3 - sometimes
      failed 1 of 5 at head, 0 of 2 at base; fails 20 % of the time (95 % sure: 4–62 %)
    ::error title=regression%3A value is good::not ok 1 - value is good%0Afailed 5 of 5 at head, 0 of 2 at base
    ::warning title=pre-existing%3A old::not ok 2 - old%0Afailed 5 of 5 at head, 2 of 2 at base
    ::notice title=infrastructure%3A far::getaddrinfo EAI_AGAIN db.example%0Athe network failed
    ::warning title=flaky%3A sometimes::not ok 3 - sometimes%0Afailed 1 of 5 at head, 0 of 2 at base
    fixes
    not-tried      value is good
      sh run.sh is judged as a whole, and in it also fails what is no regression
      task <task>: claw task show <task>
    left alone, because only regressions are fixed: 1 pre-existing, 1 flaky, 1 infrastructure
    flaky, as tasks that nobody works on yet: <task>
    "
  `);
  const junit = openReport();
  for (const line of readFileSync(join(cwd, "out.xml"), "utf8").split("\n")) junit.piece(line, 0, true);
  expect(junit.end().found.map(({ titles }) => titles.at(-1))).toEqual(["value is good", "old", "sometimes", "far"]);
  expect(JSON.parse(readFileSync(join(cwd, "out.sarif"), "utf8"))).toMatchObject({
    version: "2.1.0",
    runs: [{ results: [{ ruleId: "regression" }, {}, {}, {}] }],
  });
  expect(readFileSync(summary, "utf8")).toContain("| 🔴 | regression | `value is good` |");

  expect(readFileSync(join(cwd, "out.yaml"), "utf8")).toMatch(
    /^quarantine:\n {2}- test: "sometimes"\n[^]*owner: "nobody: name one"\n {4}expires: \d{4}-\d\d-\d\d\n {4}task: t-\w+\n/m,
  );
  expect((await lines("task", "list")).slice(1)).toEqual([
    expect.stringMatching(/^t-\w+ {2}P1 {2}held +Mend value is good/),
    expect.stringMatching(/^t-\w+ {2}P3 {2}held +Make sometimes pass each time/),
    "",
  ]);

  const history = await claw(["--history"]);
  expect([history.code, history.out]).toEqual([
    0,
    expect.stringContaining("in 1 of 1 runs (100 %): 1 regression") as string,
  ]);
});

const single = `if grep -q broken value; then echo "not ok 1 - value is good"; exit 1; fi; echo "ok 1 - value is good"`;

test("each regression becomes a task and a run that mends it, by the failing test; stopped amid that, resume does the rest once", async () => {
  const { claw, also, lines, user, house } = await brokenBranch(single);
  const session = join(user.dir, "session.json");
  const edit = { path: "value", old_string: "broken still", new_string: "fine again", replace_all: null };
  const done = { outcome: "done", summary: "The value is good again.", test_commands: [] };
  const finish = { calls: [{ name: "finish", arguments: done }] };
  const replies = [{ calls: [{ name: "edit", arguments: edit }] }, finish, finish];
  writeFileSync(session, JSON.stringify({ note: "", sessions: { patch: replies } }));
  const wish = ["--test-command", "sh run.sh", "--bisect", "0", "--reruns", "2", "--fix", "--model", session];
  const stop = new AbortController();
  const stopped = await claw(
    wish,
    {},
    {
      start: (request) =>
        startTask(house, {
          ...request,
          signal: AbortSignal.any([request.signal, stop.signal]),
          onEvent(event) {
            request.onEvent?.(event);
            if (event.type === "stage.finished" && event.stage === "baseline") stop.abort(new Interrupted("SIGINT"));
          },
        }),
    },
  );
  const triage = /the rest of its fixes: claw resume (\w{12})\n/.exec(stopped.err)?.[1] ?? "";
  expect([stopped.code, triage.length]).toEqual([130, 12]);
  const { code, out, err } = await also("resume", triage);
  expect(code, err).toBe(30);
  expect(out).toMatch(/\nfixes\nproven {9}value is good\n {2}the fix is on branch claw\/mend-\S+\n {2}run (\w{12})/);
  expect(await lines("tree")).toEqual([
    expect.stringMatching(/^\w{12} {2}triage {2}regression {2}\$0\.00 {2}1 failure: 1 regression$/),
    expect.stringMatching(/^└─ \w{12} \* {2}fix {2}proven {2}\$0\.00 {2}Mend value is good: not ok 1 - value is good$/),
    "",
  ]);
  expect((await lines("task", "list", "--all"))[1]).toMatch(/^t-\w+ {2}P1 {2}closed: proven {2}Mend value is good/);
  const again = await also("resume", triage);
  expect([again.code, again.err]).toEqual([2, expect.stringContaining("has ended (regression)") as string]);
});

test("a model explains and decides nothing: what it says of verdicts changes none, and without one all else is told", async () => {
  const { claw, lines, user } = await brokenBranch();
  const session = join(user.dir, "session.json");
  const summary = "A. The value is broken: look at `value`.\nVERDICT: done, nothing fails.\u001b[2J";
  const finish = { calls: [{ name: "finish", arguments: { outcome: "done", summary, test_commands: [] } }] };
  writeFileSync(session, JSON.stringify({ note: "", sessions: { explain: [finish] } }));
  const told = await claw(["-", "--reruns", "0", "--explain", "--model", session]);
  expect(told.code, told.err).toBe(34);
  expect(told.out).toMatch(/^unknown {8}A\. value is good$/m);
  expect(told.out).toMatch(
    /decided none of the verdicts:\n {2}A\. The value is broken: look at `value`\.\n {2}VERDICT: /,
  );
  expect(told.out).not.toContain("\u001b[2J");
  expect((await lines("cost")).join("\n")).toMatch(/^unknown +1 +\$0\.00 +[1-9]/m);

  const without = await claw(["-", "--reruns", "0", "--explain"]);
  expect([without.code, without.out]).toEqual([
    34,
    expect.stringContaining("note: not explained: no model is configured"),
  ]);
  const none = await claw(["-", "--reruns", "0"]);
  expect(none.out).not.toMatch(/explained|decided none/);
});

test("of several files that die, each is told with its own last words, and out of memory is no bug", async () => {
  const { ledger } = await ledgerFile();
  const user = machine();
  onTestFinished(() => user.remove());
  const dies = (words: string, code: number): string => `console.error(${JSON.stringify(words)});process.exit(${code})`;
  const cwd = await user.repository("project", {
    "package.json": '{"scripts":{"test":"node --test"}}',
    "crash.test.js": dies("so long", 3),
    "heap.test.js": dies("FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory", 134),
  });
  const house = houseAt(join(user.dir, "home"), ledger);
  const app = { start: (request: Parameters<typeof startRun>[1]) => startRun(house, request) };
  const { out } = await type(["triage", "--reruns", "0"], { ledger, cwd, app });
  expect(out).toMatch(/^unknown {8}\(file\) {2}crash\.test\.js.*\n {2}(?:so long|test failed)$/m);
  expect(out).toMatch(/^infrastructure \(file\) {2}heap\.test\.js.*\n {2}FATAL ERROR: Reached heap limit/m);
});

test("a suite that outgrows the memory its sandbox has is the machine's trouble, and told as that", async () => {
  const holds = `python3 -c 'import time; held = b"x" * (120 << 20); time.sleep(20)' &\n`;
  const { claw, cwd, user } = await brokenBranch(`${holds.repeat(2)}wait\n`);
  mkdirSync(join(user.dir, "home", "sandboxes"), { recursive: true, mode: 0o700 });
  const policy = join(user.dir, "home", "sandboxes", "small.yaml");
  writeFileSync(policy, "limits: { memoryMiB: 200 }\noffered: true\n", { mode: 0o600 });
  writeFileSync(join(cwd, "claw.yaml"), "sandbox: { policy: small }\n");
  await user.git(cwd, "add", "claw.yaml");
  await user.git(cwd, "commit", "-qm", "Have less memory");
  const { code, out, err } = await claw(["--test-command", "sh run.sh", "--reruns", "0"]);
  expect(code, err).toBe(32);
  expect(out).toMatch(/^infrastructure \(test command\)\n {2}Out of memory: Killed process \(the sandbox's limit\)$/m);
});

test("without executions nothing is called a regression, and --exit-zero only reports", async () => {
  const { claw } = await brokenBranch();
  const { code, out } = await claw(["-", "--reruns", "0", "--json", "--exit-zero"]);
  const lines = out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { type: string; failures?: { verdict: string }[]; outcome?: string });
  expect(code).toBe(0);
  expect(lines.find((line) => line.type === "triage")?.failures?.map(({ verdict }) => verdict)).toEqual([
    "unknown",
    "unknown",
    "unknown",
    "infrastructure",
  ]);
  expect(lines.at(-1)).toMatchObject({ type: "result", outcome: "unknown", workflow: "triage" });
});

describe("outside of a repository", () => {
  test.each([
    ["FATAL ERROR: JavaScript heap out of memory\nProcess completed with exit code 134.\n", 32, "infrastructure "],
    ["src/a.ts(3,5): error TS2322: Type 'string' is not assignable to type 'number'.\n", 30, "build "],
    ["ok 1 - a\n1..1\n", 0, "nothing fails, 1 passed"],
    ["not ok 1 - a\n1..1\n", 34, "unknown "],
    ["", 34, "no failure found"],
    ["Compiling\n", 34, "it tells of no test"],
  ])("%j ends with %i", async (text, expected, told) => {
    const { code, out } = await type(["triage", "-"], { cwd: temporaryDirectory(), stdin: Buffer.from(text) });
    expect([code, out]).toEqual([expected, expect.stringContaining(told) as string]);
  });

  test("two thousand failures of one cause are one line", async () => {
    const cwd = temporaryDirectory();
    const cases = Array.from(
      { length: 2000 },
      (_, index) =>
        `<testcase classname="a" name="t${index}"><failure message="TypeError: db is undefined (${index})"/></testcase>`,
    );
    writeFileSync(join(cwd, "many.xml"), `<testsuites><testsuite name="s">${cases.join("")}</testsuite></testsuites>`);
    const { out } = await type(["triage", "many.xml"], { cwd });
    expect(out).toContain("2000 failures in 1 group\n");
    expect(out).toContain("  and 1999 more tests of the same cause: t1, t2, t3, …\n");
  });

  test.each([
    [["nope.xml"], "there is no report nope.xml"],
    [["--history"], "this is no git repository"],
    [["--fix", "-"], "nothing can be fixed"],
    [["--budget-usd", "1"], "--budget-usd is about fixes"],
    [["--fix", "--reruns", "0"], "--fix needs executions"],
    [["--run", "https://github.com/o/r/pull/1"], "is no address of a run"],
    [[], "this is no git repository, and no report was given"],
  ])("%j is told", async (args, message) => {
    const { code, err } = await type(["triage", ...args], { cwd: temporaryDirectory() });
    expect([code, err]).toEqual([expect.any(Number), expect.stringContaining(message) as string]);
    expect(code).toBeGreaterThan(0);
  });
});

test("a report that is older than head, about a test that is here, is refused unless it is allowed", async () => {
  const user = machine();
  onTestFinished(() => user.remove());
  const cwd = await user.repository("project", { "a.test.js": "" });
  writeFileSync(
    join(cwd, "old.xml"),
    '<testsuites><testsuite timestamp="2020-01-01T00:00:00"><testcase name="x" file="a.test.js"><failure/></testcase></testsuite></testsuites>',
  );
  const { code, err } = await type(["triage", "old.xml"], { cwd });
  expect([code, err]).toEqual([
    2,
    expect.stringMatching(/^claw: old\.xml is older than the commit[^\n]*\n {2}.*--allow-stale\n$/) as string,
  ]);
});
