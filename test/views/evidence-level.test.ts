import { expect, test } from "vitest";
import { evidenceLevel } from "../../src/views/evidence-level.ts";
import { memoryLedger, pieces, recordProvenFix } from "../support/recorded-fix.ts";

/** A run with these of its pieces. */
async function levelOf(
  choose: (fix: ReturnType<typeof pieces>) => readonly Parameters<Awaited<ReturnType<typeof open>>["append"]>[0][],
) {
  const log = await open();
  for (const event of choose(pieces(log))) await log.append(event);
  return evidenceLevel(log.events);
}

const open = async () => (await memoryLedger()).open("r1");

test("without a change there is no level", async () => {
  expect(await levelOf((fix) => [fix.started, ...fix.intake, ...fix.reproduce])).toBeNull();
});

test("L0: a change whose suite was not seen", async () => {
  const level = await levelOf((fix) => [fix.started, ...fix.reproduce, ...fix.patch]);
  expect(level).toMatchObject({ level: "L0", inputs: 0, wouldRaise: [expect.stringContaining("suite")] });
});

test("L1: the suite ran with it and no test newly fails, but nothing shows that it helps", async () => {
  const level = await levelOf((fix) => [fix.started, ...fix.patch, fix.gate("regressions")]);
  expect(level).toMatchObject({ level: "L1", wouldRaise: [expect.stringContaining("fails on the base")] });
});

test("a suite with newly failing tests raises nothing", async () => {
  const level = await levelOf((fix) => [
    fix.started,
    ...fix.patch,
    ...fix.prove,
    fix.gate("regressions", "block", "one"),
  ]);
  expect(level?.level).toBe("L0");
});

test("L2: a test fails on the base, passes with the change, and fails again without it", async () => {
  const ledger = await memoryLedger();
  await recordProvenFix(ledger, "aaa1");
  const level = evidenceLevel((await ledger.read("aaa1")).events);
  expect(level).toMatchObject({ level: "L2", inputs: 1 });
  expect(level?.wouldRaise[0]).toBe("2 more distinct failing inputs");
});

test("what the search engine found asks for a person", async () => {
  const found = {
    type: "search.found",
    path: "src/slug.ts",
    line: 2,
    operator: "relation",
    suspicious: false,
    rank: 1,
    tried: 1,
    heldOut: 0,
    failing: 1,
  } as const;
  const level = await levelOf((fix) => [
    fix.started,
    ...fix.reproduce,
    found,
    ...fix.patch,
    ...fix.prove,
    fix.gate("regressions"),
  ]);
  expect(level?.level).toBe("L2");
  expect(level?.wouldRaise.at(-1)).toContain("a person's");
});
