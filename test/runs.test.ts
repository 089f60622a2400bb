import { createReadStream, globSync } from "node:fs";
import { basename } from "node:path";
import { createInterface } from "node:readline";
import { createGunzip } from "node:zlib";
import { expect, test } from "vitest";
import { replayRun } from "../src/agent/replay/replay.ts";
import { importRun } from "../src/ledger/import.ts";
import { openSqlite } from "../src/store/sqlite.ts";
import { type } from "./support/cli-desk.ts";
import { tickingClock } from "./support/recorded-fix.ts";

/** Runs as each release recorded them; scripts/record-runs.ts adds those of a new one. Never changed, never deleted. */
const files = globSync("runs/*/*.jsonl.gz", { cwd: import.meta.dirname }).toSorted();

const open = async (file: string) => {
  const lines = createInterface({ input: createReadStream(`${import.meta.dirname}/${file}`).pipe(createGunzip()) });
  return importRun(lines, await openSqlite(":memory:"), tickingClock());
};

test("there are recorded runs of every kind", () => {
  expect(files.length).toBeGreaterThanOrEqual(6);
});

test.for(files)("%s still holds, and is shown, explained and replayed as it was", async (file) => {
  const [outcome] = /^(?:not-reproduced|over-budget|no-patch|[a-z]+)/.exec(basename(file)) ?? [""];
  const imported = await open(file);
  const { run, ledger } = imported;
  expect((await imported.check([])).findings).toEqual([]);
  const typed = (...args: string[]) => type(args, { ledger });

  expect(JSON.parse((await typed("show", run, "--json")).out)).toMatchObject({ run, outcome });
  expect((await typed("show", run)).code).toBe(0);
  expect(await typed("runs", "--outcome", outcome ?? "")).toMatchObject({ out: expect.stringContaining(run) });
  const why = JSON.parse((await typed("why", run, "--json")).out) as { outcome: string; facts: object[] };
  expect([why.outcome, why.facts.length > 1]).toEqual([outcome, true]);
  expect((await typed("log", run, "--full")).out).not.toBe("");
  expect((await replayRun(ledger, run)).divergence).toBeNull();
});
