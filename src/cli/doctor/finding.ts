import { ClawError, type Outcome } from "../../errors.ts";
import type { CommandDesk } from "../command.ts";

/** One line of `claw doctor`: a thing that claw needs, how it stands, and what to do about it. */
export interface Finding {
  /** What was looked at: one word, such as "git". */
  readonly check: string;
  /** "warning": claw works, and something is less than it could be; "problem": something that claw does would fail. */
  readonly state: "ok" | "warning" | "problem";
  readonly says: string;
  /** What to do; null where nothing is to be done. */
  readonly remedy: string | null;
  /** How a run that meets the problem would end. */
  readonly outcome?: Outcome;
  /** Makes it good, and says what it did; only `claw doctor --fix` calls it. */
  readonly mend?: () => Promise<string>;
}

/** Looks at one thing and changes nothing. `offline`: nothing may be sent anywhere. */
export type Check = (desk: CommandDesk, offline: boolean) => Promise<readonly Finding[]>;

export const ok = (check: string, says: string): Finding => ({ check, state: "ok", says, remedy: null });

export const warning = (check: string, says: string, remedy: string): Finding => ({
  check,
  state: "warning",
  says,
  remedy,
});

export const problem = (check: string, says: string, remedy: string, outcome: Outcome): Finding => ({
  check,
  state: "problem",
  says,
  remedy,
  outcome,
});

/** What an error says as a finding; errors that nobody can act on go up. */
export function findingOf(check: string, error: unknown, state: "warning" | "problem" = "problem"): Finding {
  if (!(error instanceof ClawError)) throw error;
  const { message, hint, outcome } = error;
  return state === "warning" ? warning(check, message, hint) : problem(check, message, hint, outcome);
}
