import { mkdirSync, writeFileSync } from "node:fs";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { resultOf } from "../support/claw.ts";
import { freshDatabase } from "../support/postgres.ts";
import { scene } from "../support/scene.ts";

test("with the ledger in PostgreSQL a fix is proven, shown, replayed and audited, and no file of the machine holds it", async () => {
  const { fix, used, cwd } = await scene();
  const address = (await freshDatabase({ over: "loopback" })).replace("claw@", "claw:pa55word-of-ada@");
  const key = join(used.dir, "address");
  writeFileSync(key, address, { mode: 0o600 });
  mkdirSync(join(used.dir, "home/.config/claw"), { recursive: true });
  writeFileSync(join(used.dir, "home/.config/claw/config.yaml"), `store: { postgres: { file: ${key} } }\n`);
  const run = await fix();
  expect([run.code, resultOf(run)], run.stderr).toMatchObject([0, { outcome: "proven" }]);
  expect(existsSync(join(used.clawHome, "ledger.sqlite"))).toBe(false);

  const listed = await used.claw(["runs", "--json"], { cwd });
  expect(JSON.parse(listed.stdout)).toMatchObject({ outcome: "proven" });
  const replayed = await used.claw(["replay", "--json"], { cwd });
  expect(replayed.code, replayed.stderr).toBe(0);
  const verified = await used.claw(["audit", "verify"], { cwd });
  expect([verified.code, verified.stdout]).toEqual([0, expect.stringMatching(/^✓ as it was written: 1 run, 1 task,/)]);
  const looked = await used.claw(["doctor"], { cwd });
  expect(looked.stdout + looked.stderr).toMatch(/ledger\s+PostgreSQL database test_\w+ at 127\.0\.0\.1:\d+, opens/);
  for (const { stdout, stderr } of [run, listed, replayed, verified, looked])
    expect(stdout + stderr).not.toContain("pa55word");

  // Whoever types another address means that one, and what is wrong with it is told.
  const none = await used.claw(["runs", "--store", "postgres://ada@127.0.0.1:1/x"], { cwd });
  expect([none.code, none.stderr]).toEqual([24, expect.stringContaining("cannot be reached")]);
  const wrong = await used.claw(["runs"], { cwd, env: { CLAW_STORE: "ledger.sqlite" } });
  expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining("CLAW_STORE is no address")]);
});
