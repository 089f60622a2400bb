import { expect, test } from "vitest";
import type { App } from "../../src/app.ts";
import { systemClock } from "../../src/clock.ts";
import type { Event, EventOf } from "../../src/ledger/events.ts";
import { fixReport } from "../../src/reports/fix-report.ts";
import { resumeRun } from "../../src/workflows/resume.ts";
import type { House, StartRequest } from "../../src/workflows/start.ts";
import { type, type TypedOptions } from "../support/cli-desk.ts";
import { memoryLedger, pieces, recordProvenFix } from "../support/recorded-fix.ts";

const atTerminal = { stdin: true, stderr: true };
const confirmed = Buffer.from("without a sandbox\n");

/** What was started, if anything. */
async function fixed(options: TypedOptions, ...flags: string[]) {
  const started: StartRequest[] = [];
  const start: App["start"] = (request) => {
    started.push(request);
    return Promise.reject(new Error("started"));
  };
  const typed = await type(["fix", "the total is wrong", "--engine", "search", ...flags], {
    ...options,
    app: { start },
  }).catch((error: Error) => error.message);
  return { typed, waivers: started.map(({ waiver }) => waiver) };
}

test("a person at a terminal who types the words gets a run without a sandbox, in their name", async () => {
  const { waivers } = await fixed({ terminal: atTerminal, stdin: confirmed }, "--no-sandbox");
  expect(waivers).toEqual([{ by: "ada", words: "without a sandbox" }]);
  expect((await fixed({ terminal: atTerminal, stdin: confirmed })).waivers).toEqual([undefined]);
});

const nobody = "--no-sandbox needs a person at a terminal";
const unconfirmed = "that was not confirmed";
const ci = { CI: "true" };
test.each<[string, TypedOptions, string[], string]>([
  ["standard input is no terminal", { stdin: confirmed, terminal: { stderr: true } }, [], nobody],
  ["the question could not be seen", { stdin: confirmed, terminal: { stdin: true } }, [], nobody],
  ["in CI", { stdin: confirmed, terminal: atTerminal, environment: ci }, [], nobody],
  ["only --yes says so", { terminal: atTerminal }, ["--yes"], unconfirmed],
  ["another word is typed", { terminal: atTerminal, stdin: Buffer.from("yes\n") }, [], unconfirmed],
  ["it is to be published", { terminal: atTerminal, stdin: confirmed }, ["--pr"], "exclude each other"],
])("nothing runs without a sandbox when %s", async (_, options, flags, said) => {
  const { typed, waivers } = await fixed(options, "--no-sandbox", ...flags);
  expect(waivers).toEqual([]);
  expect(typed).toMatchObject({ code: 2, err: expect.stringContaining(said) });
});

const waived: Event = { type: "sandbox.waived", by: "ada", words: "without a sandbox" };

test("such a run is marked wherever it is shown, and is not published", async () => {
  const ledger = await memoryLedger();
  await recordProvenFix(ledger, "1aaa");
  const log = await ledger.open("1bbb");
  const { events } = await ledger.read("1aaa");
  for (const { seq: _, at: __, ...event } of events) {
    await log.append(event as Event);
    if (event.type === "run.started") await log.append(waived);
  }
  await log.close();
  const [runs, json, show, publish] = [
    await type(["runs"], { ledger }),
    await type(["show", "1bbb", "--json"], { ledger }),
    await type(["show", "1bbb"], { ledger }),
    await type(["publish", "1bbb"], { ledger }),
  ];
  expect(runs.out).toMatch(/^1bbb .* proven, no sandbox /m);
  expect(runs.out).toMatch(/^1aaa .* proven +\$/m);
  expect(JSON.parse(json.out)).toMatchObject({ sandbox: { level: "none", waivedBy: "ada" } });
  expect(show.out).toContain("none: ada wanted commands to run without one");
  const report = fixReport({ ...(await ledger.read("1bbb")), diff: "" });
  expect(report).toContain("**proven** · **without a sandbox** · ");
  expect(report).toContain("without a sandbox, with");
  expect(report).toContain("**no sandbox**: ada");
  expect(publish).toMatchObject({ code: 2, err: expect.stringContaining("ran without a sandbox") });
});

test("it goes on only when that is said again, and another run never without one", async () => {
  const ledger = await memoryLedger();
  for (const run of ["1ccc", "1ddd"]) {
    const log = await ledger.open(run);
    const started = pieces(log).started;
    await log.append(started);
    if (run === "1ccc") await log.append(waived);
    await log.close();
  }
  const house = { home: "/nonexistent", ledger, clock: systemClock } as unknown as House;
  const watch = { signal: new AbortController().signal };
  const { type: __, ...waiver } = waived as EventOf<"sandbox.waived">;
  await expect(resumeRun(house, "1ccc", watch)).rejects.toThrow("was begun without a sandbox");
  await expect(resumeRun(house, "1ddd", watch, waiver)).rejects.toThrow("was begun in a sandbox");
  const typed = await type(["resume", "1ccc", "--no-sandbox"], { ledger, stdin: confirmed });
  expect(typed).toMatchObject({ code: 2, err: expect.stringContaining(nobody) });
});
