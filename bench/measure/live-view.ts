import { globSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { inTerminal } from "../../scripts/screen.ts";
import { systemClock } from "../../src/clock.ts";
import { scrubbedProgress } from "../../src/cli/scrubbed.ts";
import { secretBook } from "../../src/policy/secret-book.ts";
import { localTimes } from "../../src/times.ts";
import { type Desk, environment, makeHome, type Measurement, program } from "../desk.ts";
import { atMost, type Row, timesFloor } from "../row.ts";
import { makeRepository } from "../sample-repository.ts";
import { compared, median } from "../statistics.ts";

const MEGABYTES = 10;
const CHUNK = 65_536;
/** A view at 60 frames a second has so long for one; this one draws ten. */
const FRAME_MS = 16;

/** What a person at a terminal feels: how soon something is there, and whether it stays fluent. */
export const liveView: Measurement = {
  name: "live-view",
  about: "first paint of claw fix in a pseudo-terminal, and the live view under 10 MB of a command's output",
  run: async (desk) => [...(await firstPaint(desk)), ...(await flood(desk))],
};

/** From the start of the process to the heading of the view. A bare Node process in the same terminal is the floor. */
async function firstPaint(desk: Desk): Promise<readonly Row[]> {
  const home = makeHome(desk.dir, "live-view");
  const repository = makeRepository(join(home, "repository"));
  const env = { ...environment(home), CI: undefined, TERM: "xterm-256color" };
  const seen = (command: string, sign: string) => async (): Promise<number> => {
    const startedAt = performance.now();
    let at = 0;
    await inTerminal(command, { columns: 80, rows: 24, env, cwd: repository }, (written, type) => {
      if (at > 0 || !written.includes(sign)) return;
      at = performance.now() - startedAt;
      type("\u0003");
    });
    return at;
  };
  const claw = seen(`'${process.execPath}' '${program}' fix nothing --engine search --repro 'npm test'`, "claw fix");
  const node = seen(`'${process.execPath}' -e 'console.log("claw", "fix")'`, "claw fix");
  await claw();
  const [times, floors]: [number[], number[]] = [[], []];
  for (let round = 0; round < desk.repeats(9, 3); round += 1) {
    floors.push(await node());
    times.push(await claw());
  }
  const note = "claw fix in a repository of one file, until the heading of the view stands";
  return [{ what: "first paint", unit: "ms", ...compared(times, floors), budget: timesFloor(10), note }];
}

/** Output as fast as it can be taken in, with frames drawn meanwhile; how long the keyboard would have had to wait. */
async function flood(desk: Desk): Promise<readonly Row[]> {
  const [file = ""] = globSync("dist/chunks/live-*.js", { cwd: join(import.meta.dirname, "..", "..") });
  const { liveProgress } = (await import(
    join(import.meta.dirname, "..", "..", file)
  )) as typeof import("../../src/tui/live.tsx");
  const terminal = Object.assign(new PassThrough(), { isTTY: true, columns: 80, rows: 24 });
  let written = 0;
  terminal.on("data", (chunk: Buffer) => (written += chunk.length));
  const live = liveProgress({
    colours: true,
    clock: systemClock,
    stream: terminal as unknown as NodeJS.WriteStream,
    signal: new AbortController().signal,
    times: localTimes,
  });
  const progress = scrubbedProgress(live, secretBook([]).scrub);
  progress.onStart("000000000000", []);
  const line = `${"a line of a test's output, with \u001b[32mcolours\u001b[39m and a / path / or two ".repeat(2)}\n`;
  const chunk = Buffer.from(line.repeat(Math.ceil(CHUNK / line.length)));
  const blocked: number[] = [];
  const startedAt = performance.now();
  for (let taken = 0; taken < MEGABYTES * 1e6 * desk.repeats(3, 1); taken += chunk.length) {
    const before = performance.now();
    progress.onOutput?.(chunk);
    blocked.push(performance.now() - before);
    // What waits meanwhile is drawn now.
    const drawnAt = performance.now();
    await sleep(2);
    blocked.push(Math.max(0, performance.now() - drawnAt - 2));
  }
  const ms = performance.now() - startedAt;
  await progress.end();
  const sorted = blocked.toSorted((a, b) => a - b);
  const note = `${MEGABYTES} MB in chunks of 64 kB, scrubbed, at ${((MEGABYTES * desk.repeats(3, 1)) / (ms / 1000)).toFixed(0)} MB/s; ${Math.round(written / (ms / 1000) / 1024)} kB/s to the terminal`;
  return [
    {
      what: "10 MB of output: median time nothing else is done",
      unit: "ms",
      value: median(blocked),
      budget: atMost(FRAME_MS),
      note,
    },
    {
      what: "10 MB of output: 99 of 100",
      unit: "ms",
      value: sorted[Math.floor(sorted.length * 0.99)] ?? 0,
      budget: atMost(3 * FRAME_MS),
    },
  ];
}
