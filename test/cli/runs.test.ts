import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { renderRuns } from "../../src/cli/render-runs.ts";
import { styleFor } from "../../src/cli/style.ts";
import type { Event } from "../../src/ledger/events.ts";
import type { Ledger } from "../../src/ledger/ledger.ts";
import { Result } from "../../src/reports/result.ts";
import { git, makeRepository, temporary } from "../repo/fixture.ts";
import { type } from "../support/cli-desk.ts";
import { memoryLedger, patchText, pieces, recordProvenFix } from "../support/recorded-fix.ts";

/** Three runs, oldest first: proven, waiting for a person, and one this process still writes. */
async function threeRuns(): Promise<Ledger> {
  const ledger = await memoryLedger();
  await recordProvenFix(ledger, "aaa1");
  const waiting = await ledger.open("aab2");
  const fix = pieces(waiting);
  const asks = fix.gate("protected-paths", "ask", "package.json may change only with an approval");
  const paused = {
    type: "run.paused",
    outcome: "waiting",
    reason: "a person must approve",
    hint: "claw diff",
  } as const;
  for (const event of [fix.started, fix.intake, fix.reproduce, fix.patch, fix.prove, asks, paused].flat()) {
    await waiting.append(event);
  }
  await waiting.close();
  const running = await ledger.open("bbb3");
  for (const event of [pieces(running).started, pieces(running).intake].flat()) await running.append(event);
  return ledger;
}

test("runs are listed newest first, each with how it stands", async () => {
  const { out } = await type(["runs"], { ledger: await threeRuns() });
  const rows = out
    .trimEnd()
    .split("\n")
    .map((line) => line.replace(/ +\d+ (s|min|h|d) +/, " AGE ").split(/ {2,}| AGE /));
  expect(rows[0]?.[0]).toMatch(/^run/);
  expect(rows.slice(1)).toEqual([
    ["bbb3", "running", "$0.00", "Umlauts are lost"],
    ["aab2", "waiting", "$0.00", "Umlauts are lost"],
    ["aaa1", "proven", "$0.01", "Umlauts are lost", "claw/umlauts-are-lost-r1"],
  ]);
});

test("on a narrow terminal the task is cut, and a row stays one line", async () => {
  const ledger = await threeRuns();
  const { out } = await type(["runs"], { ledger, terminal: { stdout: true, columns: 34 } });
  for (const line of out.trimEnd().split("\n")) expect(line.length).toBeLessThanOrEqual(34);
  expect(out).toMatch(/Umlauts are? ?\w*…/);
});

test("where 40 columns do not suffice for ages as well, they are left out", () => {
  const row = { run: "1ng4w9ydf2zv", workflow: "fix", startedAt: 0, title: "Umlauts are lost", branch: null, cost: 0 };
  const told = { ...row, outcome: "not-reproduced", unconfined: false, broken: false };
  const shown = (columns: number) =>
    renderRuns([told], { now: 840_000, columns, style: styleFor(false) }).split("\n")[1];
  expect(shown(40)).toBe("1ng4w9ydf2zv  not-reproduced  Umlauts a…");
  expect(shown(50)).toBe("1ng4w9ydf2zv  14 min  not-reproduced  Umlauts are…");
});

test("no runs are no error", async () => {
  expect(await type(["runs"], { ledger: await memoryLedger() })).toMatchObject({ code: 0, out: "" });
});

test("--json gives scripts one valid result per line", async () => {
  const { out } = await type(["runs", "--json", "-n", "2"], { ledger: await threeRuns() });
  const results = out
    .trimEnd()
    .split("\n")
    .map((line) => Result.parse(JSON.parse(line)));
  expect(results.map(({ run, status }) => [run, status])).toEqual([
    ["bbb3", "running"],
    ["aab2", "paused"],
  ]);
});

test("a run is named by the beginning of its id", async () => {
  const ledger = await threeRuns();
  expect((await type(["show", "aab"], { ledger })).out).toContain("! waiting  a person must approve");
  expect((await type(["show"], { ledger })).out).toContain("… running  in stage intake");
  expect(await type(["show", "aa"], { ledger })).toMatchObject({
    code: 2,
    err: "claw: several runs begin with aa\n  say more of it, one of: aaa1, aab2\n",
  });
  expect(await type(["show", "aac2"], { ledger })).toMatchObject({
    code: 2,
    err: 'claw: there is no run "aac2"\n  did you mean aab2? list them with: claw runs\n',
  });
  expect(await type(["show"], { ledger: await memoryLedger() })).toMatchObject({ code: 2 });
});

test("show tells how a run ended, its proof, and its report", async () => {
  const { out } = await type(["show", "aaa1"], { ledger: await reported() });
  expect(out).toMatchInlineSnapshot(`
    "✓ proven  the patch is proven
      run     aaa1  fix of dddddddddddd in /nowhere
      issue   Umlauts are lost  from ISSUE.md
      model   scripted: session.json (recorded replies, no model)
      proof   ✓ the test fails on the base
              ✓ the test passes with the patch
              ✓ the test fails again without the patch
              ✓ no test is newly failing
      level   L2  more would be: 2 more distinct failing inputs; a failing test written from the issue alone by a model of another family; a review by a model of another family
      gates   3 of 3 passed
      change  4 files, +6 −2
      branch  claw/umlauts-are-lost-r1  eeeeeeeeeeee
      cost    $0.01, 1 turn, 1600 tokens, 34.0 s
      note    the working tree has uncommitted changes
      next    take it: claw apply aaa1

      ✓ intake     1.0 s    events 1–2
      ✓ workspace  1.0 s    events 3–4
      ✓ baseline   2.0 s    events 5–7    baseline red
      ✓ reproduce  6.0 s    events 8–14   red-on-base green, red-on-base red ×3
      ✓ patch      4.0 s    events 18–22  green-on-head green, suite-on-head red
      ✓ prove      3.0 s    events 23–26  green-on-head green, red-reverted red
      ✓ gates      4.0 s    events 27–31
      ✓ publish    1.0 s    events 32–33

    # Umlauts are lost
    "
  `);
});

async function reported(): Promise<Ledger> {
  const ledger = await memoryLedger();
  await recordProvenFix(ledger, "aaa1");
  const log = await ledger.open("aaa1");
  await log.append({ type: "report.written", report: log.put("# Umlauts\u001b[31m are lost\n") });
  await log.close();
  return ledger;
}

test("show --markdown is the report alone, ready to be pasted, and a run without one is said to have none", async () => {
  const ledger = await reported();
  const { out } = await type(["show", "aaa1", "--markdown"], { ledger });
  expect(out).toMatch(/^# /);
  await recordProvenFix(ledger, "bbb2");
  expect(await type(["show", "bbb2", "--markdown"], { ledger })).toMatchObject({
    code: 2,
    err: "claw: run bbb2 has written no report\n  see how it stands: claw show bbb2\n",
  });
});

test("log tells the story, and with --full what models said and commands wrote", async () => {
  const ledger = await threeRuns();
  const { out } = await type(["log", "aaa1"], { ledger });
  expect(out).toMatch(
    /^\d\d:\d\d:\d\d reproduce {2}· turn 1: I will lower-case later\. \(1500 → 100 tokens, \$0\.01\)$/m,
  );
  expect(out).not.toContain("line two");
  expect((await type(["log", "aaa1", "--full"], { ledger })).out).toContain("         │ line two\n");
});

test("log --json gives every event, in order", async () => {
  const ledger = await threeRuns();
  const { out } = await type(["log", "aaa1", "--json"], { ledger });
  const events = out
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as { type: string; run: string; event: { seq: number } });
  expect(events.every(({ type: kind, run }) => kind === "event" && run === "aaa1")).toBe(true);
  expect(events.map(({ event }) => event.seq)).toEqual((await ledger.read("aaa1")).events.map(({ seq }) => seq));
});

test("log --follow goes on until the run ends", async () => {
  const ledger = await memoryLedger();
  const log = await ledger.open("ccc");
  const { started, intake, proven } = pieces(log);
  await log.append(started);
  const following = type(["log", "--follow"], { ledger });
  for (const event of [...intake, proven]) await log.append(event);
  await log.close();
  expect((await following).out).toContain("proven: the patch is proven");
});

test("diff prints the patch byte for byte, or its counts", async () => {
  const ledger = await threeRuns();
  expect(await type(["diff", "aaa1"], { ledger })).toEqual({ code: 0, out: patchText, err: "" });
  expect((await type(["diff", "aaa1", "--stat"], { ledger })).out).toBe(
    "src/slug.ts        +2 −1\ntest/slug.test.ts  +1 −0\n",
  );
  expect(await type(["diff", "bbb3"], { ledger })).toMatchObject({
    code: 2,
    err: "claw: run bbb3 has changed nothing\n  see what it did with: claw show bbb3\n",
  });
});

test("what a session left without passing the check is shown as such", async () => {
  const ledger = await memoryLedger();
  const log = await ledger.open("ddd");
  const { started, reproduce } = pieces(log);
  for (const event of [started, ...reproduce]) await log.append(event);
  expect(await type(["diff"], { ledger })).toEqual({
    code: 0,
    out: "the test",
    err: "this is only the test that shows the bug: see claw show ddd\n",
  });
  const left = {
    type: "diff.taken",
    purpose: "rejected",
    from: "a".repeat(40),
    to: "b".repeat(40),
    summary: "",
  } as const;
  await log.append({ ...left, patch: log.put(" and what was tried"), files: 1, added: 1, deleted: 0 });
  expect(await type(["diff"], { ledger })).toEqual({
    code: 0,
    out: "the test and what was tried",
    err: "this change did not pass claw's check: see claw show ddd\n",
  });
});

test("what others wrote cannot colour or move a terminal", async () => {
  const ledger = await reported();
  const { out } = await type(["show"], {
    ledger,
    environment: { NO_COLOR: "1" },
    terminal: { stdout: true, colour: true },
  });
  // oxlint-disable-next-line no-control-regex -- looks for escape sequences
  expect(out).not.toMatch(/\u001b/);
  const coloured = await type(["show"], { ledger, environment: { FORCE_COLOR: "1" } });
  expect(coloured.out).toContain("\u001b[32m✓");
});

test("approve records who allowed which change, and until when", async () => {
  const ledger = await threeRuns();
  const { code, out } = await type(["approve", "aab"], { ledger });
  expect({ code, out }).toEqual({
    code: 0,
    out: expect.stringMatching(/^ada approves the change [0-9a-f]{12} of run aab2/),
  });
  expect(out).toContain(
    "  protected-paths: package.json may change only with an approval\n  go on with: claw resume aab2",
  );
  const { events } = await ledger.read("aab2");
  const given = events.at(-1);
  expect(given).toMatchObject({ type: "approval.given", by: "ada" });
  expect(given?.type === "approval.given" && (await ledger.text(given.diff))).toBe(patchText);
});

test("approve refuses where nothing waits, and where nobody is named", async () => {
  const ledger = await threeRuns();
  expect((await type(["approve", "aaa1"], { ledger })).err).toContain("claw: run aaa1 waits for no approval (proven)");
  const stopped = await memoryLedger();
  const log = await stopped.open("eee");
  const { started, patch } = pieces(log);
  const paused = { type: "run.paused", outcome: "interrupted", reason: "Ctrl-C", hint: "" } as const;
  for (const event of [started, ...patch, paused]) await log.append(event);
  await log.close();
  expect((await type(["approve", "eee"], { ledger: stopped })).code).toBe(2);
  const flow = await stopped.open("fff");
  const hint = "look at it with claw diff eee, then: claw approve eee && claw resume fff";
  const rest = { type: "run.paused", outcome: "waiting", reason: "step mend: a person must approve", hint } as const;
  for (const event of [{ ...pieces(flow).started, workflow: "flow", input: {} }, rest] as Event[])
    await flow.append(event);
  await flow.close();
  expect((await type(["approve", "fff"], { ledger: stopped })).err).toBe(
    `claw: run fff is not what waits for a decision: step mend: a person must approve\n  ${hint}\n`,
  );
  const root = { ledger, environment: { USER: "root" } };
  expect((await type(["approve", "aab"], root)).err).toContain('say who: --as "Your Name"');
  expect((await type(["approve", "aab", "--by", "Ada"], root)).code).toBe(0);
});

test("the one who approves is who commits in the run's repository, else who is logged in", async () => {
  const root = makeRepository({ "a.js": "" });
  const home = temporary();
  writeFileSync(join(home, ".gitconfig"), "[user]\n\tname = Ada of Home\n\temail = ada@home.example\n");
  const approver = async (HOME: string, USER = "ada"): Promise<unknown> => {
    const ledger = await waitingIn(root);
    const { code, err } = await type(["approve", "eee"], { ledger, environment: { HOME, USER } });
    const last = (await ledger.read("eee")).events.at(-1);
    return code === 0 && last?.type === "approval.given" ? last.by : err.split("\n")[0];
  };
  expect(await approver("/nonexistent")).toBe("ada");
  expect(await approver("/nonexistent", "root")).toBe("claw: nobody is named as the one who decides");
  expect(await approver(home, "root")).toBe("Ada of Home <ada@home.example>");
  git(root, "config", "user.name", "Ada <of> here");
  git(root, "config", "include.path", "elsewhere");
  writeFileSync(join(root, ".git/elsewhere"), "[user]\n\tname = Somebody else\n");
  expect(await approver(home)).toBe("Ada of here <ada@home.example>");
});

async function waitingIn(repository: string): Promise<Ledger> {
  const ledger = await memoryLedger();
  const log = await ledger.open("eee");
  const { started, patch } = pieces(log, repository);
  const paused = { type: "run.paused", outcome: "waiting", reason: "a person must approve", hint: "" } as const;
  for (const event of [started, ...patch, paused]) await log.append(event);
  await log.close();
  return ledger;
}

test("show stays sensible for a run that never had a reproduction", async () => {
  const ledger = await memoryLedger();
  const log = await ledger.open("eee");
  const { started, intake, workspace, stage, finish } = pieces(log);
  const events: Event[] = [
    started,
    ...intake,
    ...workspace,
    { type: "sandbox.opened", purpose: "baseline", policy: "p", degraded: ["cgroup"], network: "none" },
    ...finish("reproduce", "c1", "not accepted: no test was added"),
    ...finish("reproduce", "c2", "not accepted: the test passes on the base, so it does not show the bug"),
    ...stage("reproduce", { end: { outcome: "not-reproduced", reason: "it works here", hint: "" } }),
    {
      type: "run.ended",
      outcome: "not-reproduced",
      reason: "it works:\n✗ a.test.ts > adds\n    1",
      hint: "more detail",
    },
  ];
  for (const event of events) await log.append(event);
  await log.close();
  expect((await type(["show"], { ledger })).out).toMatchInlineSnapshot(`
    "✗ not-reproduced  it works: a.test.ts > adds
      run     eee  fix of dddddddddddd in /nowhere
      issue   Umlauts are lost  from ISSUE.md
      model   scripted: session.json (recorded replies, no model)
      cost    $0.00, 0 turns, 0 tokens, 12.0 s
      refused 2 times, the last: reproduce: the test passes on the base, so it does not show the bug
      sandbox not enforced on this machine: cgroup
      note    the working tree has uncommitted changes
      next    more detail; what happened: claw log eee

      ✓ intake     1.0 s    events 1–2
      ✓ workspace  1.0 s    events 3–4
      ✗ reproduce  1.0 s    events 10–11

      │ ✗ a.test.ts > adds
      │     1
    "
  `);
});
