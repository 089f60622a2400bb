import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ClawError } from "../errors.ts";
import { headline, printable } from "../text.ts";
import type { watchCancel } from "./cancel.ts";

/** How often a working process looks for the file, in milliseconds: all of them end within a second. */
const LOOK_MS = 200;

/** While this file exists nothing runs, and nothing starts, whoever made it and whatever it says. */
export const stopFile = (home: string): string => join(home, "STOP");

/** What the file says, as one safe line: empty for an empty file, null when there is none. */
export function stopNote(home: string): string | null {
  const file = stopFile(home);
  if (!existsSync(file)) return null;
  try {
    return headline(printable(readFileSync(file, "utf8")), 200);
  } catch {
    return "";
  }
}

const words = (home: string, note: string): string => `${stopFile(home)} exists${note === "" ? "" : `: ${note}`}`;

/** Ends a running run; its state is saved. */
class Stopped extends ClawError {
  constructor(home: string, note: string) {
    super(`stopped: ${words(home, note)}`, {
      outcome: "interrupted",
      hint: "allow work again with claw stop --clear, then: claw resume <run>",
    });
  }
}

/** Nothing starts while everything is stopped. */
export function refuseStopped(home: string): void {
  const note = stopNote(home);
  if (note === null) return;
  throw new ClawError(`claw is stopped: ${words(home, note)}`, {
    outcome: "blocked",
    hint: "allow work again with: claw stop --clear",
  });
}

/** Aborts once the file is there, or somebody cancels what is done. Call `done` when the work has ended. */
export function watchStop(
  home: string,
  cancel: ReturnType<typeof watchCancel>,
): { readonly signal: AbortSignal; readonly done: () => Promise<void> } {
  const stop = new AbortController();
  const timer = setInterval(() => {
    const note = stopNote(home);
    if (note === null) return;
    clearInterval(timer);
    stop.abort(new Stopped(home, note));
  }, LOOK_MS);
  return {
    signal: AbortSignal.any([stop.signal, cancel.signal]),
    done: () => {
      clearInterval(timer);
      return cancel.done();
    },
  };
}
