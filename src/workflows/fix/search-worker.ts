import { rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { Candidate } from "../../engines/search/candidates.ts";
import { MAX_TIMEOUTS, type Part, type Trial, type Worker } from "../../engines/search/lab.ts";
import { suiteCommand } from "../../suite/command.ts";
import { readResults } from "../../suite/read-results.ts";
import { shellQuote } from "../../suite/shell.ts";
import { failedTests, type SuitePlan, type SuiteResult } from "../../suite/suite.ts";
import { guardRoom, loopGuards } from "../loop-guards.ts";
import { openRoom, type Room } from "../sandboxes.ts";
import type { WorkDesk } from "../workflow.ts";
import type { Bases } from "./check.ts";
import { BATCH_ANSWERS, BATCH_DRIVER, pytestBatch } from "./pytest-batch.ts";

const MAX_BYTES = 64 * 2 ** 20;
const REPORT = "/tmp/claw-search/report";
const TIMES = "/tmp/claw-search/times";
const ORIGINAL = "/tmp/claw-search/original";

/** How a part of the suite is run for a candidate. */
export interface Run {
  readonly plan: SuitePlan;
  readonly files: readonly string[];
}

type RunOf = (part: Part, candidate: Candidate | null) => Run;

/** A workspace of its own, in a sandbox of its own, that holds the base with the failing test in it. */
export async function openWorker(desk: WorkDesk, { reproduction, setup }: Bases, runOf: RunOf): Promise<Worker> {
  const dir = join(desk.dir, "checkouts", `search-${desk.clock.newId()}`);
  await desk.clone.checkout(reproduction.tree, dir);
  const room = await openRoom(desk, {
    purpose: "search",
    dir,
    tree: reproduction.tree,
    dependencies: setup.dependencies,
    frozen: reproduction.files,
  });
  await room.sandbox.exec(
    ["/bin/bash", "-c", `mkdir -p ${BATCH_DRIVER.slice(0, BATCH_DRIVER.lastIndexOf("/"))} && cat >${BATCH_DRIVER}`],
    { stdin: pytestBatch },
  );
  const guards = loopGuards(reproduction.plan, HANGING_SECONDS);
  await guardRoom(desk, { tree: reproduction.tree, room, guards });
  const bench = { desk, room, guards };
  const shown = runOf("failing", null);
  const look = await quickest(bench, shown, reproduction.failing);
  const run: Worker["run"] = (candidate, part, wallMs) =>
    runOne(bench, part === "failing" ? look.how : runOf(part, candidate), candidate, wallMs);
  return {
    failingMs: look.ms,
    manyAtOnce: look.driver !== null,
    run,
    async tryEach(candidates, wallMs) {
      const together = look.driver && (await runTogether(bench, shown, look.driver, candidates, wallMs));
      if (together) return together;
      const trials: Trial[] = [];
      for (const candidate of candidates) trials.push(await run(candidate, "failing", wallMs));
      return trials;
    },
    async close() {
      await room.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** Where a test never ends on the base, most candidates do not mend that: each loop of theirs may take so much processor time. */
const HANGING_SECONDS = 0.5;
/** The longest a first look may take. */
const LOOK_MS = 120_000;

/** Ways to start the driver, the quickest first: plugins that happen to be installed often take longer than the tests. */
const drivers = [`PYTEST_DISABLE_PLUGIN_AUTOLOAD=1 "$py" ${BATCH_DRIVER}`, `"$py" ${BATCH_DRIVER}`] as const;

/** The quickest way in which the base shows the failures that it shows by itself, and how long it takes. */
async function quickest(
  bench: Bench,
  how: Run,
  failing: readonly string[],
): Promise<{ readonly how: Run; readonly driver: string | null; readonly ms: number }> {
  if (how.plan.runner === "pytest") {
    for (const driver of drivers) {
      const [look] = (await runTogether(bench, how, driver, [null], LOOK_MS)) ?? [];
      if (look && sameFailures(look.result, failing)) return { how, driver, ms: look.ms };
    }
  }
  if (how.plan.runner === "node-test" && how.files.length === 1) {
    // One process instead of two.
    const alone = { ...how, plan: { ...how.plan, flags: [...how.plan.flags, "--test-isolation=none"] } };
    const { result, ms } = await runOne(bench, alone, null, LOOK_MS);
    if (sameFailures(result, failing)) return { how: alone, driver: null, ms };
  }
  return { how, driver: null, ms: (await runOne(bench, how, null, LOOK_MS)).ms };
}

const sameFailures = (result: SuiteResult, failing: readonly string[]): boolean =>
  result.killed === null &&
  failedTests(result)
    .map(({ id }) => id)
    .join("\n") === failing.join("\n");

interface Bench {
  readonly desk: WorkDesk;
  readonly room: Room;
  readonly guards: ReturnType<typeof loopGuards>;
}

/** Changes the file inside the sandbox, where a link that a test left leads nowhere else, and changes it back. */
async function runOne(
  { desk, room, guards }: Bench,
  { plan, files }: Run,
  candidate: Candidate | null,
  wallMs: number,
): Promise<Trial> {
  const { sandbox } = room;
  const command = suiteCommand(plan, { files, report: REPORT });
  const path = candidate ? shellQuote(candidate.path) : "";
  const restore = `cp ${ORIGINAL} ${path}`;
  const shell = [
    ...(candidate ? [`cp ${path} ${ORIGINAL} && cat >${path} || exit 125`] : []),
    `( ${command.shell}\n) </dev/null; code=$?`,
    ...(candidate ? [restore] : []),
    `times >${TIMES}`,
    "exit $code",
  ].join("\n");
  const text = candidate?.apply();
  const stdin = candidate && text !== undefined ? { stdin: (await guards?.(candidate.path, text)) ?? text } : {};
  const run = await sandbox.exec(["/bin/bash", "-c", shell], {
    env: command.env,
    merge: true,
    signal: desk.signal,
    wallMs,
    ...stdin,
  });
  const [report, times] = await Promise.all([sandbox.collect(REPORT, MAX_BYTES), sandbox.collect(TIMES, 1000)]);
  if (candidate && run.killed !== null) await sandbox.exec(["/bin/bash", "-c", restore], { signal: desk.signal });
  const result = readResults(plan, {
    report: report?.toString("utf8") ?? null,
    exitCode: run.exitCode,
    killed: run.killed,
  });
  return { result, ms: run.ms, cpuMs: run.killed ? run.ms : cpuTime(times?.toString("utf8") ?? "") };
}

/** The sum of what bash's `times` prints, "0m1.25s", in milliseconds. */
const cpuTime = (text: string): number =>
  [...text.matchAll(/(\d+)m(\d+(?:\.\d+)?)s/g)].reduce(
    (sum, [, minutes, seconds]) => sum + Number(minutes) * 60_000 + Number(seconds) * 1000,
    0,
  );

const Answers = z.array(
  z
    .object({ code: z.int(), killed: z.boolean(), ms: z.number(), cpuMs: z.number(), report: z.string().nullable() })
    .nullable(),
);

/** Limits of one test, as `pytest-limit.ts` reads them: of the base, and of a candidate that may take so long as a whole. */
const BASE_LIMITS = "2 0.5";
const limitsFor = (wallMs: number): string => `${wallMs / 4000}`;

/** The tests for each candidate, or for the base, in forks of one process that has pytest loaded; null when they are run in a way that does not allow it. */
async function runTogether(
  { desk, room }: Bench,
  { plan, files }: Run,
  driver: string,
  candidates: readonly (Candidate | null)[],
  wallMs: number,
): Promise<Trial[] | null> {
  const command = suiteCommand({ ...plan, hangs: true }, { files, report: REPORT });
  const shell = command.shell.replace('"$py" -m pytest', `${driver} -m pytest`);
  if (shell === command.shell) return null;
  const items = candidates.map((candidate) => ({
    path: candidate?.path ?? null,
    text: candidate?.apply() ?? "",
    place: candidate?.place ?? "",
  }));
  const limits = candidates[0] ? limitsFor(wallMs) : BASE_LIMITS;
  await room.sandbox.exec(["/bin/bash", "-c", `rm -f ${BATCH_ANSWERS}; ${shell}`], {
    env: command.env,
    merge: true,
    signal: desk.signal,
    wallMs: items.length * wallMs + LOOK_MS,
    stdin: JSON.stringify({ seconds: wallMs / 1000, limits, most: plan.hangs ? items.length : MAX_TIMEOUTS, items }),
  });
  const left = await room.sandbox.collect(BATCH_ANSWERS, MAX_BYTES);
  const answers = Answers.safeParse(left ? parseJson(left.toString("utf8")) : null).data ?? [];
  if (answers.length < items.length) return null;
  return answers.map((answer) => {
    const killed = answer === null || answer.killed ? "timeout" : null;
    const result = readResults(plan, { report: answer?.report ?? null, exitCode: answer?.code ?? 124, killed });
    return { result, ms: answer?.ms ?? 0, cpuMs: answer?.cpuMs ?? 0 };
  });
}

/** Null for what the tests' own processes may have left there instead. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
