import { statSync } from "node:fs";
import { thisUser } from "./agent-user.ts";
import type { Limits } from "./sandbox.ts";
import { THREADS_PER_PROCESS } from "./watchdog.ts";

/**
 * Limits of all processes of one command together, kept by the kernel in a scope that the user's own systemd makes: where
 * claw's control group is not its own to divide, as in a login session, and a user manager answers.
 */
export interface ScopeMaker {
  /** Put before what is started; it becomes that, in a scope and with an empty environment again. */
  readonly prefix: (limits: Limits) => readonly string[];
}

const SYSTEMD_RUN = "/usr/bin/systemd-run";

/** The way to the user's manager; null where none is there, and for root, who can make groups without one. */
export function findScopeMaker(
  { uid } = thisUser(),
  { program = SYSTEMD_RUN, runtime = `/run/user/${uid}` }: { program?: string; runtime?: string } = {},
): ScopeMaker | null {
  const own = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.uid === uid;
  const answers = uid !== 0 && own(`${runtime}/systemd/private`) && statSync(program, { throwIfNoEntry: false });
  return answers ? { prefix: (limits) => scopeArguments(limits, { program, runtime }) } : null;
}

/** systemd-run(1): with --scope it runs nothing itself, but becomes the command once the scope is made. */
export function scopeArguments(
  { memoryBytes, processes }: Pick<Limits, "memoryBytes" | "processes">,
  { program, runtime }: { readonly program: string; readonly runtime: string },
): readonly string[] {
  const properties = { MemoryMax: memoryBytes, MemorySwapMax: 0, TasksMax: processes * THREADS_PER_PROCESS };
  const set = Object.entries(properties).map(([name, value]) => `--property=${name}=${value}`);
  const scope = [program, "--user", "--scope", "--quiet", "--collect", "--description=claw", ...set, "--"];
  return ["/usr/bin/env", `XDG_RUNTIME_DIR=${runtime}`, ...scope, "/usr/bin/env", "-i"];
}
