import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Row } from "./row.ts";

/** What a measurement works with. Everything it makes lies below `dir`. */
export interface Desk {
  /** A directory of this bench alone, removed at its end. */
  readonly dir: string;
  readonly quick: boolean;
  /** Repeats: `full` normally, `quick` with --quick. */
  repeats(full: number, quick: number): number;
}

/** One measurement: a few rows that belong together. */
export interface Measurement {
  readonly name: string;
  readonly about: string;
  run(desk: Desk): Promise<readonly Row[]>;
}

export const program = join(import.meta.dirname, "..", "bin", "claw.js");
export const floorProgram = join(import.meta.dirname, "floor.mjs");

/**
 * The environment of every measured process, made from nothing: no credential and no setting of this machine gets in,
 * and the search path is the same everywhere.
 */
export function environment(home: string): NodeJS.ProcessEnv {
  return {
    PATH: "/usr/local/bin:/usr/bin:/bin",
    HOME: home,
    TMPDIR: join(home, "tmp"),
    LANG: "C.UTF-8",
    NO_COLOR: "1",
    CI: "1",
    CLAW_HOME: join(home, "claw"),
  };
}

/** A home directory for measured processes. */
export function makeHome(dir: string, name: string): string {
  const home = join(dir, name);
  mkdirSync(join(home, "tmp"), { recursive: true });
  return home;
}

/** Opens the desk, and clears it also when the bench is interrupted. */
export function openDesk(quick: boolean): Desk & { close(): void } {
  const dir = mkdtempSync(join(tmpdir(), "claw-bench-"));
  const close = (): void => rmSync(dir, { recursive: true, force: true });
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      close();
      process.exit(130);
    });
  }
  return { dir, quick, repeats: (full, fewer) => (quick ? fewer : full), close };
}

/** Runs a program that only prepares something, and fails loudly. */
export function prepare(command: string, args: readonly string[], cwd: string): void {
  const { status, stderr, error } = spawnSync(command, args, { cwd, encoding: "utf8" });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")}: ${error?.message ?? stderr}`);
}
