import { chmodSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { makeRepository, temporary } from "../repo/fixture.ts";
import { type, type TypedOptions } from "../support/cli-desk.ts";
import { startModelServer } from "../support/model-server.ts";
import { memoryLedger } from "../support/recorded-fix.ts";

interface Told {
  readonly ok: boolean;
  readonly findings: readonly { check: string; state: string; says: string; remedy: string | null }[];
}

/** What `claw doctor --json` finds, and how it ends. */
async function doctor(flags: readonly string[], options: TypedOptions): Promise<Told & { code: number }> {
  const { code, out } = await type(["doctor", "--json", ...flags], options);
  return { code, ...(JSON.parse(out) as Told) };
}

const found = ({ findings }: Told, check: string) => findings.find((finding) => finding.check === check);

test("claw doctor finds what would fail, each with what to do, and changes nothing until it is told to", async () => {
  const home = temporary();
  chmodSync(home, 0o755);
  writeFileSync(join(home, "STOP"), "we look at something");
  const environment = { CLAW_HOME: home, OPENAI_API_KEY: "sk-test", OPENAI_BASE_URL: "http://127.0.0.1:9/v1" };
  const options = { environment, ledger: await memoryLedger(), cwd: makeRepository({ "a.txt": "" }) };

  const first = await doctor([], options);
  expect(first).toMatchObject({ code: 13, ok: false });
  expect(found(first, "stop")).toMatchObject({
    state: "problem",
    says: "everything is stopped: we look at something",
    remedy: "allow work again with: claw stop --clear",
  });
  expect(found(first, "model openai")).toMatchObject({
    state: "problem",
    says: expect.stringContaining("127.0.0.1:9"),
  });
  expect(found(first, "home")).toMatchObject({ state: "warning", remedy: `chmod 700 ${home}` });
  expect(found(first, "forge")?.says).toMatch(/not looked at: .* has no remote called origin/);
  expect(found(first, "sandbox")?.state).toBe("ok");
  expect(statSync(home).mode & 0o777).toBe(0o755);

  const mended = await doctor(["--fix", "--offline"], { ...options, environment: { CLAW_HOME: home } });
  expect(found(mended, "home")).toEqual({
    check: "home",
    state: "ok",
    says: `mended: only you can read ${home} now`,
    remedy: null,
  });
  expect(statSync(home).mode & 0o777).toBe(0o700);
  expect(found(mended, "model")).toMatchObject({ state: "warning", remedy: expect.stringContaining("OPENAI_API_KEY") });
});

test("people get a line each, with the remedy below, and a count at the end; without git nothing works", async () => {
  const server = await startModelServer(() => ({ text: "" }) as never);
  const empty = join(temporary(), "bin");
  mkdirSync(empty);
  const model = { OPENAI_API_KEY: "sk-test", OPENAI_BASE_URL: server.url };
  const { code, out } = await type(["doctor"], { environment: { CLAW_HOME: temporary(), PATH: empty, ...model } });
  await server.close();
  expect(out).toContain("✗ git          it is not on PATH, or does not run\n    → install git 2.30 or newer");
  expect(out).toContain(`✓ model openai ${server.url} answers: 1 model; tried out by: claw models probe openai\n`);
  expect(out).toMatch(/\n\n1 problem(, \d warnings?)?\n$/);
  expect(code).toBe(24);
});
