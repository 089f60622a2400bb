import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { type } from "../support/cli-desk.ts";
import { added } from "../support/pool.ts";
import { memoryLedger, recordProvenFix } from "../support/recorded-fix.ts";

/** The words that are offered for the last one of these. */
const offered = async (...words: string[]): Promise<string[]> => {
  const { code, out, err } = await type(["complete", "--", ...words]);
  expect({ code, err }).toEqual({ code: 0, err: "" });
  return out
    .split("\n")
    .slice(0, -1)
    .map((line) => line.split("\t")[0] ?? "");
};

test.each<[string[], string[]]>([
  [["fi"], ["fix"]],
  [["help", "bud"], ["budgets"]],
  [["help", "sa"], ["sandbox"]],
  [["fix", "--eng"], ["--engine"]],
  [
    ["fix", "--engine", ""],
    ["native", "search"],
  ],
  [["fix", "--engine", "s"], ["search"]],
  [["fix", "--engine", "search", "--no-p"], ["--no-pr"]],
  [["audit", "ver"], ["verify"]],
  [["audit", "verify", "--fi"], ["--file"]],
  [
    ["completion", ""],
    ["bash", "zsh", "fish"],
  ],
  // Files are the shell's to complete.
  [["fix", ""], []],
  [["nonsense", "--", "x"], []],
])("after %j a tab offers %j", async (words, expected) => {
  expect(await offered(...words)).toEqual(expected);
});

test("runs are offered with how they ended and what they were about", async () => {
  const ledger = await memoryLedger();
  await recordProvenFix(ledger, "aaa1");
  expect((await type(["complete", "--", "show", "aa"], { ledger })).out).toBe("aaa1\tproven: Umlauts are lost\n");
});

test("open tasks are offered with how they stand", async () => {
  const ledger = await memoryLedger();
  await ledger.addTask("t-aa11", added("sums are wrong"));
  await ledger.addTask("t-aa22", added("done long ago"));
  await ledger.tellTask("t-aa22", [{ type: "task.closed", outcome: "done", reason: "", by: "ada" }]);
  expect((await type(["complete", "--", "task", "show", "t-"], { ledger })).out).toBe("t-aa11\topen: sums are wrong\n");
});

test("issues that are known as open tasks here are offered by number, and no forge is asked", async () => {
  const ledger = await memoryLedger();
  const issue = (number: number, repository: string) =>
    added(`issue ${number}`, { repository, source: { kind: "issue", ref: `https://github.com/o/r/issues/${number}` } });
  await ledger.addTask("t-aa11", issue(17, "/repo"));
  await ledger.addTask("t-aa22", issue(18, "/elsewhere"));
  await ledger.addTask("t-aa33", added("no issue"));
  expect((await type(["complete", "--", "fix", ""], { ledger, cwd: "/repo/src" })).out).toBe("17\topen: issue 17\n");
});

test("bash asks claw, takes the words, and leaves what they mean", async () => {
  const { out } = await type(["completion", "bash"]);
  const claw = String.raw`claw() { printf 'got'; printf '<%s>' "$@"; printf '\nfix\tabout it\n'; }`;
  const typed = `COMP_WORDS=(claw --json "a b"); COMP_CWORD=2; _claw; printf '[%s]' "\${COMPREPLY[@]}"`;
  expect(execFileSync("bash", ["-c", `${claw}\n${out}\n${typed}`], { encoding: "utf8" })).toBe(
    "[got<complete><--><--json><a b>][fix]",
  );
});
