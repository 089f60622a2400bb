import type { Clock } from "../clock.ts";
import { ClawError, type Outcome } from "../errors.ts";
import { admit, type Expected, type NightCaps, type NightItem, type NightUse } from "../policy/night.ts";

/** Work of a night, as it is handed to who does it. */
export interface NightWork extends NightItem {
  readonly task: string;
  /** Where it was asked for. */
  readonly source: string;
}

/** What work may use. Money in nano-dollars, null: no limit; time in milliseconds. */
export interface Allowance {
  readonly usdNano: number | null;
  readonly wallMs: number;
}

/** How an attempt at work went. */
export interface Attempt {
  readonly run: string | null;
  /**
   * "bug" for an error of claw itself, "lost" and "nothing" where another process has it, or had. Not begun yet are "limited", by
   * a limit of the queue, "paused", and "draining": somebody wants everything to end.
   */
  readonly outcome: Outcome | "bug" | "lost" | "nothing" | "limited" | "paused" | "draining";
  readonly reason: string;
  readonly hint: string;
  /** When it is worth another attempt, in milliseconds since the epoch; null: it ended, or a person is needed. */
  readonly at: number | null;
  /** What it cost; where nobody knows, all that it was allowed. */
  readonly usdNano: number;
  readonly pullRequest: boolean;
}

export interface NightDesk {
  readonly clock: Pick<Clock, "now" | "sleep">;
  readonly caps: NightCaps;
  /** What was used before: of a night that goes on. */
  readonly used: NightUse;
  /** Of a single run. */
  readonly limits: Allowance;
  readonly expected: Expected;
  /** Works at once. */
  readonly jobs: number;
  /** Aborted by Ctrl-C or SIGTERM. */
  readonly signal: AbortSignal;
  /** Does it, or goes on with it; `begins` is called when it is its turn. Rejects only for what nobody expected. */
  attempt(work: NightWork, allowed: Allowance, signal: AbortSignal, begins: () => void): Promise<Attempt>;
  /** Told before and after. */
  readonly onBegin: (work: NightWork) => void;
  readonly onEnd: (work: NightWork, attempt: Attempt) => Promise<void>;
  /** Told when nothing can be done before then; null: until somebody lets it. */
  readonly onWait: (until: number | null, reason: string) => void;
}

/** What became of one work: its last attempt, or why there was none. */
export interface NightResult {
  readonly work: NightWork;
  readonly attempt: Attempt | null;
  readonly left: string | null;
}

export interface NightEnd {
  readonly results: readonly NightResult[];
  /** Why it ended, in words. */
  readonly stopped: string;
  /** done, interrupted, or what was wrong with the machine. */
  readonly outcome: Outcome;
}

/** A timer set for longer, 24.8 days, would end at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Ends that every other work would meet as well. */
const hopeless: ReadonlySet<string> = new Set(["sandbox-unavailable", "infrastructure", "draining"]);
/** What a moment later may be there again for all. */
const parking: ReadonlySet<string> = new Set(["model-unavailable", "forge-unavailable", "paused"]);
/** It was not its turn: nothing was done. */
const unbegun: ReadonlySet<string> = new Set(["limited", "paused", "draining"]);

interface Pending {
  readonly work: NightWork;
  readonly at: number;
  readonly last: Attempt | null;
  /** Why it was not its turn, where it was not. */
  readonly held: string | null;
}

/** One night: works on what is wanted, in this order, as long as money, time and pull requests reach. */
export async function runNight(desk: NightDesk, wanted: readonly NightWork[]): Promise<NightEnd> {
  const { clock, caps, signal } = desk;
  const over = new AbortController();
  const left = Math.max(0, caps.until - clock.now());
  const timer = setTimeout(() => over.abort(nightOver()), Math.min(left, LONGEST_TIMER_MS));
  const night = nightOf(desk, wanted, AbortSignal.any([signal, over.signal]));
  try {
    while (night.goesOn() && !signal.aborted && !over.signal.aborted) {
      night.begin();
      if (night.busy()) await night.next();
      else await night.wait();
    }
    await night.letGo();
    return night.end(signal.aborted, over.signal.aborted);
  } finally {
    clearTimeout(timer);
  }
}

const nightOver = (): ClawError =>
  new ClawError("the night is over", {
    outcome: "interrupted",
    hint: "the next claw nightly goes on with it; or now: claw resume <run>",
  });

/** What is wanted, what was used, and what became of it. */
function bookOf(desk: Pick<NightDesk, "used">, wanted: readonly NightWork[]) {
  let pending: readonly Pending[] = wanted.map((work) => ({ work, at: 0, last: null, held: null }));
  let used = desk.used;
  const results: NightResult[] = [];
  const take = (one: Pending): void => void (pending = pending.filter((other) => other !== one));
  return {
    pending: () => pending,
    used: () => used,
    take,
    /** Whether it is worth another attempt, and when, counts as long as the night `goesOn`. */
    settle({ work, last }: Pending, attempt: Attempt, goesOn: boolean): void {
      const { usdNano, pullRequest, outcome, at } = attempt;
      used = { usdNano: used.usdNano + usdNano, pullRequests: used.pullRequests + (pullRequest ? 1 : 0) };
      const isHeld = unbegun.has(outcome);
      const left = isHeld ? last : attempt;
      if (at === null || !goesOn)
        return void results.push({ work, attempt: left, left: isHeld ? attempt.reason : null });
      const again: Pending = { work, at, last: left, held: isHeld ? attempt.reason : null };
      pending = [again, ...(parking.has(outcome) ? notBefore(pending, at) : pending)];
    },
    leave(one: Pending, because: string): void {
      take(one);
      results.push({ work: one.work, attempt: one.last, left: because });
    },
    results(): readonly NightResult[] {
      const order = new Map(wanted.map((work, index) => [work, index]));
      const place = ({ work }: NightResult): number => order.get(work) ?? 0;
      return results.toSorted((a, b) => place(a) - place(b));
    },
  };
}

function nightOf(desk: NightDesk, wanted: readonly NightWork[], signal: AbortSignal) {
  const { clock, caps, limits, expected } = desk;
  const book = bookOf(desk, wanted);
  const active = new Map<NightWork, { readonly done: Promise<void>; readonly allowed: Allowance }>();
  const failures: unknown[] = [];
  let broken: Attempt | null = null;
  const tellWait = waitTeller(desk);

  // Work under way may still use all that it was given.
  const use = (): NightUse => ({
    usdNano: [...active.values()].reduce((sum, { allowed }) => sum + (allowed.usdNano ?? 0), book.used().usdNano),
    pullRequests: book.used().pullRequests + [...active.keys()].filter(({ opened }) => !opened).length,
  });
  const settle = async (one: Pending, attempt: Attempt): Promise<void> => {
    active.delete(one.work);
    if (hopeless.has(attempt.outcome)) broken = attempt;
    book.settle(one, attempt, broken === null && !signal.aborted);
    if (!unbegun.has(attempt.outcome)) await desk.onEnd(one.work, attempt);
  };
  const start = (one: Pending, allowed: Allowance): void => {
    book.take(one);
    const begins = (): void => desk.onBegin(one.work);
    const attempted = desk.attempt(one.work, allowed, signal, begins).then((attempt) => settle(one, attempt));
    active.set(one.work, { done: attempted.catch((error: unknown) => void failures.push(error)), allowed });
  };
  return {
    goesOn: () => broken === null && failures.length === 0 && book.pending().length + active.size > 0,
    busy: () => active.size > 0,
    /** Begins what may be begun now; what cannot be any more is left. */
    begin(): void {
      for (const one of book.pending()) {
        if (active.size >= desk.jobs) return;
        if (one.at > clock.now()) continue;
        const may = admit({ caps, used: use(), expected, limits, opened: one.work.opened }, clock.now());
        // With work under way money and pull requests may come back.
        if (!may.begins && active.size > 0 && may.cap !== "time") return;
        if (may.begins) start(one, may);
        else book.leave(one, may.because);
      }
    },
    next: () => Promise.race([...active.values()].map(({ done }) => done)),
    /** Nothing can be done right now. */
    async wait(): Promise<void> {
      const [first] = book.pending().toSorted((a, b) => a.at - b.at);
      if (!first) return;
      if (first.at + expected.ms > caps.until) {
        const because = first.held ?? first.last?.reason ?? "there was no time left for it";
        for (const one of book.pending()) book.leave(one, because);
        return;
      }
      tellWait(first);
      await clock.sleep(Math.max(0, first.at - clock.now()), signal).catch(() => {});
    },
    async letGo(): Promise<void> {
      await Promise.all([...active.values()].map(({ done }) => done));
      if (failures.length > 0) throw failures[0];
    },
    end(interrupted: boolean, isOver: boolean): NightEnd {
      const { before, ...how } = howEnded(interrupted, isOver, broken);
      for (const one of book.pending()) book.leave(one, one.held ?? before);
      return { results: book.results(), ...how };
    },
  };
}

/** Who waits to be let in looks every few seconds, and says so once. */
function waitTeller({ onWait }: Pick<NightDesk, "onWait">): (first: Pending) => void {
  let said: string | null = null;
  return ({ held, at, last }) => {
    if (held === null) onWait(at, last?.reason ?? "");
    else if (held !== said) onWait(null, held);
    said = held;
  };
}

const notBefore = (pending: readonly Pending[], at: number): readonly Pending[] =>
  pending.map((one) => ({ ...one, at: Math.max(one.at, at) }));

/** `before`: why work was not begun. */
function howEnded(
  interrupted: boolean,
  isOver: boolean,
  broken: Attempt | null,
): Pick<NightEnd, "stopped" | "outcome"> & { readonly before: string } {
  if (interrupted)
    return { stopped: "It was stopped", outcome: "interrupted", before: "the night was stopped before its turn" };
  if (isOver) return { stopped: "The time was up", outcome: "done", before: "the time was up before its turn" };
  const { reason = "Everything was looked at", outcome } = broken ?? {};
  const wasAsked = outcome === undefined || outcome === "draining";
  return { stopped: reason, outcome: wasAsked ? "done" : (outcome as Outcome), before: reason };
}
