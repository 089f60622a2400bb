import { systemClock } from "../../clock.ts";
import { ClawError, exitCodes } from "../../errors.ts";
import {
  type Allowance,
  type Attempt,
  type NightDesk,
  type NightEnd,
  type NightResult,
  type NightWork,
  runNight,
} from "../../fleet/night.ts";
import { beginNight, conductNight, type OpenNight, reopenNight } from "../../fleet/night-log.ts";
import { nightRows } from "../../fleet/night-rows.ts";
import { expectedFrom, inOrder, narrower, type NightCaps, type Took, withoutDuplicates } from "../../policy/night.ts";
import { nightTitle, nightMarkdown } from "../../reports/night-markdown.ts";
import type { NightReport } from "../../reports/night.ts";
import type { Repository } from "../../repo/repository.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import { foldTask, type NamedTask } from "../../views/task.ts";
import { NIGHT, untold } from "../../workflows/notices.ts";
import type { House } from "../../workflows/start.ts";
import { listRuns } from "../run-list.ts";
import { limitsOf } from "../work/limits.ts";
import type { WorkPlace } from "../fix-work.ts";
import { attempt, refill } from "./attempt.ts";
import { type Collected, nightWork, waitingTasks, workOf } from "./collect.ts";
import { readManifest } from "../../policy/manifest.ts";
import { refuseOtherHost } from "../../workflows/this-host.ts";

/** What a night is asked to do. */
export interface NightWish {
  readonly place: WorkPlace;
  readonly repository: Repository;
  readonly caps: NightCaps;
  readonly limits: Allowance;
  readonly jobs: number;
  /** What the person said about being told of its end: --notify, --no-notify. */
  readonly notify: boolean | undefined;
  /** Finds what is wanted, and makes tasks of it. */
  readonly collect: () => Promise<Collected>;
  readonly tell: NightTold;
}

export interface NightTold {
  readonly begins: (night: string, work: readonly NightWork[], goesOn: boolean) => void;
  readonly work: (work: NightWork) => void;
  readonly run: (work: NightWork, run: string) => void;
  readonly ends: (work: NightWork, outcome: string, reason: string) => void;
  /** Until: null where somebody has to let it go on. */
  readonly waits: (until: number | null, reason: string) => void;
  /** Somebody should have been told of its end by that channel, and was not. */
  readonly untold: (channel: string, reason: string) => void;
}

/** What is left to do about a night's work, in its order. */
export interface NightPlan {
  readonly work: readonly NightWork[];
  readonly duplicates: readonly NightResult[];
  readonly waiting: readonly NamedTask[];
}

/** What a night would do with the tasks there are now, and with what it would take besides. */
export async function planNight(
  place: WorkPlace,
  root: string,
  besides: readonly NightWork[] = [],
): Promise<NightPlan> {
  const ledger = await place.app.ledger();
  const { items, duplicates } = withoutDuplicates(inOrder([...(await nightWork(ledger, root)), ...besides]));
  return {
    work: items,
    duplicates: duplicates.map(({ item, of }) => ({
      work: item,
      attempt: null,
      left: `the same as ${of.task}: ${of.title}`,
    })),
    waiting: await waitingTasks(ledger, root),
  };
}

/** A whole night: found, done, and told. */
export async function spendNight(wish: NightWish): Promise<NightReport> {
  const { place, repository } = wish;
  const startedAt = systemClock.now();
  const house = await place.app.house(place.cwd);
  const night = await openNight(house, wish);
  let report: NightReport | null = null;
  const cost = (): number | null => report?.usd ?? null;
  const told = { signal: place.signal, notices: house.notices?.(wish.notify) ?? null, cost };
  const { outcome, reason, hint } = await conductNight(night, told, async () => {
    const collected = await wish.collect();
    const plan = await planNight(place, repository.root);
    wish.tell.begins(night.log.run, plan.work, night.goesOn);
    const end = await runNight(await nightDesk(wish, night), plan.work);
    report = await reportOf(wish, night, { collected, plan, end, startedAt });
    await night.log.append({ type: "report.written", report: night.log.put(nightMarkdown(report)) });
    return { outcome: report.outcome, reason: nightTitle(report), hint: "" };
  });
  for (const { channel, reason: why } of untold(night.log.events)) wish.tell.untold(channel, why);
  if (report === null)
    throw outcome === "interrupted"
      ? new ClawError("the night was stopped", { outcome, hint: "go on with: claw nightly" })
      : new ClawError(reason, { outcome, hint });
  return report;
}

/** The night that was broken off here, else a new one. Refused while one is under way, and where the host may not work there. */
async function openNight(house: House, { repository, caps }: NightWish): Promise<OpenNight> {
  refuseOtherHost(house, readManifest((await repository.read(repository.head, "claw.yaml"))?.toString("utf8")));
  const query = { workflow: NIGHT, repository: repository.root, limit: 3, tell: () => {} };
  for (const { run, outcome } of await listRuns(house.ledger, query)) {
    if (outcome === "running")
      throw new ClawError(`night ${run} is under way in ${repository.root}`, {
        outcome: "blocked",
        hint: `look at it: claw tree ${run}`,
      });
    if (outcome !== "interrupted") continue;
    const parts = await listRuns(house.ledger, { parent: run, limit: 1000, tell: () => {} });
    const open = await reopenNight(
      house,
      run,
      parts.map((part) => part.run),
    );
    if (open) return { ...open, caps: narrower(caps, open.caps) };
  }
  return beginNight(house, repository, { caps });
}

async function nightDesk({ place, repository, limits, jobs, tell }: NightWish, night: OpenNight): Promise<NightDesk> {
  const { app } = place;
  const ledger = await app.ledger();
  const model = app.config.model ?? app.config.user.model ?? "";
  await refill(ledger, model);
  const { log } = night;
  return {
    clock: systemClock,
    caps: night.caps,
    used: night.used,
    limits,
    expected: expectedFrom(await before(place, repository.root)),
    jobs,
    signal: place.signal,
    attempt: (work, allowed, signal, begins) => {
      const onStart = (run: string): void => tell.run(work, run);
      const { work: settings } = app.config.user;
      const limits = limitsOf(settings);
      const parts = { place, ledger, night: log.run, lanes: settings.labels, limits, onStart, onEvent: () => {} };
      return attempt(parts, work, allowed, signal, begins);
    },
    onBegin: (work) => {
      tell.work(work);
      void log.append({ type: "stage.started", stage: work.task }).catch(() => {}); // who lost the night finds out at its end
    },
    onEnd: async (work, { run, outcome, reason }) => {
      tell.ends(work, outcome, reason);
      await log.append({ type: "stage.finished", stage: work.task, output: { task: work.task, run, outcome, reason } });
    },
    onWait: (until, reason) => tell.waits(until, reason),
  };
}

/** What fixes took here before. */
async function before({ app }: WorkPlace, repository: string): Promise<readonly Took[]> {
  const rows = await listRuns(await app.ledger(), { workflow: "fix", repository, limit: 20, tell: () => {} });
  const ended = rows.filter(({ outcome, broken }) => !broken && outcome in exitCodes && outcome !== "interrupted");
  const ledger = await app.ledger();
  return Promise.all(
    ended.map(async ({ run, startedAt, cost }) => {
      const last = (await ledger.read(run)).events.at(-1);
      return { ms: Math.max(0, (last?.at ?? startedAt) - startedAt), usdNano: cost };
    }),
  );
}

interface Facts {
  readonly collected: Collected;
  readonly plan: NightPlan;
  readonly end: NightEnd;
  readonly startedAt: number;
}

async function reportOf({ place, repository }: NightWish, night: OpenNight, facts: Facts): Promise<NightReport> {
  const { caps } = night;
  const { collected, plan, end, startedAt } = facts;
  const ledger = await place.app.ledger();
  const waiting = plan.waiting.map((task): NightResult => ({ work: workOf(task), attempt: asked(task), left: null }));
  const before = await doneBefore(ledger, night, end.results);
  const rows = await nightRows(ledger, [...before, ...end.results, ...waiting, ...plan.duplicates]);
  const mine = new Set([...before, ...end.results].map(({ work }) => work.task));
  const paid = rows.filter(({ task }) => task !== null && mine.has(task));
  // A night whose forge was not there is not done, whatever else was.
  const outcome = end.outcome === "done" ? (collected.unavailable?.outcome ?? "done") : end.outcome;
  return {
    version: 1,
    night: night.log.run,
    repository: repository.root,
    startedAt,
    endedAt: systemClock.now(),
    until: caps.until,
    caps: { pullRequests: caps.pullRequests, usd: usd(caps.usdNano) },
    outcome,
    exitCode: exitCodes[outcome],
    stopped: end.stopped,
    usd: paid.some((row) => row.usd === null) ? null : paid.reduce((sum, row) => sum + (row.usd ?? 0), 0),
    pullRequests: paid.flatMap(({ pullRequest }) => pullRequest ?? []),
    rows: [...rows],
    notes: [...collected.notes],
  };
}

/** Work that this night ended before it was broken off. */
async function doneBefore(ledger: Ledger, { done }: OpenNight, since: readonly NightResult[]): Promise<NightResult[]> {
  const anew = new Set(since.map(({ work }) => work.task));
  const found: NightResult[] = [];
  for (const { task, run, outcome, reason } of done.filter((one) => !anew.has(one.task))) {
    const state = foldTask((await ledger.read(task)).events);
    const attempt = {
      run,
      outcome: outcome as Attempt["outcome"],
      reason,
      hint: "",
      at: null,
      usdNano: 0,
      pullRequest: false,
    };
    if (state && !found.some(({ work }) => work.task === task))
      found.push({ work: workOf({ ...state, task }), attempt, left: null });
  }
  return found;
}

/** A task that waited for a person before this night, and still does. */
const asked = ({ openRun, end }: NamedTask): NightResult["attempt"] => ({
  run: openRun,
  outcome: "waiting",
  reason: end?.reason ?? "",
  hint: end?.hint ?? "",
  at: null,
  usdNano: 0,
  pullRequest: false,
});

const usd = (nano: number | null): number | null => (nano === null ? null : nano / 1e9);
