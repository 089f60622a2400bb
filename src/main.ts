import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { CommanderError } from "commander";
import type { App } from "./app.ts";
import type { CommandDesk } from "./cli/command.ts";
import { meantBy, program } from "./cli/program.ts";
import { statusLine } from "./cli/status-line.ts";
import { localTimes } from "./times.ts";
import { ClawError, exitCodes, InfrastructureError, Interrupted, machineFailure, twoLines } from "./errors.ts";

const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
  version: string;
};

/** Parses, runs, and turns every end into an exit code: only this file prints errors. */
export async function main(argv: readonly string[]): Promise<number> {
  const stop = new AbortController();
  const signals = listenForSignals(stop);
  let app: Promise<App> | null = null;
  let opened: App | null = null;
  let exitCode = 0;
  let store: string | undefined;
  const progress = { note: (text: string) => desk.err(text), signal: stop.signal };
  const status = statusLine(process.stderr, () => Boolean(process.stderr.isTTY && opened && !plainTerminal(opened)));
  const told = (stream: NodeJS.WriteStream, data: string | Uint8Array): void => {
    status.clear();
    write(stream, data);
  };
  const desk: CommandDesk = {
    app: () =>
      (app ??= import("./app.ts").then(({ openApp }) => openApp(version, progress, store)).then((it) => (opened = it))),
    // Before the parts are opened no secret has been looked up. Results may be hashed: what only looks like one stays.
    out: (text) => told(process.stdout, `${opened?.secrets.scrubValues(text) ?? text}\n`),
    bytes: (data) => told(process.stdout, data),
    heard: () => !process.stdout.destroyed && process.stdout.writable,
    err: (text) => told(process.stderr, `${opened?.secrets.scrub(text) ?? text}\n`),
    status,
    cwd: process.cwd(),
    stdin: () => readStdin(stop.signal),
    line: readLine,
    terminal: {
      stdin: Boolean(process.stdin.isTTY),
      stdout: Boolean(process.stdout.isTTY),
      stderr: Boolean(process.stderr.isTTY),
      columns: process.stdout.columns ?? 80,
      colour: Boolean(process.stdout.hasColors?.()),
    },
    signal: stop.signal,
    times: localTimes,
  };
  // A trace that Node printed itself would hold whatever the error does.
  const crash = (error: unknown): never => process.exit(report(error, desk));
  process.once("uncaughtException", crash);
  try {
    const words = meantBy(argv, desk.terminal);
    const root = await program(words, desk, {
      version,
      done: (code) => (exitCode = code),
      store: (address) => (store = address),
    });
    await root.parseAsync([...words], { from: "user" }).catch(passOverHelp);
    await new Promise(setImmediate); // a failed write is told only now
    const lost = signals.lost();
    if (lost) return report(lost, desk);
    return stop.signal.aborted && exitCode === exitCodes.interrupted ? codeOf(stop.signal.reason) : exitCode;
  } catch (error) {
    return report(error, desk);
  } finally {
    signals.stop();
    process.off("uncaughtException", crash);
    await (app as Promise<App> | null)?.then((opened) => opened.close()).catch(() => {});
  }
}

/** A page of help ends the parsing by an error, and is no less a result. */
function passOverHelp(error: unknown): void {
  if (!(error instanceof CommanderError && error.exitCode === 0)) throw error;
}

/** Lines only: a log of CI, or a terminal that cannot move its cursor. */
const plainTerminal = ({ config }: App): boolean => config.ci || config.dumbTerminal;

/** The first Ctrl-C stops cleanly, the second at once. */
function listenForSignals(stop: AbortController): { lost(): InfrastructureError | null; stop(): void } {
  const names = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  const onSignal = (name: NodeJS.Signals): void => {
    if (stop.signal.aborted) process.exit(name === "SIGTERM" ? 143 : exitCodes.interrupted);
    stop.abort(new Interrupted(name as Interrupted["by"]));
  };
  for (const name of names) process.on(name, onSignal);
  // A reader that went away, as in `claw log | head`, is no error; what is left to say is dropped.
  // One that cannot take it, as a file on a full disk, is: a script must not read half a result as a whole one.
  process.stderr.on("error", () => {});
  let lost: InfrastructureError | null = null;
  process.stdout.on("error", (error) => {
    if (machineFailure(error))
      lost ??= new InfrastructureError(
        `standard output could not be written: ${error.message}`,
        "what runs did is recorded all the same: see it with claw show",
      );
  });
  return {
    lost: () => lost,
    stop: () => names.forEach((name) => process.off(name, onSignal)),
  };
}

function write(stream: NodeJS.WriteStream, data: string | Uint8Array): void {
  if (!stream.destroyed && stream.writable) stream.write(data);
}

/** All of standard input; a person at a terminal is told how to end it, and can leave with Ctrl-C. */
async function readStdin(signal: AbortSignal): Promise<Buffer> {
  const { stdin } = process;
  if (stdin.isTTY) write(process.stderr, "reading from the terminal; end with Ctrl-D on a line of its own\n");
  const hangUp = (): void => void stdin.destroy();
  signal.addEventListener("abort", hangUp);
  try {
    const chunks: Buffer[] = [];
    for await (const chunk of stdin) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks);
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener("abort", hangUp);
  }
}

/** The terminal edits the line and keeps Ctrl-C a signal: only whole lines are read. */
async function readLine(signal: AbortSignal): Promise<string | null> {
  const lines = createInterface({ input: process.stdin, terminal: false, signal });
  try {
    for await (const line of lines) return line;
    return null;
  } finally {
    lines.close();
  }
}

const codeOf = (error: unknown): number =>
  error instanceof Interrupted && error.by === "SIGTERM" ? 143 : exitCodes.interrupted;

/** Two lines for what a person can act on; a stack and where to report it for a bug. */
function report(thrown: unknown, { err }: CommandDesk): number {
  const error = machineFailure(thrown) ?? thrown;
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : exitCodes.usage;
  if (error instanceof Interrupted) return codeOf(error);
  if (error instanceof ClawError) {
    err(twoLines(error));
    return exitCodes[error.outcome];
  }
  err(error instanceof Error ? (error.stack ?? error.message) : String(error));
  err("This is a bug in claw. Nothing recorded is lost; please report it with the lines above.");
  return 1;
}

// `npm run dev` runs this file itself; installed, bin/claw.js imports it.
if (import.meta.main) process.exitCode = await main(process.argv.slice(2));
