import { hostname } from "node:os";
import { expect, test } from "vitest";
import type { App } from "../../src/app.ts";
import { UsageError } from "../../src/errors.ts";
import type { EventOf } from "../../src/ledger/events.ts";
import { type, type TypedOptions } from "../support/cli-desk.ts";
import { ledgerFile } from "../support/ledger-file.ts";
import { pieces, recordProvenFix } from "../support/recorded-fix.ts";

/** Runs whose process is no more, in a ledger with one that is over. */
async function abandoned(...runs: readonly (string | (Partial<EventOf<"run.started">> & { readonly run: string }))[]) {
  const { ledger, store } = await ledgerFile();
  for (const one of runs) {
    const { run, ...more } = typeof one === "string" ? { run: one } : one;
    const log = await ledger.open(run);
    await log.append({ ...(pieces(log).started as EventOf<"run.started">), ...more });
    await store.claim(run, { owner: `${hostname()} 4194303 1`, until: 1, mayTake: () => true });
  }
  await recordProvenFix(ledger, "rrr9");
  const resumed: string[] = [];
  const resume: App["resume"] = (run) => {
    resumed.push(run);
    if (run === "bad1") return Promise.reject(new UsageError("its repository is gone", "bring it back"));
    return Promise.resolve({ run, outcome: run === "aaa1" ? "no-patch" : "proven", reason: "", hint: "" });
  };
  const typed = async (more: readonly string[] = [], options: TypedOptions = {}) =>
    type(["resume", ...more], { ledger, app: { resume }, ...options });
  return { typed, resumed, ledger };
}

test("without an argument every abandoned run is continued, the oldest first, also after one that cannot be", async () => {
  const { typed, resumed } = await abandoned("aaa1", "bad1", "ccc1");
  const { code, err } = await typed();
  expect(resumed).toEqual(["aaa1", "bad1", "ccc1"]);
  expect([code, err]).toEqual([2, expect.stringContaining("its repository is gone")]);
  const two = await abandoned("aaa1", "ccc1");
  expect((await two.typed(["--json"])).code).toBe(11);
});

test("at a terminal several are listed, one is continued", async () => {
  const terminal = { stdin: true };
  const several = await abandoned("aaa1", "ccc1");
  expect(await several.typed([], { terminal })).toEqual({
    code: 2,
    out: "",
    err: "claw: 2 runs were abandoned: aaa1, ccc1\n  name one: claw resume aaa1\n",
  });
  expect(several.resumed).toEqual([]);
  const one = await abandoned("ccc1");
  expect((await one.typed([], { terminal })).code).toBe(0);
  expect(one.resumed).toEqual(["ccc1"]);
});

test("of a flow and a run that it has begun, the flow is continued, which goes on with that run itself", async () => {
  const flow = { run: "fff1", workflow: "flow" };
  const { typed, resumed } = await abandoned("aaa1", { run: "eee1", parent: "fff1", step: "mend[2]" }, flow);
  expect((await typed()).code).toBe(11);
  expect(resumed).toEqual(["aaa1", "fff1"]);
});

test("when none was abandoned, the newest run is meant", async () => {
  const { typed, resumed } = await abandoned();
  await typed();
  expect(resumed).toEqual(["rrr9"]);
});

test("--watch continues what is abandoned, each once, until it is told to stop", async () => {
  const { typed, resumed } = await abandoned("bad1", "ccc1");
  const stop = new AbortController();
  const watching = typed(["--watch", "--json"], { signal: stop.signal });
  await expect.poll(() => resumed).toEqual(["bad1", "ccc1"]);
  stop.abort();
  expect((await watching).code).toBe(0);
  expect(resumed).toHaveLength(2);
});
