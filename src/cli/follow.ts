import { systemClock } from "../clock.ts";
import type { Recorded } from "../ledger/events.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { RunFacts } from "../reports/result.ts";
import type { CommandDesk } from "./command.ts";
import { readRun } from "./run-id.ts";
import { scrubbedProgress } from "./scrubbed.ts";
import { chooseProgress, tellEnd, withPace } from "./watch-run.ts";

/** Milliseconds between two looks at a run that goes on. */
const POLL_MS = 500;

/** A run's events from `first` on as they are recorded, until it rests, nobody listens any more, or Ctrl-C. */
export async function* newEvents(
  ledger: Ledger,
  first: RunFacts,
  desk: CommandDesk,
): AsyncGenerator<readonly Recorded[]> {
  let told = 0;
  for (let facts = first; ; facts = await readRun(ledger, first.run)) {
    yield facts.events.slice(told);
    told = facts.events.length;
    if (!facts.active || !desk.heard()) return;
    await systemClock.sleep(POLL_MS, desk.signal).catch(() => {});
    desk.signal.throwIfAborted();
  }
}

/** Shows a run of another process as that process does, and how it stands in the end. */
export async function followRun(desk: CommandDesk, first: RunFacts, json: boolean): Promise<void> {
  const app = await desk.app();
  const ledger = await app.ledger();
  const chosen = await chooseProgress(desk, app, { json, watching: true });
  const progress = withPace(scrubbedProgress(chosen, app.secrets.scrub), () => Promise.resolve(ledger));
  let begun = false;
  try {
    for await (const events of newEvents(ledger, first, desk)) {
      // What happened before stands in the view at once; lines are printed of all of it.
      if (!begun) progress.onStart(first.run, chosen.onPace ? events : []);
      if (begun || !chosen.onPace) for (const event of events) progress.onEvent(event);
      begun = true;
    }
  } finally {
    await progress.end();
  }
  await tellEnd(desk, app, { run: first.run, json });
}
