import { expect, test } from "vitest";
import { type Outcome, UsageError } from "../../src/errors.ts";
import type { Event } from "../../src/ledger/events.ts";
import type { Ledger } from "../../src/ledger/ledger.ts";
import type { FinishedRun, StartRequest, Watch } from "../../src/workflows/start.ts";
import { type, type TypedOptions } from "../support/cli-desk.ts";
import { memoryLedger, pieces } from "../support/recorded-fix.ts";

type Story = (
  watch: Watch,
  record: (...events: Event[]) => Promise<void>,
  fix: ReturnType<typeof pieces>,
) => Promise<void>;

const withModel = { OPENAI_API_KEY: "sk-test" };

/** Runs `claw fix` on a story that a real ledger records, as the workflow would. */
async function fix(story: Story, flags: string[] = [], options: Partial<TypedOptions> = {}) {
  const ledger = await memoryLedger();
  const start = async (request: StartRequest): Promise<FinishedRun> => {
    const log = await ledger.open("aaa1");
    request.onStart?.("aaa1");
    if (request.onEvent) log.listen(request.onEvent);
    const record = async (...events: Event[]): Promise<void> => {
      for (const event of events) await log.append(event);
    };
    try {
      await story(request, record, pieces(log));
    } finally {
      await log.close();
    }
    const end = log.events.at(-1);
    if (end?.type !== "run.ended" && end?.type !== "run.paused") throw new Error("no end");
    return { run: "aaa1", outcome: end.outcome, reason: end.reason, hint: end.hint };
  };
  const typed = await type(["fix", "it breaks", ...flags], {
    ...options,
    ledger,
    environment: { ...withModel, ...options.environment },
    app: { start },
  });
  return { ...typed, ledger };
}

const whole: Story = async (watch, record, { started, intake, replied, proven }) => {
  await record(started, ...intake);
  watch.onDelta?.({ kind: "text", text: "I will lower-case " });
  watch.onDelta?.({ kind: "text", text: "later." });
  await record(replied("patch", 1, ""), replied("patch", 2, ""), proven);
};

const ending =
  (outcome: Outcome): Story =>
  async (_, record, { started }) => {
    await record(started, { type: "run.ended", outcome, reason: "so it is", hint: "" });
  };

test("without a terminal progress is lines on standard error, and only the summary is a result", async () => {
  const { code, out, err } = await fix(whole);
  expect(code).toBe(0);
  expect(out).toMatch(/^✓ proven {2}the patch is proven\n/);
  expect(err).toMatch(/^run aaa1 \(if it is interrupted: claw resume aaa1\)\n/);
  expect(err).toContain("· turn 1: I will lower-case later. (1500 → 100 tokens, $0.01)\n");
  expect(err).toContain("· turn 2 (1500");
  // oxlint-disable-next-line no-control-regex -- looks for escape sequences
  expect(out + err).not.toMatch(/\u001b/);
});

test("in CI a terminal gets lines, too", async () => {
  const { err } = await fix(whole, [], { terminal: { stderr: true }, environment: { CI: "true" } });
  expect(err).toContain("✓ intake done");
});

test("--json prints every event and last the result, and nothing on standard error", async () => {
  const { out, err, ledger } = await fix(whole, ["--json"]);
  const lines = out
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as { type: string; event?: { seq: number } });
  expect(lines.slice(0, -1).map(({ event }) => event?.seq)).toEqual(
    (await ledger.read("aaa1")).events.map(({ seq }) => seq),
  );
  expect(lines.at(-1)).toMatchObject({ type: "result", version: 1, run: "aaa1", outcome: "proven", exitCode: 0 });
  expect(err).toBe("");
});

test.each<[Outcome, number]>([
  ["not-reproduced", 10],
  ["no-patch", 11],
  ["unproven", 12],
  ["blocked", 13],
  ["over-budget", 15],
  ["stuck", 16],
])("%s leaves with exit code %i", async (outcome, exitCode) => {
  const { code, out } = await fix(ending(outcome));
  expect(code).toBe(exitCode);
  expect(out).toContain(`✗ ${outcome}  so it is`);
});

test("an interrupted run says how to go on", async () => {
  const { code, out } = await fix(async (_, record, { started }) => {
    await record(started, {
      type: "run.paused",
      outcome: "interrupted",
      reason: "interrupted by SIGINT",
      hint: "the state is saved: continue with claw resume",
    });
  });
  expect(code).toBe(130);
  expect(out).toContain("continue with claw resume aaa1");
});

test("what is refused before a run begins is a last line of JSON for scripts, and two lines for people", async () => {
  const refuse = () => Promise.reject(new UsageError("no model is configured", "set OPENAI_API_KEY"));
  const ledger = await memoryLedger();
  const scripts = await type(["fix", "it breaks", "--json"], {
    ledger,
    environment: withModel,
    app: { start: refuse },
  });
  expect(JSON.parse(scripts.out)).toEqual({
    type: "error",
    version: 1,
    outcome: "usage",
    exitCode: 2,
    message: "no model is configured",
    hint: "set OPENAI_API_KEY",
  });
  const people = await type(["fix", "it breaks"], { ledger, environment: withModel, app: { start: refuse } });
  expect(people).toEqual({ code: 2, out: "", err: "claw: no model is configured\n  set OPENAI_API_KEY\n" });
});

test("a bug in the middle of a run says that what was recorded is kept", async () => {
  const broken: Story = async (_, record, { started }) => {
    await record(started);
    throw new TypeError("x is not a function");
  };
  await expect(fix(broken)).rejects.toThrow("x is not a function");
});

test("flags become limits, and win over the configuration", async () => {
  const seen: StartRequest[] = [];
  const start = (request: StartRequest): Promise<FinishedRun> => {
    seen.push(request);
    return Promise.reject(new UsageError("enough", "seen"));
  };
  const flags = ["--budget-usd", "0.5", "--max-turns", "7", "--timeout", "1.5", "--attempts", "2", "--base", "v1"];
  await type(["fix", "it breaks", ...flags, "--repro", "test/a.test.ts"], { environment: withModel, app: { start } });
  await type(["fix", "it breaks"], { environment: withModel, app: { start } });
  const [flagged, plain] = seen;
  expect(flagged).toMatchObject({
    baseRef: "v1",
    limits: { usdNano: 5e8, turns: 7, tokens: 5_000_000, wallMs: 90_000, attempts: 2 },
  });
  expect(flagged?.input((body) => `sha of ${body}`)).toMatchObject({
    source: "the command line",
    text: "sha of it breaks",
    testCommand: null,
    repro: "test/a.test.ts",
  });
  expect(plain?.limits).toEqual({ usdNano: 2e9, turns: 100, tokens: 5_000_000, wallMs: 3_600_000, attempts: 3 });
});

test("a resumed run goes on with the lines of a run that is known", async () => {
  const ledger = await memoryLedger();
  await begin(ledger);
  const resume = async (run: string, watch: Watch): Promise<FinishedRun> => {
    const log = await ledger.open(run);
    watch.onStart?.(run);
    if (watch.onEvent) log.listen(watch.onEvent);
    await log.append({ type: "run.resumed", host: "here" });
    await log.append({ type: "run.ended", outcome: "stuck", reason: "in circles", hint: "" });
    await log.close();
    return { run, outcome: "stuck", reason: "in circles", hint: "" };
  };
  const { code, err } = await type(["resume"], { ledger, app: { resume } });
  expect(code).toBe(16);
  expect(err).toMatch(/ intake {5}· resumed\n/);
});

async function begin(ledger: Ledger): Promise<void> {
  const log = await ledger.open("aaa1");
  for (const event of [pieces(log).started, ...pieces(log).intake]) await log.append(event);
  await log.close();
}
