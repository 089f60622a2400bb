import { expect, onTestFinished, test } from "vitest";
import type { Ledger } from "../../src/ledger/ledger.ts";
import { ledgerInFile, ledgerInPostgres } from "../support/ledger-drivers.ts";
import { recordRun, stage } from "../support/ledger-file.ts";
import { recordProvenFix } from "../support/recorded-fix.ts";

/** What became of each run that was taken over. */
async function carried(from: Ledger, to: Ledger): Promise<Record<string, string>> {
  const became: Record<string, string> = {};
  for await (const stream of from.streams()) became[stream.run] = await to.take(stream);
  return became;
}

test("runs are taken over with their bodies, and further when they have gone on; what differs is left alone", async () => {
  const [file, database] = [await ledgerInFile(), await ledgerInPostgres()];
  await recordProvenFix(file.ledger, "run1");
  await recordRun(file.ledger, "run2", 3);
  await recordRun(file.ledger, "run3", 2);
  const other = await database.ledger.open("run3");
  await other.append(stage("of another machine"));
  await other.close();
  const held = await database.ledger.open("run4");
  await held.append(stage(0));
  onTestFinished(() => held.close());
  expect(await carried(file.ledger, database.ledger)).toEqual({ run1: "new", run2: "new", run3: "differs" });
  expect((await database.ledger.read("run1")).events).toEqual((await file.ledger.read("run1")).events);

  const log = await file.ledger.open("run2");
  log.put("a body that came later");
  await log.append(stage(3));
  await log.close();
  const there = await database.ledger.open("run1");
  await there.append(stage("it has gone on there"));
  await there.close();
  expect(await carried(file.ledger, database.ledger)).toEqual({ run1: "ahead", run2: "further", run3: "differs" });
  expect(await carried(file.ledger, database.ledger)).toEqual({ run1: "ahead", run2: "there", run3: "differs" });
  expect((await database.ledger.audit()).findings).toEqual([]);
});

test("a record that was changed is not taken over, nor one that is being written there", async () => {
  const [file, database] = [await ledgerInFile(), await ledgerInPostgres()];
  await recordRun(file.ledger, "run1", 3);
  const writer = await database.ledger.open("run1");
  onTestFinished(() => writer.close());
  expect(await carried(file.ledger, database.ledger)).toEqual({ run1: "held" });
  await file.tamper("UPDATE events SET body = replace(body, 'stage 1', 'stage 7')");
  await expect(carried(file.ledger, database.ledger)).rejects.toThrow("does not match its hash");
  expect((await database.ledger.read("run1")).events).toEqual([]);
});
