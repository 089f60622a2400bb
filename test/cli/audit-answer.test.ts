import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { commitMessage } from "../../src/repo/commit-message.ts";
import { machine } from "../support/claw.ts";
import { type } from "../support/cli-desk.ts";
import { ledgerFile } from "../support/ledger-file.ts";
import { pieces } from "../support/recorded-fix.ts";

/** A fix whose commit is on branch claw/a-aaa1 of a real repository, and is merged there. */
async function publishedFix() {
  const file = await ledgerFile();
  const user = machine();
  onTestFinished(() => user.remove());
  const cwd = await user.repository("project", { "a.js": "1;\n", "b.js": "1;\n" });
  const log = await file.ledger.open("aaa1");
  const { started, stage } = pieces(log, cwd);
  await log.append(started);
  const trailers = { assistedBy: "claw:m", run: "aaa1", record: log.head };
  writeFileSync(join(cwd, "a.js"), "2;\n");
  await user.git(cwd, "commit", "-qam", commitMessage({ subject: "Fix: a", body: "Because.", trailers }));
  const commit = await user.git(cwd, "rev-parse", "HEAD");
  await user.git(cwd, "branch", "claw/a-aaa1");
  for (const event of stage("publish", { branch: "claw/a-aaa1", commit, report: "r" })) await log.append(event);
  await log.close();
  return { ...file, user, cwd, commit };
}

test.each(["aaa1", "aa", "HEAD", "claw/a-aaa1"])("a run is found by %s", async (what) => {
  const { ledger, cwd, commit } = await publishedFix();
  const { code, out, err } = await type(["audit", "answer", what], { ledger, cwd });
  expect({ code, err }).toEqual({ code: 0, err: "" });
  const named = what.startsWith("aa") ? "" : `, and the head that commit ${commit.slice(0, 12)} names is one of them`;
  expect(out).toContain(
    `run aaa1, interrupted\n✓ its 3 events are as they were written${named}\n\n1. Who approved the prompts?\n`,
  );
  expect(out).toContain(
    "Since: its branch is still there; the commit is part of what is checked out; nothing of it was changed since.",
  );
});

test("what was overwritten since is named", async () => {
  const { ledger, user, cwd } = await publishedFix();
  writeFileSync(join(cwd, "a.js"), "3;\n");
  writeFileSync(join(cwd, "b.js"), "3;\n");
  await user.git(cwd, "commit", "-qam", "later");
  await user.git(cwd, "branch", "-f", "claw/a-aaa1");
  const { out } = await type(["audit", "answer"], { ledger, cwd });
  expect(out).toContain("its branch has moved on; the commit is part of what is checked out; changed since: a.js.");
  const json = JSON.parse(
    (await type(["audit", "answer", "--json", "--no-repository"], { ledger, cwd })).out,
  ) as object;
  expect(json).toMatchObject({
    type: "answers",
    version: 1,
    run: "aaa1",
    answers: [{}, {}, {}, {}, { answer: "The run has not ended." }],
  });
});

test("a record that was changed answers nothing", async () => {
  const { ledger, cwd, tamper } = await publishedFix();
  tamper("UPDATE events SET body = replace(body, 'ada', 'eve') WHERE seq = 0");
  expect(await type(["audit", "answer", "aaa1"], { ledger, cwd })).toMatchObject({
    code: 24,
    out: "",
    err: expect.stringContaining("run aaa1: event 0 does not match its hash"),
  });
});

test("a commit that claims a head the run never had is found out", async () => {
  const { ledger, user, cwd } = await publishedFix();
  const forged = `Fix\n\nClaw-Run: aaa1\nClaw-Record: sha256:${"d".repeat(64)}`;
  await user.git(cwd, "commit", "-q", "--allow-empty", "-m", forged);
  expect(await type(["audit", "answer", "HEAD"], { ledger, cwd })).toMatchObject({
    code: 24,
    err: expect.stringMatching(/its head d{12}, known from commit [0-9a-f]{12}, is not in this ledger/),
  });
});

test("what is no run of this ledger is told in two lines", async () => {
  const { ledger, user, cwd } = await publishedFix();
  const ask = async (what: string) => (await type(["audit", "answer", what], { ledger, cwd })).err;
  expect(await ask("HEAD~1")).toMatch(/^claw: commit [0-9a-f]{12} is not claw's: its message names no run\n {2}/);
  expect(await ask("nothing")).toBe('claw: there is no run, commit or branch "nothing"\n  list runs with: claw runs\n');
  expect((await type(["audit", "answer", "main"], { ledger })).err).toContain("name it with --repository");
  await user.git(
    cwd,
    "commit",
    "-q",
    "--allow-empty",
    "-m",
    `x\n\nClaw-Run: zzz\nClaw-Record: sha256:${"d".repeat(64)}`,
  );
  expect(await ask("HEAD")).toContain("claw: run zzz, which commit");
});
