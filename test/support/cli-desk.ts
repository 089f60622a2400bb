import { CommanderError } from "commander";
import { type App, openApp } from "../../src/app.ts";
import type { CommandDesk, Terminal } from "../../src/cli/command.ts";
import { program } from "../../src/cli/program.ts";
import { loadConfig } from "../../src/config.ts";
import { ClawError, exitCodes, twoLines } from "../../src/errors.ts";
import { localTimes } from "../../src/times.ts";
import type { Ledger } from "../../src/ledger/ledger.ts";
import type { Finished } from "./claw.ts";
import { refuseStrangeLines } from "./published-lines.ts";

export interface Typed {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface TypedOptions {
  readonly ledger?: Ledger;
  readonly cwd?: string;
  readonly stdin?: Buffer;
  readonly terminal?: Partial<Terminal>;
  readonly environment?: Record<string, string>;
  readonly signal?: AbortSignal;
  /** Parts of the program that a test brings itself. */
  readonly app?: Partial<App>;
}

const noTerminal: Terminal = { stdin: false, stdout: false, stderr: false, columns: 80, colour: false };

/** A desk in nobody's house, for what runs no command. */
export const typingDesk = (): CommandDesk => ({
  app: () => Promise.reject(new Error("no command is run")),
  out: () => {},
  bytes: () => {},
  heard: () => true,
  err: () => {},
  status: { show: () => {}, clear: () => {} },
  cwd: "/",
  stdin: () => Promise.resolve(Buffer.alloc(0)),
  line: () => Promise.resolve(null),
  terminal: noTerminal,
  signal: new AbortController().signal,
  times: localTimes,
});

/** Types a command line at the real program, with a ledger of the test's own. */
export async function type(argv: readonly string[], options: TypedOptions = {}): Promise<Typed> {
  const { ledger, cwd = "/", stdin = Buffer.from(""), environment = {}, terminal = {} } = options;
  const config = loadConfig({ HOME: "/nonexistent", USER: "ada", PATH: process.env["PATH"], ...environment });
  const missing = (): never => {
    throw new Error("the test brought no such part");
  };
  const app: App = {
    version: "0.0.0",
    config,
    ledger: () => Promise.resolve(ledger ?? missing()),
    inDatabase: false,
    house: missing,
    forge: missing,
    start: missing,
    resume: missing,
    channels: missing,
    secrets: { scrub: (text) => text, scrubValues: (text) => text, learn: () => {} },
    close: () => Promise.resolve(),
    ...options.app,
  };
  const out: Uint8Array[] = [];
  const err: string[] = [];
  const desk: CommandDesk = {
    app: () => Promise.resolve(app),
    out: (text) => void out.push(Buffer.from(`${text}\n`)),
    bytes: (data) => void out.push(data),
    heard: () => true,
    err: (text) => void err.push(`${text}\n`),
    status: { show: () => {}, clear: () => {} },
    cwd,
    stdin: () => Promise.resolve(stdin),
    line: () => Promise.resolve(stdin.length === 0 ? null : (stdin.toString("utf8").split("\n", 1)[0] ?? null)),
    terminal: { ...noTerminal, ...terminal },
    signal: options.signal ?? new AbortController().signal,
    times: localTimes,
  };
  let code = 0;
  try {
    const root = await program(argv, desk, { version: "0.0.0", done: (exitCode) => (code = exitCode) });
    await root.parseAsync([...argv], { from: "user" });
  } catch (error) {
    code = codeOf(error, desk);
  }
  const printed = Buffer.concat(out).toString("utf8");
  refuseStrangeLines(argv, printed);
  return { code, out: printed, err: err.join("") };
}

/** Types a command line at the real program with all its real parts, in a user's environment: a process in all but that. */
export async function typeAs(
  environment: NodeJS.ProcessEnv,
  argv: readonly string[],
  options: Pick<TypedOptions, "cwd" | "stdin">,
): Promise<Finished> {
  const signal = new AbortController().signal;
  const app = openApp("0.0.0", { note: () => {}, signal }, undefined, loadConfig(environment));
  try {
    const { code, out, err } = await type(argv, { ...options, app });
    return { code, stdout: out, stderr: err };
  } finally {
    await app.close();
  }
}

/** As main.ts does it. */
function codeOf(error: unknown, { err }: CommandDesk): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : exitCodes.usage;
  if (!(error instanceof ClawError)) throw error;
  err(twoLines(error));
  return exitCodes[error.outcome];
}
