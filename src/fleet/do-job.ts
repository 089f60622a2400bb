import type { Clock } from "../clock.ts";
import { ClawError, Fenced, machineFailure } from "../errors.ts";
import type { Companion } from "../ledger/companion.ts";
import type { Event, Recorded } from "../ledger/events.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { judgeCrash, judgeTry, type Verdict } from "../policy/retry.ts";
import type { JobLease, JobMove } from "../store/queue.ts";
import { isStep, startsWithoutStep } from "../views/progress-made.ts";
import { foldTask, type NamedTask, type TaskStatus } from "../views/task.ts";
import type { FinishedRun, Watch } from "../workflows/start.ts";
import { keepLease } from "./lease-keeper.ts";

/** What doing a job takes. */
export interface JobDesk {
  readonly ledger: Ledger;
  readonly clock: Clock;
  /** Begins the task's run, or goes on with its open one. */
  work(task: NamedTask, watch: Watch): Promise<FinishedRun>;
  /** Aborted when the worker ends: what runs is saved, and goes on elsewhere. */
  readonly signal: AbortSignal;
  /** Somebody has stopped all work on this machine: whatever is refused now is no fault of the job. */
  readonly isStopped: () => boolean;
  readonly onTask?: (task: NamedTask) => void;
  readonly onStart?: (run: string) => void;
  readonly onEvent?: (event: Recorded) => void;
}

/** How a try at a job went. */
export interface JobEnd {
  readonly task: string;
  readonly title: string;
  readonly run: string | null;
  /** An outcome, "bug" for an error of claw itself, "lost" where another process has the job now, "nothing" where there was nothing to do. */
  readonly outcome: string;
  readonly reason: string;
  readonly hint: string;
  readonly next: Verdict["kind"] | "lost";
  /** When it is tried again, in milliseconds since the epoch. */
  readonly at: number | null;
  /** An error nobody expected, for whoever mends claw. */
  readonly error?: unknown;
}

/** How long a run that another process writes is left alone, in milliseconds. */
const ELSEWHERE_MS = 30_000;

/**
 * Does one job: what its run says last, what that means for the task and what becomes of the job are written in one
 * transaction. Never rejects for what the job did wrong.
 */
export async function doJob(desk: JobDesk, lease: JobLease): Promise<JobEnd> {
  const name = lease.job.subject;
  const found = foldTask((await desk.ledger.read(name)).events);
  const task: NamedTask | null = found && { ...found, task: name };
  const wanted = await toBegin(desk, lease, task).catch((error: unknown) => {
    // Frozen since it was claimed, and somebody else's by now.
    if (error instanceof Fenced) return { outcome: "lost", reason: error.message, next: "lost" } as const;
    throw error;
  });
  if ("next" in wanted)
    return { task: name, title: task?.title ?? "", run: task?.openRun ?? null, hint: "", at: null, ...wanted };
  desk.onTask?.(wanted);
  return tryIt(desk, lease, wanted);
}

/** The task that is begun, or what became of a job that is not. */
async function toBegin(
  desk: JobDesk,
  lease: JobLease,
  task: NamedTask | null,
): Promise<NamedTask | (Pick<JobEnd, "outcome" | "reason" | "next"> & { readonly at?: number | null })> {
  const { ledger, clock } = desk;
  if (!task || !(await isWanted(ledger, task))) {
    await ledger.queue.move([{ kind: "finish", now: clock.now(), lease }]);
    const stands = task?.held && task.status === "open" ? "held" : (task?.status ?? "not there");
    return { outcome: "nothing", reason: `the task is ${stands}`, next: "finish" };
  }
  const crashed = judgeCrash({
    crashes: await crashesOf(ledger, task, lease),
    waited: lease.job.history.at(-1)?.how !== "crashed",
    now: clock.now(),
    chance: clock.random(),
  });
  if (crashed.kind === "go") return task;
  await settle(desk, lease, task, crashed);
  return { outcome: "crashed", reason: crashed.reason, next: crashed.kind, at: atOf(crashed) };
}

/** Ways to stand in which a task is for people: a job that came too late to know changes nothing about it. */
const settled: ReadonlySet<TaskStatus> = new Set<TaskStatus>(["closed", "failed", "dead"]);

/** Is there something to do about it? A task that waits has its answer. */
async function isWanted(ledger: Ledger, task: NamedTask): Promise<boolean> {
  if (settled.has(task.status) || task.held) return false;
  if (task.status !== "waiting" || task.openRun === null) return true;
  return (await ledger.read(task.openRun)).events.at(-1)?.type === "approval.given";
}

/** How often in a row it was lost without having got any further. */
async function crashesOf(ledger: Ledger, { openRun, status }: NamedTask, { job }: JobLease): Promise<number> {
  if (job.crashes === 0) return 0;
  if (openRun === null || status !== "running") return job.crashes;
  return startsWithoutStep((await ledger.read(openRun)).events);
}

async function tryIt(desk: JobDesk, lease: JobLease, task: NamedTask): Promise<JobEnd> {
  const { ledger, clock, signal } = desk;
  const keeper = keepLease(ledger.queue, clock, lease);
  let stepped = false;
  let stored = false;
  let judged: Verdict | null = null;
  let run = task.openRun;
  const judge = (outcome: Parameters<typeof judgeTry>[0]["outcome"], reason: string, after: number | null): Verdict =>
    judgeTry({
      outcome: desk.isStopped() ? "interrupted" : outcome,
      reason,
      after,
      tries: stepped ? 0 : lease.job.tries,
      added: lease.job.added,
      now: clock.now(),
      chance: clock.random(),
    });
  const along: Companion = (facts) => {
    const end = facts.find((fact) => fact.type === "run.paused" || fact.type === "run.ended");
    // Who was frozen before its run began, and lost the job meanwhile, begins no second one.
    if (!end) return facts.some(isBeginning) ? { jobs: [{ kind: "hold", now: clock.now(), lease }] } : {};
    judged = judge(end.outcome, end.reason, end.type === "run.paused" ? (end.after ?? null) : null);
    const buried = judged.kind === "bury" ? [{ type: "task.buried", reason: judged.reason } as const] : [];
    return { tasks: [{ task: task.task, facts: buried }], jobs: [moveOf(lease, judged, clock.now())] };
  };
  const closed = new AbortController();
  const watch: Watch = {
    signal: AbortSignal.any([signal, keeper.lost, closed.signal]),
    along,
    onStart: (started) => desk.onStart?.((run = started)),
    onEvent: (event) => {
      if (isBeginning(event)) void stopClosed(ledger, task.task, closed);
      stepped ||= isStep(event) && event.type !== "run.paused";
      stored ||= event.type === "run.paused" || event.type === "run.ended";
      desk.onEvent?.(event);
    },
  };
  const named = { task: task.task, title: task.title };
  try {
    const end = await desk.work(task, watch);
    const verdict = judged ?? judge(end.outcome, end.reason, null);
    if (!stored) await settle(desk, lease, task, verdict);
    const { outcome, reason, hint } = end;
    return { ...named, run, outcome, reason, hint, next: verdict.kind, at: atOf(verdict) };
  } catch (thrown) {
    const error = machineFailure(thrown) ?? thrown;
    return {
      ...named,
      run,
      ...(await afterError({ desk, lease, task, stored, lost: keeper.lost.aborted, judge }, error)),
    };
  } finally {
    keeper.stop();
  }
}

/** Who closed the task after it was looked at, and before its run began, found nothing to stop. */
async function stopClosed(ledger: Ledger, task: string, closed: AbortController): Promise<void> {
  const now = await ledger.read(task).then(
    ({ events }) => foldTask(events),
    () => null,
  );
  if (now?.status === "closed")
    closed.abort(new ClawError("its task was closed", { outcome: "interrupted", hint: `claw task reopen ${task}` }));
}

const isBeginning = ({ type }: Event): boolean => type === "run.started" || type === "run.resumed";

interface Failed {
  readonly desk: JobDesk;
  readonly lease: JobLease;
  readonly task: NamedTask;
  readonly stored: boolean;
  readonly lost: boolean;
  readonly judge: (outcome: Parameters<typeof judgeTry>[0]["outcome"], reason: string, after: null) => Verdict;
}

/** A run that could not begin, or go on, for a reason that no run tells. */
async function afterError(
  { desk, lease, task, stored, lost, judge }: Failed,
  error: unknown,
): Promise<Omit<JobEnd, "task" | "title" | "run">> {
  const known = error instanceof ClawError;
  const outcome = known ? error.outcome : "bug";
  const reason = error instanceof Error ? error.message : String(error);
  const said = { outcome, reason, hint: known ? error.hint : "", ...(!known && { error }) };
  if (lost) return { ...said, outcome: "lost", next: "lost", at: null };
  const busy: Verdict = { kind: "again", at: desk.clock.now() + ELSEWHERE_MS, tries: lease.job.tries, reason };
  const verdict = error instanceof Fenced ? busy : judge(outcome, reason, null);
  if (!stored) {
    try {
      await settle(desk, lease, task, verdict, known ? { outcome, reason, hint: error.hint } : undefined);
    } catch (second) {
      if (second instanceof Fenced) return { ...said, outcome: "lost", next: "lost", at: null };
      throw second;
    }
  }
  return { ...said, next: verdict.kind, at: atOf(verdict) };
}

/** Writes what becomes of a job where no run's facts go with it. `why`: the task rests with it, where it is not tried again. */
async function settle(
  { ledger, clock }: JobDesk,
  lease: JobLease,
  task: NamedTask,
  verdict: Verdict,
  why?: { readonly outcome: string; readonly reason: string; readonly hint: string },
): Promise<void> {
  const jobs = [moveOf(lease, verdict, clock.now())];
  if (verdict.kind === "bury")
    await ledger.tellTask(task.task, [{ type: "task.buried", reason: verdict.reason }], jobs);
  else if (verdict.kind === "finish" && why) await ledger.tellTask(task.task, [{ type: "task.rested", ...why }], jobs);
  else await ledger.queue.move(jobs);
}

function moveOf(lease: JobLease, verdict: Verdict, now: number): JobMove {
  switch (verdict.kind) {
    case "finish":
      return { kind: "finish", now, lease };
    case "again":
      return { kind: "again", now, lease, at: verdict.at, tries: verdict.tries, reason: verdict.reason };
    case "bury":
      return { kind: "bury", now, lease, reason: verdict.reason };
  }
}

const atOf = (verdict: { readonly kind: string; readonly at?: number }): number | null => verdict.at ?? null;
