import { expect, test } from "vitest";
import { started } from "../support/facts.ts";
import { type } from "../support/cli-desk.ts";
import { added } from "../support/pool.ts";
import { memoryLedger } from "../support/recorded-fix.ts";

test("a task whose run nobody writes any more is paused, not running, and says how it goes on", async () => {
  const ledger = await memoryLedger();
  await ledger.addTask("t-aaaa", added("sums are wrong"));
  const log = await ledger.open("1run00000000");
  await log.append({ ...started, task: "t-aaaa" });
  const listed = async (status: string) => (await type(["task", "list", "--status", status], { ledger })).out;
  expect(await listed("running")).toContain("t-aaaa");
  await log.close(); // as after a kill: its owner is gone, and no end is told
  expect(await listed("running")).toBe("");
  expect(await listed("paused")).toMatch(/t-aaaa +P2 +paused/);
  expect((await type(["task", "show", "t-aaaa"], { ledger })).out).toMatch(
    /interrupted: .*\n.*claw resume 1run00000000/,
  );
});
