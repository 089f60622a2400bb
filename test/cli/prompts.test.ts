import { readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { everyPrompt } from "../../src/agent/prompt.ts";
import type { Event } from "../../src/ledger/events.ts";
import type { Ledger } from "../../src/ledger/ledger.ts";
import { git, makeRepository } from "../repo/fixture.ts";
import { type } from "../support/cli-desk.ts";
import { requested } from "../support/facts.ts";
import { memoryLedger, pieces } from "../support/recorded-fix.ts";

test("prompts are approved in claw.lock, counted from the commit, and compared with what was approved", async () => {
  const cwd = makeRepository({ "a.js": "" });
  const ledger = await memoryLedger();
  const typed = (...args: string[]) => type(["prompts", ...args], { ledger, cwd });
  expect((await typed("list")).out).toMatch(/^! system +[0-9a-f]{12} {2}never approved$/m);

  expect((await typed("approve", "--as", "Ada <ada@x>")).out).toContain("git add claw.lock");
  expect(await typed("list")).toMatchObject({
    out: expect.stringContaining("never approved"),
    err: "note: claw.lock in the working tree is another: runs read it from the commit they start from\n",
  });
  git(cwd, "add", "claw.lock");
  git(cwd, "commit", "-qm", "Approve the prompts");
  expect((await typed("list")).out).toMatch(/^✓ system +[0-9a-f]{12} {2}approved by Ada <ada@x> on \d{4}-\d\d-\d\d$/m);
  expect(await typed("diff")).toMatchObject({ code: 0, out: "", err: "every prompt is as it was approved\n" });

  const [system, ...others] = await everyPrompt();
  const earlier = await ledger.keep(system?.whole.replace("careful", "daring") ?? "");
  const file = join(cwd, "claw.lock");
  writeFileSync(file, readFileSync(file, "utf8").replace(system?.sha ?? "", earlier));
  git(cwd, "commit", "-qam", "Go back");
  expect((await typed("diff", "system")).out).toMatch(
    /^--- system [^]*\n-You are a daring [^\n]*\n\+You are a careful /,
  );
  expect(JSON.parse((await typed("list", "--json")).out)).toMatchObject({
    prompts: [{ name: "system", state: "changed", approved: earlier }, ...others.map(() => ({ state: "approved" }))],
  });
  expect(await typed("approve", "sistem")).toMatchObject({
    code: 2,
    err: expect.stringContaining("did you mean system?"),
  });
});

test("a link in the place of claw.lock is not followed", async () => {
  const cwd = makeRepository({ "a.js": "" });
  symlinkSync("/etc/hostname", join(cwd, "claw.lock"));
  const refused = await type(["prompts", "approve", "--as", "Ada"], { ledger: await memoryLedger(), cwd });
  expect([refused.code, refused.err]).toEqual([2, expect.stringContaining("is no plain file")]);
});

async function told(ledger: Ledger, run: string, task: string): Promise<void> {
  const log = await ledger.open(run);
  const { started, replied } = pieces(log);
  const say = (about: "system" | "task", message: unknown): Event => ({
    type: "message.added",
    session: "patch",
    about,
    message: log.putJson(message),
  });
  const tools = log.putJson([{ name: "bash" }]);
  const events: Event[] = [
    started,
    { type: "session.started", session: "patch", kind: "patch", prompt: "0".repeat(64), tools },
    say("system", { role: "system", text: "Be careful." }),
    say("task", { role: "user", origin: "task", text: task }),
    requested(null),
    replied("patch", 1, "I look."),
    say("task", { role: "user", origin: "harness", text: "Go on." }),
    { ...requested(null), turn: 2, messages: 4 } as Event,
  ];
  for (const event of events) await log.append(event);
  await log.close();
}

test("the request of any turn is shown whole, and compared between runs", async () => {
  const ledger = await memoryLedger();
  await told(ledger, "aaa", "Fix slugs.\nQuickly.");
  await told(ledger, "bbb", "Fix slugs.\nWell.");
  const first = await type(["log", "aaa", "--prompt", "1"], { ledger });
  expect(first.out).toContain("run aaa, session patch, turn 1: 2 messages, event 4\n");
  expect(first.out).toContain("── user (task)\nFix slugs.\nQuickly.\n");
  expect(first.out).not.toContain("I look.");
  const second = JSON.parse((await type(["log", "aaa", "--prompt", "patch:2", "--json"], { ledger })).out) as object;
  expect(second).toMatchObject({
    session: "patch",
    turn: 2,
    messages: [{}, {}, { text: "I look." }, { text: "Go on." }],
  });
  expect(await type(["log", "aaa", "--prompt", "3"], { ledger })).toMatchObject({
    code: 2,
    err: expect.stringContaining("there are patch:1 to patch:2"),
  });
  const { out } = await type(["diff-prompts", "aaa", "bbb"], { ledger });
  expect(out).toContain("--- aaa patch:1\n+++ bbb patch:1\n@@");
  expect(out).toContain("-Quickly.\n+Well.");
  expect((await type(["diff-prompts", "aaa", "aaa"], { ledger })).out).toBe("patch, turn 1: same\n");
});
