import { z } from "zod";
import type { App } from "../app.ts";
import { systemClock } from "../clock.ts";
import type { Config } from "../config.ts";
import { ClawError, UsageError } from "../errors.ts";
import type { Event } from "../ledger/events.ts";
import type { Ledger, RunLog, RunRecord } from "../ledger/ledger.ts";
import type { Decider } from "../policy/approval.ts";
import { openRepository } from "../repo/repository.ts";
import { fixFacts } from "../reports/fix-facts.ts";
import { resultOf, type RunFacts } from "../reports/result.ts";
import { foldRun } from "../views/run.ts";
import { waitingFor } from "../views/waiting.ts";
import { readRun } from "./run-id.ts";

/** A run that waits for a person, and what about. */
export interface Pending {
  readonly run: string;
  readonly repository: string;
  readonly facts: RunFacts & RunRecord;
  /** Hash of the change that the decision is bound to. */
  readonly diff: string;
}

/** The run that is meant. UsageError when it waits for nobody; when its time is over it is ended here, as blocked. */
export async function pendingDecision(app: App, ledger: Ledger, prefix: string): Promise<Pending> {
  const facts = await readRun(ledger, prefix);
  const diff = askedAbout(facts);
  await refuseExpired(app, ledger, facts);
  return { run: facts.run, repository: resultOf(facts).repository, facts, diff };
}

/** The change that a run waits for a decision about. */
function askedAbout(facts: RunFacts): string {
  const waiting = waitingFor(facts.events);
  const diff = waiting?.diff ?? fixFacts(facts.events).patch?.diff;
  if (waiting && diff !== undefined) return diff;
  const { run, status, outcome, reason, hint } = resultOf(facts);
  // A flow waits with the run of a step: it says which one a person decides about.
  if (outcome === "waiting") throw new UsageError(`run ${run} is not what waits for a decision: ${reason}`, hint);
  throw new UsageError(`run ${run} waits for no approval (${outcome ?? status})`, `see it with: claw show ${run}`);
}

/** Records a decision, unless somebody was quicker: then the run waits no more, or for a decision about something else. */
export function decide(ledger: Ledger, { run, diff }: Pending, facts: readonly Event[]): Promise<unknown> {
  return writing(ledger, run, (log) => {
    if (askedAbout({ run, events: log.events, head: log.head, active: true }) !== diff)
      throw new UsageError(`run ${run} waits for a decision about another change now`, `see it with: claw diff ${run}`);
    return log.appendTogether(facts);
  });
}

async function refuseExpired({ config }: App, ledger: Ledger, { run, events }: RunFacts): Promise<void> {
  const [{ endWhenExpired, expiredWait }, { clearAwayRun }] = await Promise.all([
    import("../workflows/waiting.ts"),
    import("../workflows/clear-away.ts"),
  ]);
  if (!expiredWait(events, systemClock.now())) return;
  const end = await writing(ledger, run, (log) => endWhenExpired(log, systemClock.now()));
  await clearAwayRun(config.home, run);
  if (end) throw new ClawError(`run ${run} has ended: ${end.reason}`, { outcome: "blocked", hint: end.hint });
}

/** Writes to a run that nobody works on. */
export async function writing<T>(ledger: Ledger, run: string, write: (log: RunLog) => Promise<T>): Promise<T> {
  const log = await ledger.open(run);
  try {
    return await write(log);
  } finally {
    await log.close();
  }
}

/** Who decides: the name that was given, else who commits in the repository by its git settings, else the login name. */
export async function deciderOf(config: Config, repository: string, named: string | undefined): Promise<Decider> {
  const identity = await committer(config, repository);
  const by = named ?? identity ?? loginName(config);
  if (by === null) throw new UsageError("nobody is named as the one who decides", 'say who: --as "Your Name"');
  return { by, identity, login: config.initiator };
}

const Wish = z.object({ pullRequest: z.object({ host: z.string(), owner: z.string(), repo: z.string() }) });
/** The longest that a person waits for the forge. */
const FORGE_MS = 5000;

/** Whose token is at hand for the forge that the change is going to, as the forge says; null where none is, or it does not. */
export async function accountOf(app: App, { events }: Pick<RunRecord, "events">): Promise<string | null> {
  const place = Wish.safeParse(foldRun(events).started?.input).data?.pullRequest;
  if (!place) return null;
  return app
    .forge(place, { signal: AbortSignal.timeout(FORGE_MS) })
    .then(async (forge) => `${await forge.account()} at ${place.host}`)
    .catch(() => null);
}

/** Who commits in a repository; null when its settings do not say, or it cannot be read any more. */
const committer = ({ path: searchPath, userHome: home }: Config, repository: string): Promise<string | null> =>
  openRepository(repository, { searchPath, home })
    .then((opened) => opened.identity())
    .catch(() => null);

/** Null for a shared account: it is nobody in particular. */
const loginName = ({ initiator }: Config): string | null =>
  initiator === "unknown" || initiator === "root" ? null : initiator;
