import { nanoOf } from "../budgets.ts";
import type { UserConfig } from "../config.ts";
import type { RunLimits } from "../views/spend.ts";

const MINUTE = 60_000;
const DEFAULT_USD = 2;
const DEFAULT_TURNS = 100;
const DEFAULT_TOKENS = 5_000_000;

/** What flags say of the limits of a fix; in US dollars and minutes. */
interface LimitFlags {
  readonly budgetUsd?: number | undefined;
  readonly maxTurns?: number | undefined;
  readonly maxTokens?: number | undefined;
  readonly timeout?: number | undefined;
  readonly attempts?: number | undefined;
}

/** Flags win over the user's configuration; the repository's manifest narrows later. */
export const fixLimits = (
  flags: LimitFlags,
  { budget, budgets }: Pick<UserConfig, "budget" | "budgets">,
): RunLimits => ({
  usdNano: nanoOf(flags.budgetUsd ?? budgets.run ?? budget.usd ?? DEFAULT_USD),
  turns: flags.maxTurns ?? budget.turns ?? DEFAULT_TURNS,
  tokens: flags.maxTokens ?? budget.tokens ?? DEFAULT_TOKENS,
  wallMs: Math.round((flags.timeout ?? budget.minutes) * MINUTE),
  attempts: flags.attempts ?? 3,
});
