import type { Command as Commander } from "commander";
import type { z } from "zod";
import type { App } from "../app.ts";
import { UsageError } from "../errors.ts";
import { helpText } from "./help-text.ts";
import { type StatusLine, whileWorking } from "./status-line.ts";
import { localTimes, type Times, utcTimes } from "../times.ts";

/** What a command works with besides its own input. */
export interface CommandDesk {
  /** Opened on first use, so that --help costs nothing. */
  readonly app: () => Promise<App>;
  /** Results, as lines. */
  readonly out: (text: string) => void;
  /** Results that are no text of ours (patches, output of commands), byte for byte. */
  readonly bytes: (data: Uint8Array) => void;
  /** False once the reader of the results has gone away. */
  readonly heard: () => boolean;
  /** Progress, notes and questions. */
  readonly err: (text: string) => void;
  /** What is under way, for a person at a terminal. */
  readonly status: StatusLine;
  readonly cwd: string;
  /** All of standard input. */
  readonly stdin: () => Promise<Buffer>;
  /** The next line of standard input; null at its end, or when the signal comes first. */
  readonly line: (signal: AbortSignal) => Promise<string | null>;
  readonly terminal: Terminal;
  /** Aborted by the first Ctrl-C or SIGTERM. */
  readonly signal: AbortSignal;
  /** How moments are shown: local, or as --utc says. */
  readonly times: Times;
}

export interface Terminal {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly columns: number;
  readonly colour: boolean;
}

/** A command is parse, call, render; it is loaded only when chosen. */
export interface Command {
  /** What its help says after the options. */
  readonly more?: string | undefined;
  /** Declares arguments and options; `done` gets the exit code. */
  attach(to: Commander, desk: CommandDesk, done: (exitCode: number) => void): void;
}

/** A command from its parts. `run` gives the exit code; nothing means 0. Input is checked once, here. */
export function command<Input extends z.ZodType>(spec: {
  readonly arguments?: string;
  readonly options?: readonly (readonly [flags: string, about: string])[];
  /** Printed after the options: examples, exit codes. */
  readonly more?: string;
  /** Everything after `--` belongs to another program. */
  readonly passThrough?: boolean;
  /** It shows moments: --utc has them in UTC. */
  readonly times?: boolean;
  /** What is said each second while it goes on, at a terminal: "checking the ledger". Not for what draws there itself. */
  readonly working?: string;
  readonly input: Input;
  run(input: z.infer<Input>, desk: CommandDesk): Promise<number | void>;
}): Command {
  return {
    more: spec.more,
    attach(to, desk, done) {
      if (spec.arguments) to.arguments(spec.arguments);
      for (const [flags, about] of spec.options ?? []) to.option(flags, about);
      if (spec.times) to.option("--utc", "show times in UTC (default: local time)");
      if (spec.more) to.addHelpText("after", `\n${helpText(spec.more, helpColumns(desk))}`);
      if (spec.passThrough) to.passThroughOptions();
      to.action(async () => {
        const names = to.registeredArguments.map((argument) => argument.name());
        const positional = Object.fromEntries(names.map((name, index) => [name, to.processedArgs[index] as unknown]));
        const parsed = spec.input.safeParse({ ...to.opts(), ...positional });
        if (!parsed.success) {
          const [issue] = parsed.error.issues;
          const name = String(issue?.path[0] ?? "input");
          const shown = names.includes(name)
            ? `<${name}>`
            : `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
          throw new UsageError(`${shown}: ${issue?.message ?? "not valid"}`, `see: ${spelled(to)} --help`);
        }
        const times = to.opts()["utc"] === true ? utcTimes : localTimes;
        const stop = spec.working === undefined ? () => {} : whileWorking(spec.working, desk.status);
        try {
          done((await spec.run(parsed.data, { ...desk, times })) ?? 0);
        } finally {
          stop();
        }
      });
    },
  };
}

/** Help is as wide as the terminal, up to what is read with ease; for a pipe it has the width that every terminal has. */
export const helpColumns = ({ terminal }: Pick<CommandDesk, "terminal">): number =>
  terminal.stdout ? Math.min(100, terminal.columns) : 80;

/** The first example of each of these. */
function examplesOf(members: readonly (readonly [name: string, about: string, member: Command])[]): string {
  const examples = members.flatMap(([, , { more = "" }]) => /^Examples?:\n( +\S.*)/m.exec(more)?.[1] ?? []);
  return `Examples:\n${examples.join("\n")}`;
}

/** A command that holds others. Alone it does what `itself` does, or else prints its help. */
export function family(
  members: readonly (readonly [name: string, about: string, member: Command])[],
  itself?: Command,
): Command {
  return {
    more: itself?.more,
    attach(to, desk, done) {
      if (itself) itself.attach(to, desk, done);
      else to.addHelpText("after", `\n${helpText(examplesOf(members), helpColumns(desk))}`);
      for (const [name, about, member] of members) {
        const child = to.command(name).description(about);
        member.attach(child.showHelpAfterError(`  see: ${spelled(child)} --help`), desk, done);
      }
    },
  };
}

/** "claw audit verify": a command as it is typed. */
const spelled = (command: Commander): string =>
  command.parent ? `${spelled(command.parent)} ${command.name()}` : command.name();
