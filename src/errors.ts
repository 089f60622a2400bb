import { printable } from "./text.ts";

/** Exit codes are part of the interface: scripts and cron jobs branch on them. See `claw fix --help`. */
export const exitCodes = {
  proven: 0,
  done: 0,
  usage: 2,
  "not-reproduced": 10,
  "no-patch": 11,
  unproven: 12,
  blocked: 13,
  waiting: 14,
  "over-budget": 15,
  stuck: 16,
  "model-unavailable": 20,
  "sandbox-unavailable": 21,
  "forge-unavailable": 22,
  workspace: 23,
  infrastructure: 24,
  // How `claw triage` ended: its worst verdict.
  regression: 30,
  flaky: 31,
  environment: 32,
  timeout: 33,
  unknown: 34,
  interrupted: 130,
} as const;

/** How a run, or a command, ended: one of a closed list. */
export type Outcome = keyof typeof exitCodes;

/** Outcomes that a later `claw resume` can go on from: the work is unharmed, something around it was missing. */
export const restingOutcomes: readonly Outcome[] = [
  "interrupted",
  "waiting",
  "model-unavailable",
  "sandbox-unavailable",
  "forge-unavailable",
  "infrastructure",
];

/** An error a person can act on: `message` says what happened, `hint` what to do next, `outcome` what the shell sees. */
export class ClawError extends Error {
  readonly outcome: Outcome;
  readonly hint: string;
  constructor(message: string, options: { outcome: Outcome; hint: string; cause?: unknown }) {
    super(message, { cause: options.cause });
    this.name = new.target.name;
    this.outcome = options.outcome;
    this.hint = options.hint;
  }
}

/** An error as a person is told it: what happened, and what to do. Either may repeat what a stranger wrote. */
export const twoLines = ({ message, hint }: ClawError): string => printable(`claw: ${message}\n  ${hint}`);

/** Wrong arguments, configuration or manifest. */
export class UsageError extends ClawError {
  constructor(message: string, hint: string, cause?: unknown) {
    super(message, { outcome: "usage", hint, cause });
  }
}

/** The repository cannot be worked on as it is: no repository, no tests, set-up failed. */
export class WorkspaceError extends ClawError {
  constructor(message: string, hint: string, cause?: unknown) {
    super(message, { outcome: "workspace", hint, cause });
  }
}

/** No sandbox of the required level: claw refuses rather than runs a command bare. */
export class SandboxUnavailable extends ClawError {
  constructor(message: string, hint: string, cause?: unknown) {
    super(message, { outcome: "sandbox-unavailable", hint, cause });
  }
}

/** A stored chain does not match its hashes. */
export class LedgerBroken extends ClawError {
  constructor(message: string, hint: string) {
    super(message, { outcome: "infrastructure", hint });
  }
}

/** A person had this body taken out of the record. */
export class Redacted extends ClawError {
  constructor(sha: string) {
    super(`body ${sha.slice(0, 12)} was redacted`, {
      outcome: "blocked",
      hint: "who had it taken out, and why, is in the log of its run; if it is not, look with claw audit verify",
    });
  }
}

/** Another process owns this run: a writer that lost its head cannot write any more. */
export class Fenced extends ClawError {
  constructor(run: string, cause?: unknown) {
    super(`run ${run} is being written by another process`, {
      outcome: "infrastructure",
      hint: `wait for it, or look with: claw show ${run}`,
      cause,
    });
  }
}

/** Another process was quicker with what a schedule had come to. */
export class SlotTaken extends ClawError {
  constructor(name: string) {
    super(`schedule ${name} was moved on by another process`, {
      outcome: "infrastructure",
      hint: "see when it comes next: claw schedule list",
    });
  }
}

/** A reservation that does not fit into a scope: nothing was recorded. Amounts in nano-dollars. */
export class Overdrawn extends ClawError {
  readonly scope: string;
  readonly limit: number;
  readonly spent: number;
  readonly reserved: number;
  readonly asked: number;
  constructor(at: { scope: string; limit: number; spent: number; reserved: number; asked: number }) {
    super(`the budget of ${at.scope} does not allow the next request`, {
      outcome: "over-budget",
      hint: "see what was spent: claw cost",
    });
    this.scope = at.scope;
    this.limit = at.limit;
    this.spent = at.spent;
    this.reserved = at.reserved;
    this.asked = at.asked;
  }
}

/** The machine failed us: disk full, database locked out. What was recorded stays; the run can be resumed. */
export class InfrastructureError extends ClawError {
  constructor(message: string, hint: string, cause?: unknown) {
    super(message, { outcome: "infrastructure", hint, cause });
  }
}

/** What to do about what the operating system refuses, by its code. */
const machineHints: Readonly<Record<string, string>> = {
  ENOSPC: "free space on the disk that holds CLAW_HOME, or set CLAW_HOME to another disk",
  EDQUOT: "free space within your quota, or set CLAW_HOME to another disk",
  EROFS: "the file system is read-only: set CLAW_HOME to a directory you can write to",
  EACCES: "check who owns it and its permissions, or set CLAW_HOME to a directory of your own",
  EPERM: "check who owns it and its permissions, or set CLAW_HOME to a directory of your own",
  EIO: "check the disk and the system's log",
  EMFILE: "allow more open files: ulimit -n",
  ENFILE: "end other programs: the system has no more open files to give",
};

/** An error of a system call on a file, as one a person can act on; null for any other error. */
export function machineFailure(error: unknown): InfrastructureError | null {
  const { code = "", syscall = "spawn", message } = error as { code?: string; syscall?: string; message?: string };
  const hint = machineHints[code];
  if (!(error instanceof Error) || hint === undefined || syscall.startsWith("spawn")) return null;
  return new InfrastructureError(`the machine refused: ${message}`, hint, error);
}

/** Ctrl-C or SIGTERM: what was recorded stays, and the run can be resumed. */
export class Interrupted extends ClawError {
  readonly by: "SIGINT" | "SIGTERM" | "SIGHUP";
  constructor(by: Interrupted["by"]) {
    super(`interrupted by ${by}`, {
      outcome: "interrupted",
      hint: "the state is saved: continue with claw resume <run>",
    });
    this.by = by;
  }
}

/** The run's time is used up. */
export class TimeIsUp extends ClawError {
  constructor(minutes: number) {
    super(`the run's time of ${minutes} min is used up`, {
      outcome: "over-budget",
      hint: "give it more with --timeout",
    });
  }
}
