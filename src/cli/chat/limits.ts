import type { UserConfig } from "../../config.ts";
import type { RunLimits } from "../../views/spend.ts";
import { fixLimits } from "../fix-limits.ts";

/** A person thinks as long as they like: their session has twenty days, which a timer can still count. */
const PERSON_MINUTES = 20 * 24 * 60;
const SESSION_TURNS = 1000;

interface SessionFlags {
  readonly budgetUsd?: number | undefined;
  readonly maxTurns?: number | undefined;
  readonly maxTokens?: number | undefined;
  readonly timeout?: number | undefined;
}

/** What flags and the user's configuration say of the limits of a session; without a person at it, time is limited as usual. */
export const sessionLimits = (flags: SessionFlags, user: UserConfig, attended: boolean): RunLimits =>
  fixLimits(
    {
      ...flags,
      maxTurns: flags.maxTurns ?? user.budget.turns ?? SESSION_TURNS,
      timeout: attended ? PERSON_MINUTES : flags.timeout,
    },
    user,
  );
