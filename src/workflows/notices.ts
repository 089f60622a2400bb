import { basename } from "node:path";
import { exitCodes } from "../errors.ts";
import type { Recorded } from "../ledger/events.ts";
import type { RunLog } from "../ledger/ledger.ts";
import type { Channel, Notice, Sent } from "../notify/notice.ts";
import { resultOf } from "../reports/result.ts";
import { keepEnds } from "../text.ts";
import type { RunEnd } from "./workflow.ts";

/** Who is told of runs, and of which ends. */
export interface Notices {
  readonly on: readonly Notice["status"][];
  /** Looked up when there is something to tell. */
  readonly channels: () => Promise<readonly Channel[]>;
}

/** How the effects of telling are called, before the channel's name. */
const NOTIFY = "notify ";
/** The workflow's name of a night. */
export const NIGHT = "nightly";

/** The run is over by then; nobody should have to wait for a server that does not answer. */
const PATIENCE_MS = 5000;

/**
 * Tells people how a run ended, or that it waits: the verdict before, the result after, each channel once and never again,
 * as nobody can ask a chat whether a message is there. A run is not harmed by what goes wrong here.
 */
export async function tellPeople(
  log: RunLog,
  end: RunEnd,
  { on, channels }: Notices,
  known: Pick<Notice, "usd"> | null = null,
): Promise<void> {
  const status = end.outcome === "waiting" || log.events.at(-1)?.type === "run.paused" ? "waiting" : "ended";
  // Who stopped a run knows.
  if (end.outcome === "interrupted" || !on.includes(status)) return;
  const at = log.events.length;
  try {
    const notice = { ...noticeOf(log, end, status), report: await nightReport(log), ...known };
    const all = await channels();
    const told = all.map(async (channel) => tellBy(channel, log, notice, at));
    await Promise.all(told);
  } catch {
    // Whoever lost the run, or its disk, finds that out where something is at stake.
  }
}

async function tellBy(channel: Channel, log: RunLog, notice: Notice, at: number): Promise<void> {
  const effect = `${NOTIFY}${channel.name}`;
  const key = `${log.run}:notify:${channel.name}:${at}`;
  await log.append({
    type: "effect.judged",
    effect,
    key,
    verdict: "allow",
    rule: "the user's config.yaml, or --notify, names it",
    target: channel.target,
  });
  const { state, detail } = await sent(channel, notice);
  await log.append(
    state === "sent"
      ? { type: "effect.done", effect, key, result: detail }
      : { type: "effect.failed", effect, key, state, reason: detail },
  );
}

async function sent(channel: Channel, notice: Notice): Promise<Sent> {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const late = new Promise<Sent>((resolve) => {
    signal.addEventListener("abort", () => resolve({ state: "unknown", detail: "no answer in time" }), { once: true });
  });
  const sending = channel.send(notice, signal).catch((): Sent => ({ state: "unknown", detail: "it broke off" }));
  return Promise.race([sending, late]);
}

/** The most of a report that is told, in characters. */
const MOST_REPORT = 16_000;

/** The report of a night, which is about its works. Those of other runs hold the code that was changed: they stay here. */
async function nightReport(log: RunLog): Promise<string | null> {
  const { events } = log;
  const night = events.some((event) => event.type === "run.started" && event.workflow === NIGHT);
  const written = events.findLast((event) => event.type === "report.written");
  return night && written?.type === "report.written" ? keepEnds(await log.text(written.report), MOST_REPORT) : null;
}

/** Channels that people were not told by, and why. */
export const untold = (events: readonly Recorded[]): readonly { readonly channel: string; readonly reason: string }[] =>
  events.flatMap((event) =>
    event.type === "effect.failed" && event.effect.startsWith(NOTIFY)
      ? [{ channel: event.effect.slice(NOTIFY.length), reason: event.reason }]
      : [],
  );

/** From what is on record, so that nothing is in it that the record may not hold. */
function noticeOf(log: RunLog, { outcome }: RunEnd, status: Notice["status"]): Omit<Notice, "report"> {
  const { events, run, head } = log;
  const { workflow, task, reason, hint, repository, branch, pullRequest, spend } = resultOf({
    run,
    events,
    head,
    active: false,
  });
  return {
    type: "notification",
    version: 1,
    run,
    workflow,
    status,
    outcome,
    exitCode: exitCodes[outcome],
    title: task?.title ?? "",
    reason,
    hint,
    repository: basename(repository),
    branch,
    pullRequest: pullRequest ?? null,
    usd: spend.usd,
  };
}
