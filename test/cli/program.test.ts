import { expect, test } from "vitest";
import { meantBy } from "../../src/cli/program.ts";
import { type } from "../support/cli-desk.ts";

const commands = [
  "fix",
  "resume",
  "runs",
  "show",
  "log",
  "diff",
  "apply",
  "approve",
  "replay",
  "audit",
  "sandbox",
  "version",
];

test("help lists every command and says where to begin", async () => {
  const { code, out } = await type(["--help"]);
  expect(code).toBe(0);
  for (const name of commands) {
    expect(out).toMatch(new RegExp(`^ {2}${name} `, "m"));
  }
  expect(out).toContain("Start with: claw fix ISSUE.md");
});

test.each(commands)("claw %s --help works without a ledger", async (name) => {
  const { code, out } = await type([name, "--help"]);
  expect(code).toBe(0);
  expect(out).toContain(`Usage: claw ${name}`);
});

test.each<[string[], unknown]>([
  [
    ["fxi"],
    "claw: unknown command 'fxi'; did you mean fix?\n  see: claw --help; to say it to a model: claw chat fxi\n",
  ],
  [["runs", "--jsn"], "claw: unknown option '--jsn'; did you mean --json?\n  see: claw runs --help\n"],
  [["approve"], "claw: missing required argument 'run'\n  see: claw approve --help\n"],
  [
    ["fix", "x", "--attempts", "0"],
    'claw: --attempts: must be a whole number from 1 to 20, not "0"\n  see: claw fix --help\n',
  ],
  [
    ["fix", "x", "--budget-usd", "1e9"],
    'claw: --budget-usd: must be a number from 0.01 to 10000, not "1e9"\n  see: claw fix --help\n',
  ],
  [["fix", "x", "--test-command", " "], "claw: --test-command: must not be empty\n  see: claw fix --help\n"],
  [["audit"], expect.stringContaining("Usage: claw audit [options] [command]")],
  [["audit", "vrify"], "claw: unknown command 'vrify'; did you mean verify?\n  see: claw audit --help\n"],
  [
    ["audit", "verify", "--head", "x=1"],
    "claw: --head: must be <run>=<sha256 of its head>, and name the whole run\n  see: claw audit verify --help\n",
  ],
  [
    ["sandbox", "--timeout", "x", "--", "ls"],
    'claw: --timeout: must be a number from 1 to 86400, not "x"\n  see: claw sandbox --help\n',
  ],
])("%j is told in two lines what is wrong and what to do", async (argv, err) => {
  expect(await type(argv)).toEqual({ code: 2, out: "", err });
});

test.each([
  ["outcomes", /^ {3}14 {2}waiting +a person has to approve/m],
  ["manifest", /^# protect: \[\]$/m],
  ["config", /^# approval:$/m],
  ["sandbox", /claw refuses to work/],
  ["budgets", /--budget-usd/],
])("claw help %s tells about it", async (topic, words) => {
  const { code, out } = await type(["help", topic]);
  expect(code).toBe(0);
  expect(out).toMatch(words);
});

test("help on what there is not is told as an unknown command", () => {
  const piped = { stdin: false, stdout: false, stderr: false, colour: false, columns: 80 };
  expect(meantBy(["help", "fxi"], piped)).toEqual(["fxi"]);
  for (const word of ["fix", "sandbox", "--help", "help"])
    expect(meantBy(["help", word], piped)).toEqual(["help", word]);
});
