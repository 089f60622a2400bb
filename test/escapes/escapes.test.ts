import { execFileSync, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const attempt = fileURLToPath(new URL("./attempt.ts", import.meta.url));
const isRoot = process.getuid?.() === 0;
/** An id that nobody has: the ordinary user of this test. */
const USER = 54_321;
const asUser = ["--reuid", `${USER}`, "--regid", `${USER}`, "--clear-groups", "--", process.execPath];
const userCanRead = isRoot && spawnSync("/usr/bin/setpriv", [...asUser, "--check", attempt]).status === 0;

interface Outcome {
  readonly tried: number;
  readonly heldWithoutSandbox: readonly string[];
  readonly through: readonly string[];
  readonly exitCode: number;
  readonly degraded: readonly string[];
}

function run(program: string, args: readonly string[]): Outcome {
  const env = { PATH: process.env["PATH"] ?? "" };
  return JSON.parse(execFileSync(program, [...args, attempt], { encoding: "utf8", env, cwd: "/" })) as Outcome;
}

/** Each attack works on this machine, or nothing would be shown by its failing inside. */
const held = { heldWithoutSandbox: [], through: [], exitCode: 0 };

test.runIf(isRoot)(
  "every attack that root can make succeeds without the sandbox and fails inside, where commands are somebody else",
  () => {
    const outcome = run(process.execPath, []);
    expect(outcome).toMatchObject(held);
    expect(outcome.tried).toBeGreaterThanOrEqual(40);
    expect(outcome.degraded).not.toContain("uid-drop");
  },
);

test.runIf(isRoot)("the same where commands have to stay root, which the sandbox says", () => {
  const env = { PATH: process.env["PATH"] ?? "" };
  const text = execFileSync(process.execPath, [attempt, "as-root"], { encoding: "utf8", env, cwd: "/" });
  const outcome = JSON.parse(text) as Outcome;
  expect(outcome).toMatchObject(held);
  expect(outcome.tried).toBeGreaterThanOrEqual(40);
  expect(outcome.degraded).toContain("uid-drop");
});

test.runIf(!isRoot || userCanRead)(
  "every attack of an ordinary user succeeds without the sandbox and fails inside",
  () => {
    const outcome = isRoot ? run("/usr/bin/setpriv", asUser) : run(process.execPath, []);
    expect(outcome).toMatchObject(held);
    expect(outcome.tried).toBeGreaterThanOrEqual(25);
  },
);
