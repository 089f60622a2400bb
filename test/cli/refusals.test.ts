import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { machine } from "../support/claw.ts";
import { typeAs } from "../support/cli-desk.ts";
import { twoLines } from "../support/scene.ts";
import { sumIssue, sumRepository } from "../support/shell-sum.ts";

/** A repository, and the environment of a user whose model nobody serves: none of this comes as far as asking it. */
async function place() {
  const used = machine();
  onTestFinished(() => used.remove());
  const cwd = await used.repository("sum", sumRepository);
  return { used, cwd, env: { ...used.env, OPENAI_BASE_URL: "http://127.0.0.1:1/v1" } };
}

const issues: Readonly<Record<string, readonly [bytes: Buffer | string, told: RegExp]>> = {
  "binary bytes": [Buffer.from([1, 2, 0, 3]), /is not text: it has zero bytes\n.*plain text/],
  nothing: ["", /is empty\n.*claw fix ISSUE\.md/],
  "only characters nobody can see": ["\u200b \u2060\n", /is empty\n/],
  "another encoding than UTF-8": [Buffer.from("caf\xe9", "latin1"), /is not UTF-8 text\n.*iconv/],
};

test.for(Object.keys(issues))("an issue of %s is refused, from a file and from standard input", async (name) => {
  const [bytes = "", told = /^$/] = issues[name] ?? [];
  const { used, cwd, env } = await place();
  writeFileSync(join(used.dir, "issue.md"), bytes);
  const runs = await Promise.all([
    typeAs(env, ["fix", "../issue.md"], { cwd }),
    typeAs(env, ["fix", "-"], { cwd, stdin: Buffer.from(bytes) }),
  ]);
  for (const run of runs) expect([run.code, twoLines(run)]).toEqual([2, expect.stringMatching(told)]);
});

const mistakes: readonly (readonly [args: readonly string[], code: number, told: RegExp])[] = [
  [["fix"], 2, /no issue was given/],
  [["fix", "sum", "is", "wrong"], 2, /more than one issue.*\n.*"sum is wrong"/],
  [["fix", "nothing-here.md"], 2, /no file nothing-here\.md/],
  [["fix", "123"], 23, /has no remote called origin\n.*git remote add/],
  [["fix", "a b", "--base", ""], 2, /--base: must not be empty/],
  [["fix", "a b", "--base", "no-such-branch"], 2, /no commit is called "no-such-branch"/],
  [["fix", "a b", "--max-turns", "0"], 2, /--max-turns: must be a whole number/],
  [["fix", "a b", "--bogus"], 2, /unknown option '--bogus'\n.*claw fix --help/],
  [["fixx"], 2, /did you mean fix\?/],
  [["show", "zzz"], 2, /no run "zzz"\n.*claw runs/],
  [["fix", "a b", "--model", "scripted:none.json"], 2, /cannot read the recorded session/],
];

test("wrong arguments are refused in two lines, each with its exit code", async () => {
  const { cwd, env } = await place();
  for (const [args, code, told] of mistakes) {
    const run = await typeAs(env, args, { cwd });
    expect([args, run.code, twoLines(run)]).toEqual([args, code, expect.stringMatching(told)]);
  }
});

test("a mistake in claw.yaml is told with its line and what was probably meant", async () => {
  const { used, cwd, env } = await place();
  const manifests: readonly (readonly [text: string, told: RegExp])[] = [
    ["limits:\n  files: 3\ntests:\n  command: x\n", /claw\.yaml:3: unknown key "tests"\n.*did you mean "test"\?/],
    ["test:\n  timeoutSecond: 3\n", /claw\.yaml:2: unknown key "test\.timeoutSecond"\n.*"timeoutSeconds"/],
    ["limits:\n", /claw\.yaml:1: limits: .*\n.*take the line out/],
    ["just words\n", /claw\.yaml:1: .*\n.*write settings into it/],
  ];
  for (const [text, told] of manifests) {
    writeFileSync(join(cwd, "claw.yaml"), text);
    await used.git(cwd, "add", "claw.yaml");
    await used.git(cwd, "commit", "--quiet", "--message=manifest");
    const run = await typeAs(env, ["fix", sumIssue], { cwd });
    expect([run.code, twoLines(run)]).toEqual([2, expect.stringMatching(told)]);
  }
});

test("a home inside the repository is refused before anything is written there", async () => {
  const { used, cwd, env } = await place();
  for (const [home, args] of [
    [join(cwd, ".claw"), ["fix", sumIssue]],
    [join(cwd, ".git", "claw"), ["fix", sumIssue, "--dry-run"]],
    [join(cwd, "deep", "er"), ["sandbox", "--", "true"]],
  ] as const) {
    const run = await typeAs({ ...env, CLAW_HOME: home }, args, { cwd });
    expect([run.code, twoLines(run)]).toEqual([2, expect.stringMatching(/is inside the repository.*\n.*CLAW_HOME/)]);
  }
  expect(await used.git(cwd, "status", "--porcelain", "--ignored")).toBe("");
  expect(readdirSync(join(cwd, ".git"))).not.toContain("claw");
});
