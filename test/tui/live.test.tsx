import { PassThrough } from "node:stream";
import { render } from "ink-testing-library";
import { expect, test } from "vitest";
import type { Event } from "../../src/ledger/events.ts";
import { liveProgress } from "../../src/tui/live.tsx";
import { addOutput, addWords, applyToLive, type LiveState, newLiveState } from "../../src/tui/live-state.ts";
import { LiveView } from "../../src/tui/live-view.tsx";
import { utcTimes } from "../../src/times.ts";
import { memoryLedger, pieces, tickingClock } from "../support/recorded-fix.ts";

type Told = (fix: ReturnType<typeof pieces>) => readonly (Event | readonly Event[])[];

async function after(told: Told): Promise<LiveState> {
  const log = await (await memoryLedger()).open("1ng3482a7cnn");
  for (const event of told(pieces(log)).flat()) await log.append(event);
  return log.events.reduce(applyToLive, newLiveState("1ng3482a7cnn"));
}

interface Shown {
  readonly running?: boolean;
  readonly stopping?: boolean;
  readonly rows?: number;
  readonly colours?: boolean;
  readonly later?: number;
}

function frame(
  live: LiveState,
  { running = true, stopping = false, rows = 24, colours = false, later = 0 }: Shown = {},
) {
  const now = live.state.lastAt + later;
  const view = render(<LiveView {...{ live, now, running, stopping, rows, colours }} />);
  const shown = view.lastFrame() ?? "";
  view.unmount();
  return shown;
}

const untilPatch: Told = ({ started, intake, workspace, baseline, reproduce, replied, call }) => [
  started,
  intake,
  workspace,
  baseline,
  reproduce,
  { type: "stage.started", stage: "patch" },
  replied("patch", 1, ""),
  call("patch", "c1", "npx vitest run").slice(0, 1),
];

test("a run in the middle shows its stages, the running call with its output, the evidence and the spend", async () => {
  const live = addOutput(await after(untilPatch), Buffer.from("one\ntwo\n\u001b[31mthree\u001b[0m\nfour\n"));
  expect(frame(live, { later: 4000 })).toMatchInlineSnapshot(`
    "claw fix 1ng3482a7cnn  Umlauts are lost
      ✓ intake         1.0 s
      ✓ workspace      1.0 s
      ✓ baseline       2.0 s
      ✓ reproduce      6.0 s
      … patch            6 s
        bash npx vitest run 4 s
        │ two
        │ three
        │ four
      · baseline     red     40 passed, 2 failed
      ✓ red on base  red ×3  0 passed, 1 failed
      $0.01 of $2.00 · 1 of 100 turns · 1600 tokens · 21 s of 60 min
      Ctrl-C saves and stops; claw resume 1ng3482a7cnn continues"
  `);
});

test("what a model says is shown while it says it", async () => {
  const asked = await after(({ started }) => [
    started,
    { type: "model.requested", session: "patch", turn: 3, messages: 2, inputTokens: 9, reserved: null },
  ]);
  const shown = frame(addWords(addWords(asked, "I will "), "look."), { later: 2000 });
  expect(shown).toContain("    the model, turn 3 2 s\n    │ I will look.");
});

test("the last frame tells how it ended and asks for nothing", async () => {
  const live = await after((fix) => [
    fix.started,
    fix.intake,
    fix.stage("reproduce", { end: { outcome: "not-reproduced", reason: "", hint: "" } }),
  ]);
  const shown = frame(live, { running: false });
  expect(shown).toContain("✗ reproduce");
  expect(shown).not.toContain("Ctrl-C");
});

test("after Ctrl-C it says that the state is being saved", async () => {
  expect(frame(await after(untilPatch), { stopping: true })).toContain("stopping; the state is being saved");
});

test("no line is wider than the terminal, and a low terminal is not outgrown", async () => {
  const long = await after((fix) => [
    ...untilPatch(fix),
    fix.call("patch", "c2", "x".repeat(300)).slice(0, 1),
    ...["prove", "gates", "publish"].map((name) => fix.stage(name, {})),
  ]);
  const lines = frame(long, { rows: 18 }).split("\n");
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(100);
  expect(lines.length).toBeLessThan(18);
});

test("a cost that is only partly known is not shown as the whole", async () => {
  const live = await after(({ started, replied }) => [started, replied("a", 1, "", null)]);
  expect(frame(live)).toContain("$0.00 and unpriced parts of $2.00");
});

test("it draws on the terminal it is given, and gives the cursor back", async () => {
  const terminal = Object.assign(new PassThrough(), { isTTY: true, columns: 80, rows: 24 });
  let written = "";
  terminal.on("data", (chunk: Buffer) => (written += chunk.toString()));
  const live = liveProgress({
    colours: false,
    clock: tickingClock(),
    stream: terminal as unknown as NodeJS.WriteStream,
    signal: new AbortController().signal,
    times: utcTimes,
  });
  await live.end();
  expect(written).toBe("");

  const log = await (await memoryLedger()).open("aaa1");
  live.onStart("aaa1", []);
  log.listen((event) => live.onEvent(event));
  for (const event of [pieces(log).started, ...pieces(log).intake]) await log.append(event);
  await live.end();
  expect(written).toContain("✓ intake");
  expect(written.lastIndexOf("\u001b[?25h")).toBeGreaterThan(written.lastIndexOf("\u001b[?25l"));
});

test("of thirty stages and twenty executions the newest and the proof stay, in fewer lines than the terminal has", async () => {
  const many = await after(({ started, suite, stage }) => [
    started,
    ...Array.from({ length: 30 }, (_, index) =>
      stage(`stage-${index}`, {}, suite(`try-${index}`, "head", "red", 1, [])),
    ),
    suite("red-on-base", "base", "red", 1, ["a.test.ts"]),
    suite("green-on-head", "head", "green", 0, ["a.test.ts"]),
    suite("red-reverted", "red", "red", 1, ["a.test.ts"]),
  ]);
  for (const rows of [10, 14, 24]) {
    const lines = frame(many, { rows, running: false }).split("\n");
    expect(lines.length).toBeLessThan(rows);
    const shown = lines.join("\n");
    for (const wanted of ["✓ stage-29", "✓ red again without the patch", "other executions"])
      expect(shown).toContain(wanted);
  }
  expect(frame(many, { rows: 24 })).toContain("✓ red on base                  red    0 passed, 1 failed");
});

test("what earlier runs took is said of the stage under way and of the whole, and no more exactly than it is known", async () => {
  const live = { ...(await after(untilPatch)), pace: { stages: { patch: 40_400, prove: 9000 }, whole: 130_000 } };
  const shown = frame(live, { later: 4000 });
  expect(shown).toContain("… patch            6 s  usually 40 s");
  expect(shown).toContain("21 s of 60 min, usually 2 min");
});

test("a stage that failed says why, and a pause is no part of its time", async () => {
  const live = await after(({ started, intake, stage }) => [
    started,
    intake,
    { type: "stage.started", stage: "reproduce" },
    { type: "run.paused", outcome: "interrupted", reason: "", hint: "" },
    { type: "run.resumed", host: "linux" },
    ...stage("reproduce", { end: { outcome: "not-reproduced", reason: "no test fails\nsecond line", hint: "" } }),
  ]);
  expect(frame(live, { running: false })).toContain("✗ reproduce      3.0 s  not-reproduced: no test fails\n");
});
