import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { exitCodes, UsageError } from "../../errors.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import { command, type CommandDesk } from "../command.ts";
import { notifyOptions } from "../notify-options.ts";
import { latest } from "../../views/run.ts";
import { readRun } from "../run-id.ts";
import { watchRun } from "../watch-run.ts";

/** How often --watch looks, in milliseconds. */
const LOOK_MS = 250;

const more = `The run is named by the beginning of its id. Without one, the runs that were abandoned are continued: their process was
killed, or the machine went down. At a terminal they are listed when there are several; elsewhere all of them are continued,
one after the other, the oldest first. When none was abandoned, the newest run is meant.
What was finished is not done again. A triage goes on with the fixes it was asked for. A run whose files are lost goes on from what its record holds of them.

Examples:
  claw resume
  claw resume 1ng3ek
  claw resume --watch        continue abandoned runs as they appear, until Ctrl-C

Exit code: that of the run; of several the first that is not 0`;

export const resume = command({
  arguments: "[run]",
  options: [
    ["--watch", "wait for runs that are abandoned, and continue each at once"],
    ["--no-sandbox", "for a run that was begun so: asks at a terminal first"],
    ...notifyOptions,
    ["--json", "print events and, last, the result as lines of JSON"],
    ["--yes", "ask nothing: install packages from their registry when they are needed"],
  ],
  more,
  times: true,
  input: z.object({
    run: z.string().optional(),
    watch: z.boolean().default(false),
    json: z.boolean().default(false),
    yes: z.boolean().default(false),
    sandbox: z.boolean().default(true),
    notify: z.boolean().optional(),
  }),
  async run({ run: named, watch, sandbox, ...how }, desk) {
    if (!sandbox) return resumeWithout(named, how, desk);
    const ledger = await (await desk.app()).ledger();
    if (watch) return keepWatch(ledger, named, how, desk);
    if (named !== undefined) return resumeOne(ledger, named, how, desk);
    const abandoned = await wholesOf(ledger, await ledger.abandoned());
    if (abandoned.length > 1 && desk.terminal.stdin && !how.json) throw several(abandoned);
    if (abandoned.length === 0) return resumeOne(ledger, await newestWhole(ledger), how, desk);
    return inTurn(ledger, abandoned, how, desk);
  },
});

interface How {
  readonly json: boolean;
  readonly yes: boolean;
  readonly notify?: boolean | undefined;
}

/** The newest run, or the flow or triage whose part it is; undefined where there are none. */
async function newestWhole(ledger: Ledger): Promise<string | undefined> {
  const [newest] = await ledger.newest(1);
  return newest && (await import("../triage/resume-triage.ts")).wholeOf(ledger, newest.run);
}

async function resumeOne(ledger: Ledger, named: string | undefined, how: How, desk: CommandDesk): Promise<number> {
  const record = await readRun(ledger, named);
  const { run, events: past } = record;
  const { stdin, stdout } = desk.terminal;
  const workflow = latest(past, "run.started")?.workflow;
  if (workflow === "triage") return (await import("../triage/resume-triage.ts")).resumeTriage(record, how, desk);
  if (workflow === "chat") {
    const { attendSession, finishSession } = await import("../chat/session.ts");
    const attended = stdin && stdout && !how.json && !(await desk.app()).config.ci;
    return attended ? attendSession(desk, resumed(run)) : finishSession(desk, run, how.json);
  }
  return watchRun(desk, { ...how, past }, (app, watch) => app.resume(run, watch));
}

/** A session that is gone on with, as it was begun. */
const resumed = (resume: string) => ({
  words: "",
  resume,
  model: undefined,
  budgetUsd: undefined,
  maxTokens: undefined,
  maxTurns: undefined,
  plain: false,
  inPlace: undefined,
});

async function resumeWithout(named: string | undefined, how: How, desk: CommandDesk): Promise<number> {
  const app = await desk.app();
  const { run, events: past } = await readRun(await app.ledger(), named);
  const { askForWaiver } = await import("../no-sandbox.ts");
  const waiver = await askForWaiver(desk);
  return watchRun(desk, { ...how, past }, (_, watch) => app.resume(run, watch, waiver));
}

const several = (runs: readonly string[]): UsageError =>
  new UsageError(`${runs.length} runs were abandoned: ${runs.join(", ")}`, `name one: claw resume ${runs[0]}`);

/** Flows and triages go on with the runs that they have begun: these are not gone on with once more. */
async function wholesOf(ledger: Ledger, runs: readonly string[]): Promise<readonly string[]> {
  const { wholeOf } = await import("../triage/resume-triage.ts");
  return [...new Set(await Promise.all(runs.map((run) => wholeOf(ledger, run).catch(() => run))))];
}

/** One that cannot go on does not keep the others from it: what is wrong with the first of them is told last. */
async function inTurn(ledger: Ledger, runs: readonly string[], how: How, desk: CommandDesk): Promise<number> {
  let worst = 0;
  const failures: unknown[] = [];
  for (const run of runs) {
    if (desk.signal.aborted) return exitCodes.interrupted;
    try {
      const code = await resumeOne(ledger, run, how, desk);
      worst ||= code;
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
  return worst;
}

async function keepWatch(ledger: Ledger, named: string | undefined, how: How, desk: CommandDesk): Promise<number> {
  if (named !== undefined) throw new UsageError("a run and --watch exclude each other", "leave one of them out");
  desk.err("waiting for abandoned runs; end with Ctrl-C");
  // One that could not go on is not tried for ever.
  const tried = new Set<string>();
  while (!desk.signal.aborted) {
    const next = (await ledger.abandoned()).find((run) => !tried.has(run));
    if (next === undefined) await sleep(LOOK_MS, undefined, { signal: desk.signal }).catch(() => {});
    else {
      tried.add(next);
      await inTurn(ledger, await wholesOf(ledger, [next]), how, desk).catch((error: unknown) =>
        desk.err(`run ${next}: ${String(error)}`),
      );
    }
  }
  return 0;
}
