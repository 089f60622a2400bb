import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { SandboxHost } from "../../src/sandbox/sandbox.ts";
import { git, makeRepository, temporary } from "../repo/fixture.ts";
import { type, type Typed } from "../support/cli-desk.ts";
import { houseAt } from "../support/house.ts";
import { memoryLedger } from "../support/recorded-fix.ts";

const files = {
  "package.json": '{ "name": "sum", "type": "module", "scripts": { "test": "node --test" } }',
  "sum.js": "export const sum = (a, b) => a - b;\n",
  "test/sum.test.js": "",
};

/** Types commands in a repository, in a house with a real sandbox and a model of recorded words. */
async function stage(host: Partial<SandboxHost> = {}, more: Readonly<Record<string, string>> = {}) {
  const cwd = makeRepository({ ...files, ...more });
  const home = temporary();
  const house = houseAt(home, await memoryLedger(), host);
  const typed = (argv: string[]): Promise<Typed> => type(argv, { cwd, app: { house: () => Promise.resolve(house) } });
  return { cwd, home, typed };
}

describe("claw sandbox", () => {
  test("runs a command on a copy of HEAD and leaves with its exit code; what it writes is thrown away", async () => {
    const { cwd, home, typed } = await stage();
    const script = "pwd; cat sum.js; echo new > sum.js; echo gone >&2; exit 7";
    const { code, out } = await typed(["sandbox", "--", "bash", "-c", script]);
    expect({ code, out }).toEqual({ code: 7, out: `/workspace\n${files["sum.js"]}gone\n` });
    expect(git(cwd, "status", "--porcelain")).toBe("");
    expect(readdirSync(join(home, "rooms"))).toEqual([]);
  });

  test("finds masked files empty, and usual places of a key, cannot change them, and has a git that does not know them", async () => {
    const more = {
      "claw.yaml": 'sandbox: { mask: [.env, "!shown/**"] }\n',
      ".env": "KEY=secret\n",
      "pkg/.env": "KEY=secret\n",
      ".npmrc": "//registry.example.org/:_authToken=secret-0123456789\n",
      "shown/.npmrc": "//registry.example.org/:_authToken=shown-0123456789\n",
      "other/.npmrc": "save-exact=true\n",
    };
    const { typed } = await stage({}, more);
    const script =
      "cat .env pkg/.env .npmrc */.npmrc; for f in .env pkg/.env; do echo x > $f || echo kept; done; git show HEAD:.env; git log --format=%s; git status --porcelain; ls; grep -r secret / --include=.env; true";
    const { out } = await typed(["sandbox", "--", "bash", "-c", `{ ${script}; } 2>/dev/null`]);
    expect(out).toBe(
      `${more["other/.npmrc"]}kept\nkept\nWork so far, with hidden files empty\nclaw.yaml\nother\npackage.json\npkg\nshown\nsum.js\ntest\n`,
    );
  });

  test("runs nothing where a file to be hidden has a name that is not UTF-8, over which nothing can be laid", async () => {
    const { cwd, typed } = await stage();
    writeFileSync(Buffer.from(`${cwd}/.env.\xFF`, "latin1"), "KEY=secret\n");
    git(cwd, "add", "--all");
    git(cwd, "commit", "-m", "more");
    const { code, out, err } = await typed(["sandbox", "--", "echo", "ran"]);
    expect({ code, out, err }).toEqual({ code: 23, out: "", err: expect.stringContaining(".env.? has to be hidden") });
  });

  test("tells a command that ran too long from one that does not exist", async () => {
    const { home, typed } = await stage();
    mkdirSync(join(home, "sandboxes"));
    writeFileSync(join(home, "sandboxes/hasty.yaml"), "limits: { seconds: 1 }\n", { mode: 0o600 });
    const slow = await typed(["sandbox", "--policy", "hasty", "--", "sleep", "60"]);
    expect({ code: slow.code, told: slow.err.includes("claw-sandbox: stopped (timeout)") }).toEqual({
      code: 124,
      told: true,
    });
    expect((await typed(["sandbox", "--", "no-such-command"])).code).toBe(127);
  });

  test("refuses with 126 where there is no sandbox, and runs nothing", async () => {
    const { cwd, typed } = await stage({ bwrap: "/nonexistent/bwrap" });
    const { code, err } = await typed(["sandbox", "--", "touch", join(cwd, "ran")]);
    expect(code).toBe(126);
    expect(err).toMatch(/^claw-sandbox: .+\n {2}.+/);
    expect(existsSync(join(cwd, "ran"))).toBe(false);
  });
});

describe("claw fix --dry-run", () => {
  const session = join(import.meta.dirname, "../../examples/slug-vitest-ts/session.json");
  const dry = ["fix", "sum subtracts", "--dry-run", "--model", session];

  test("prints what would be done, and leaves nothing behind", async () => {
    const { cwd, home, typed } = await stage();
    const { code, out } = await typed([...dry, "--budget-usd", "0.5", "--timeout", "10"]);
    expect(code).toBe(0);
    const head = git(cwd, "rev-parse", "HEAD");
    for (const line of [
      "issue      sum subtracts (the command line)",
      `repository ${cwd}`,
      `base       ${head}`,
      "tests      npm test (node-test, from package.json scripts.test)",
      "packages   none are needed",
      "price      at most $0.50",
      "limits     100 turns, 5000000 tokens, 10 min, 3 attempts",
    ]) {
      expect(out).toContain(`  ${line}\n`);
    }
    expect(out).toMatch(/^ {2}model {6}.*recorded replies, no model/m);
    expect(readdirSync(join(home, "plans"))).toEqual([]);
    expect(git(cwd, "branch", "--list")).toBe("* main");
  });

  test("--json gives the plan to scripts, with the test command that was named", async () => {
    const { typed } = await stage();
    const { out } = await typed([...dry, "--json", "--test-command", "npx vitest run"]);
    expect(JSON.parse(out)).toMatchObject({
      type: "plan",
      version: 1,
      priced: true,
      tests: { shell: "npx vitest run", runner: "vitest", source: "--test-command" },
    });
  });

  test("what the user does not grant is refused as a run would refuse it", async () => {
    const { typed } = await stage({}, { "claw.yaml": 'sandbox: { mask: ["!.env"] }\n' });
    const { code, err } = await typed(["fix", "sum is wrong", "--dry-run"]);
    expect({ code, err }).toMatchObject({
      code: 2,
      err: expect.stringContaining("claw.yaml:1: sandbox.mask shows .env"),
    });
  });

  test("a base that does not exist is refused", async () => {
    const { typed } = await stage();
    const { code, err } = await typed([...dry, "--base", "v9"]);
    expect({ code, err: err.split("\n")[0] }).toEqual({ code: 2, err: 'claw: no commit is called "v9" here' });
  });
});
