import type { App } from "../app.ts";
import { systemClock } from "../clock.ts";
import { ClawError, exitCodes, machineFailure } from "../errors.ts";
import type { Recorded } from "../ledger/events.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { resultOf } from "../reports/result.ts";
import type { FinishedRun, Watch } from "../workflows/start.ts";
import type { CommandDesk } from "./command.ts";
import { confirmWith } from "./confirm.ts";
import { jsonProgress, plainProgress, type Progress } from "./progress.ts";
import { readRun } from "./run-id.ts";
import { scrubbedProgress } from "./scrubbed.ts";
import { hasColours, styleFor } from "./style.ts";
import { summary } from "./summary.ts";
import { usualPace } from "./usual-pace.ts";

interface Watching {
  readonly json: boolean;
  readonly yes: boolean;
  readonly past?: readonly Recorded[];
  /** --notify, or --no-notify. */
  readonly notify?: boolean | undefined;
  /** Tells what the run found, before its result, or in place of its summary. */
  readonly tell?: (finished: FinishedRun) => Promise<void>;
}

/** Shows a run while it goes on and tells how it ended. Gives the exit code. */
export async function watchRun(
  desk: CommandDesk,
  { json, yes, past = [], tell, notify }: Watching,
  go: (app: App, watch: Watch) => Promise<FinishedRun>,
): Promise<number> {
  const app = await desk.app();
  const progress = withPace(scrubbedProgress(await chooseProgress(desk, app, { json }), app.secrets.scrub), () =>
    app.ledger(),
  );
  const confirm = confirmWith(desk, progress, { ci: app.config.ci, quiet: json || yes });
  let run = "";
  const onStart = (started: string): void => progress.onStart((run = started), past);
  try {
    const finished = await go(app, { ...progress, confirm, onStart, signal: desk.signal, notify });
    await progress.end();
    await tell?.(finished);
    if (tell && !json) return exitCodes[finished.outcome];
    await tellEnd(desk, app, { run: finished.run, json });
    return exitCodes[finished.outcome];
  } catch (thrown) {
    const error = machineFailure(thrown) ?? thrown;
    await progress.end();
    if (json && error instanceof ClawError) desk.out(errorLine(error));
    else if (run !== "") desk.err(`what was recorded is kept: claw resume ${run}`);
    throw error;
  }
}

/** How a run stands at the end of watching it: its result object, or its summary. */
export async function tellEnd(
  desk: CommandDesk,
  app: App,
  { run, json }: { readonly run: string; readonly json: boolean },
): Promise<void> {
  const facts = await readRun(await app.ledger(), run);
  const style = styleFor(hasColours(app.config, desk.terminal.stdout && desk.terminal.colour));
  const columns = desk.terminal.stdout ? desk.terminal.columns : Infinity;
  desk.out(json ? JSON.stringify({ type: "result", ...resultOf(facts) }) : summary(facts, style, columns, desk.times));
}

/** A run that could not begin has no result; a script still gets a last line it can read. */
function errorLine({ outcome, message, hint }: ClawError): string {
  return JSON.stringify({ type: "error", version: 1, outcome, exitCode: exitCodes[outcome], message, hint });
}

/** Looks up what earlier runs took while the run goes on already. Not to know it is nothing to tell. */
export function withPace(progress: Progress, ledger: () => Promise<Ledger>): Progress {
  if (!progress.onPace) return progress;
  const look = (event: Recorded): void => {
    if (event.type !== "run.started") return;
    const tell = async (): Promise<void> => progress.onPace?.(await usualPace(await ledger(), event));
    tell().catch(() => {});
  };
  return {
    ...progress,
    onStart(run, past) {
      progress.onStart(run, past);
      past.slice(0, 1).forEach(look);
    },
    onEvent(event) {
      progress.onEvent(event);
      look(event);
    },
  };
}

/** `watching`: the run belongs to another process. */
export async function chooseProgress(
  { terminal, out, err, signal, times }: CommandDesk,
  { config }: App,
  { json, watching = false }: { readonly json: boolean; readonly watching?: boolean },
): Promise<Progress> {
  if (json) return jsonProgress(out);
  const plain = plainProgress(err, styleFor(hasColours(config, false)), times);
  if (!terminal.stderr || config.ci || config.dumbTerminal) return plain;
  // Without a build there is no live view: Node reads TypeScript, but not its XML.
  const live = await import("../tui/live.tsx").catch(() => null);
  if (!live) return plain;
  const colours = hasColours(config, true);
  return live.liveProgress({ colours, clock: systemClock, stream: process.stderr, signal, times, watching });
}
