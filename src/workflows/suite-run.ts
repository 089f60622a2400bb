import type { EventOf, Recorded } from "../ledger/events.ts";
import type { DependencySource } from "../repo/dependencies.ts";
import type { ExecResult } from "../sandbox/sandbox.ts";
import { type SuiteCommand, suiteCommand } from "../suite/command.ts";
import { signature } from "../suite/failure-text.ts";
import { readResults } from "../suite/read-results.ts";
import { counts, type SuitePlan, type SuiteResult, verdict } from "../suite/suite.ts";
import { keepEnds } from "../text.ts";
import { ofType } from "../views/run.ts";
import { withCheckout } from "./checkouts.ts";
import { guardRoom, loopGuards } from "./loop-guards.ts";
import { openRoom, type Room } from "./sandboxes.ts";
import type { WorkDesk } from "./workflow.ts";

/** How the suite of this run is executed: the same for every tree. */
export interface Bench {
  readonly plan: SuitePlan;
  readonly dependencies: readonly DependencySource[];
}

export interface SuiteRequest {
  /** What the execution shows: "baseline", "red-on-base", "green-on-head", … */
  readonly purpose: string;
  readonly tree: string;
  /** Only these test files; the whole suite when empty. */
  readonly files: readonly string[];
  /** Milliseconds without a word after which the suite is stopped, as if its time were up. */
  readonly silenceMs?: number;
}

export interface SuiteRun {
  readonly fact: Recorded<EventOf<"suite.ran">>;
  readonly result: SuiteResult;
}

const MAX_REPORT_BYTES = 64 * 2 ** 20;
const KEPT_OUTPUT = 2 ** 20;

/** Executes the suite, or some files of it, in a clean checkout of a tree, and records what happened. */
export const runSuite = (desk: WorkDesk, bench: Bench, request: SuiteRequest): Promise<SuiteRun> =>
  withCheckout(desk, request.tree, async (dir) => {
    const room = await openSuiteRoom(desk, bench, request, dir);
    try {
      return await runSuiteIn(desk, bench, request, room);
    } finally {
      await room.close();
    }
  });

export const openSuiteRoom = (
  desk: WorkDesk,
  bench: Bench,
  { purpose, tree }: SuiteRequest,
  dir: string,
): Promise<Room> =>
  openRoom(desk, {
    purpose,
    dir,
    tree,
    dependencies: bench.dependencies,
    limits: {
      wallMs: desk.manifest.test.timeoutSeconds * 1000,
      idleMs: desk.manifest.test.idleSeconds * 1000,
    },
  });

/** The same in a room that is already open. */
export async function runSuiteIn(desk: WorkDesk, bench: Bench, request: SuiteRequest, room: Room): Promise<SuiteRun> {
  const { log, clock } = desk;
  const report = `/tmp/report-${clock.newId()}`;
  const command = suiteCommand(bench.plan, { files: [...request.files], report });
  await guardRoom(desk, { tree: request.tree, room, guards: loopGuards(bench.plan) });
  const run = await execUnlessSilent(desk, room, command, request.silenceMs);
  const left = await room.sandbox.collect(report, MAX_REPORT_BYTES);
  const printed = run.stdout.toString("utf8");
  const result = readResults(bench.plan, {
    report: left?.toString("utf8") ?? null,
    exitCode: run.exitCode,
    killed: run.killed,
    output: printed,
  });
  const output = keepEnds(printed, KEPT_OUTPUT);
  const fact = await log.append({
    type: "suite.ran",
    purpose: request.purpose,
    tree: request.tree,
    command: bench.plan.shell,
    runner: bench.plan.runner,
    files: [...request.files],
    exitCode: run.exitCode,
    killed: run.killed,
    verdict: verdict(result),
    ...counts(result),
    unloaded: result.tests.filter(({ loadError }) => loadError).length,
    signature: signature(result),
    result: log.putJson(result),
    output: log.put(output),
    ms: Math.round(run.ms),
  });
  return { fact: fact as SuiteRun["fact"], result };
}

/** Runs a suite; one that says nothing for too long ends as one whose time is up. */
async function execUnlessSilent(
  desk: WorkDesk,
  { sandbox }: Room,
  { shell, env }: SuiteCommand,
  silenceMs: number | undefined,
): Promise<ExecResult> {
  const silence = new AbortController();
  const startedAt = desk.clock.now();
  const heard: Buffer[] = [];
  const stop = (): void => silence.abort();
  let timer = silenceMs === undefined ? undefined : setTimeout(stop, silenceMs);
  const onOutput = (chunk: Buffer): void => {
    desk.screen.onOutput?.(chunk);
    if (silenceMs === undefined) return;
    clearTimeout(timer);
    timer = setTimeout(stop, silenceMs);
    heard.push(chunk);
  };
  try {
    const signal = AbortSignal.any([desk.signal, silence.signal]);
    return await sandbox.exec(["/bin/bash", "-c", shell], { env, merge: true, signal, onOutput });
  } catch (error) {
    if (!silence.signal.aborted || desk.signal.aborted) throw error;
    const stdout = Buffer.concat(heard);
    const ms = desk.clock.now() - startedAt;
    return {
      exitCode: 124,
      killed: "timeout",
      stdout,
      stderr: Buffer.alloc(0),
      bytes: stdout.length,
      truncated: false,
      ms,
    };
  } finally {
    clearTimeout(timer);
  }
}

/** Executions of the same command with the same files on the same tree that are on record, oldest first. */
export function recordedSuites(
  desk: WorkDesk,
  wanted: Pick<SuiteRequest, "tree" | "files"> & Pick<Bench, "plan">,
): Promise<readonly SuiteRun[]> {
  const same = ofType(desk.log.events, "suite.ran").filter(
    ({ tree, files, command }) =>
      tree === wanted.tree && command === wanted.plan.shell && JSON.stringify(files) === JSON.stringify(wanted.files),
  );
  return Promise.all(same.map(async (fact) => ({ fact, result: await resultOf(desk, fact) })));
}

/** The per-test results behind a recorded execution. */
export const resultOf = async (desk: WorkDesk, fact: EventOf<"suite.ran">): Promise<SuiteResult> =>
  JSON.parse(await desk.log.text(fact.result)) as SuiteResult;
