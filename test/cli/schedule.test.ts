import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ledgerFile } from "../support/ledger-file.ts";
import { temporaryDirectory } from "../support/temporary.ts";
import { type } from "../support/cli-desk.ts";

const proposal = "schedules:\n  deps:\n    cron: 0 3 * * 1\n    title: Update the dependencies\n";

/** A repository whose claw.yaml proposes a schedule, and a ledger. */
async function scene() {
  const cwd = temporaryDirectory();
  writeFileSync(join(cwd, "claw.yaml"), proposal);
  const git = (...args: string[]): string => execFileSync("git", args, { cwd, encoding: "utf8" });
  git("init", "-q", "-b", "main");
  git("add", ".");
  git("-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "base");
  const { ledger } = await ledgerFile();
  return { ledger, claw: (...words: string[]) => type(["schedule", ...words], { ledger, cwd }) };
}

test("what claw.yaml proposes does nothing before a person enables it, and is on record with who did", async () => {
  const { claw, ledger } = await scene();
  expect((await claw("list")).out).toContain("proposed by claw.yaml");
  expect(await ledger.schedules()).toEqual([]);
  const { out, code } = await claw("enable", "deps", "--as", "Ada", "--json");
  expect([code, JSON.parse(out)]).toMatchObject([0, { name: "deps", status: "enabled", enabledBy: { by: "Ada" } }]);
  expect((await claw("list")).out).toMatch(/^deps .*next [\s\S]*enabled by Ada, as claw.yaml proposes it/);
  expect((await claw("list")).out).not.toContain("proposed by");
});

test("a schedule is added, run, disabled and removed by its name", async () => {
  const { claw } = await scene();
  const added = await claw("add", "docs", "Check the docs", "--cron", "@daily", "--label", "docs", "--as", "Ada");
  expect(added).toMatchObject({ code: 0, err: "" });
  expect((await claw("run", "docs", "--as", "Bob")).out).toMatch(/^task t-\w+ is added/);
  expect((await claw("run", "docs")).out).toContain("not done yet");
  expect((await claw("disable", "docs")).out).toContain("disabled");
  expect((await claw("enable", "docs", "--as", "Ada")).out).toContain("enabled by Ada");
  expect((await claw("remove", "docs")).code).toBe(0);
  expect(await claw("remove", "docs")).toMatchObject({ code: 2, err: expect.stringContaining("no schedule docs") });
});

test.each([
  [["--cron", "99 * * * *"], /names no time/],
  [["--cron", "* * * *"], /five fields/],
  [["--cron", "@daily", "--rrule", "FREQ=DAILY"], /either/],
  [[], /either cron or rrule/],
  [["--rrule", "FREQ=SECONDLY"], /no more often/],
  [["--cron", "@daily", "--zone", "Mars/Olympus"], /time zone/],
  [["--cron", "@daily", "--workflow", "deploy"], /--workflow/],
])("%j is refused with what to do", async (flags, why) => {
  const { claw, ledger } = await scene();
  const { code, err } = await claw("add", "docs", "Check the docs", ...flags);
  expect([code, err.trimEnd().split("\n").length]).toEqual([2, 2]);
  expect(err).toMatch(why);
  expect(await ledger.schedules()).toEqual([]);
});
