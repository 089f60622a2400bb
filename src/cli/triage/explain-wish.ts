import { nanoOf } from "../../budgets.ts";
import type { Config, UserConfig } from "../../config.ts";
import type { ModelWish } from "../../workflows/model-wish.ts";
import type { RunLimits } from "../../views/spend.ts";

/** Most that an explanation may cost, in US dollars, and use in tokens: it is one request, and a second where it was misread. */
const MOST_USD = 0.25;
const MOST_TOKENS = 60_000;
const MOST_TURNS = 3;

/** Who explains: the model that is named or configured; nobody where none is. */
export function explainModel(
  { model }: { readonly model?: string | undefined },
  { model: fromEnvironment, user }: Pick<Config, "model" | "user">,
): ModelWish {
  const configured = model ?? fromEnvironment ?? user.model ?? Object.keys(user.endpoints)[0];
  return configured === undefined ? { label: null } : model;
}

/** What an explanation may use; less where the user's configuration says less. */
export const explainLimits = ({
  budget,
  budgets,
}: Pick<UserConfig, "budget" | "budgets">): Pick<RunLimits, "usdNano" | "turns" | "tokens"> => ({
  usdNano: nanoOf(Math.min(MOST_USD, budgets.run ?? budget.usd ?? MOST_USD)),
  turns: MOST_TURNS,
  tokens: Math.min(MOST_TOKENS, budget.tokens ?? MOST_TOKENS),
});
