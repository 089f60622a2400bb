import type { App } from "../app.ts";
import { systemClock } from "../clock.ts";
import { ClawError, exitCodes, machineFailure } from "../errors.ts";
import type { Recorded } from "../ledger/events.ts";
import { resultOf } from "../reports/result.ts";
import type { FinishedRun, Watch } from "../workflows/start.ts";
import type { CommandDesk } from "./command.ts";
import { confirmWith } from "./confirm.ts";
import { jsonProgress, plainProgress, type Progress } from "./progress.ts";
import { readRun } from "./run-id.ts";
import { scrubbedProgress } from "./scrubbed.ts";
import { hasColours, styleFor } from "./style.ts";
import { summary } from "./summary.ts";

interface Watching {
  readonly json: boolean;
  readonly yes: boolean;
  readonly past?: readonly Recorded[];
  /** Tells what the run found, before its result, or in place of its summary. */
  readonly tell?: (finished: FinishedRun) => Promise<void>;
}

/** Shows a run while it goes on and tells how it ended. Gives the exit code. */
export async function watchRun(
  desk: CommandDesk,
  { json, yes, past = [], tell }: Watching,
  go: (app: App, watch: Watch) => Promise<FinishedRun>,
): Promise<number> {
  const app = await desk.app();
  const progress = scrubbedProgress(await chooseProgress(desk, app, json), app.secrets.scrub);
  const confirm = confirmWith(desk, progress, { ci: app.config.ci, quiet: json || yes });
  let run = "";
  const onStart = (started: string): void => progress.onStart((run = started), past);
  try {
    const finished = await go(app, { ...progress, confirm, onStart, signal: desk.signal });
    await progress.end();
    await tell?.(finished);
    if (tell && !json) return exitCodes[finished.outcome];
    const facts = await readRun(await app.ledger(), finished.run);
    const style = styleFor(hasColours(app.config, desk.terminal.stdout && desk.terminal.colour));
    const columns = desk.terminal.stdout ? desk.terminal.columns : Infinity;
    desk.out(json ? JSON.stringify({ type: "result", ...resultOf(facts) }) : summary(facts, style, columns));
    return exitCodes[finished.outcome];
  } catch (thrown) {
    const error = machineFailure(thrown) ?? thrown;
    await progress.end();
    if (json && error instanceof ClawError) desk.out(errorLine(error));
    else if (run !== "") desk.err(`what was recorded is kept: claw resume ${run}`);
    throw error;
  }
}

/** A run that could not begin has no result; a script still gets a last line it can read. */
function errorLine({ outcome, message, hint }: ClawError): string {
  return JSON.stringify({ type: "error", version: 1, outcome, exitCode: exitCodes[outcome], message, hint });
}

async function chooseProgress(
  { terminal, out, err, signal }: CommandDesk,
  { config }: App,
  json: boolean,
): Promise<Progress> {
  if (json) return jsonProgress(out);
  const plain = plainProgress(err, styleFor(hasColours(config, false)));
  if (!terminal.stderr || config.ci || config.dumbTerminal) return plain;
  // Without a build there is no live view: Node reads TypeScript, but not its XML.
  const live = await import("../tui/live.tsx").catch(() => null);
  if (!live) return plain;
  return live.liveProgress({ colours: hasColours(config, true), clock: systemClock, stream: process.stderr, signal });
}
