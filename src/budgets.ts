import { z } from "zod";

/** What money is counted by. All but `run` are shared by every claw process on one ledger. */
export const budgetScopes = ["run", "day", "repository", "fleet"] as const;
export type BudgetScope = (typeof budgetScopes)[number];

const usd = z.number().positive().max(1_000_000);

/** The same in both files, in US dollars: config.yaml grants, claw.yaml narrows. */
export const BudgetsInDollars = z.strictObject({
  run: usd.optional().meta({ description: "Most money for one run." }),
  day: usd.optional().meta({ description: "Most money for all runs of one day (UTC)." }),
  repository: usd.optional().meta({ description: "Most money for all runs of one day (UTC) in one repository." }),
  fleet: usd.optional().meta({ description: "Most money for all runs of one calendar month (UTC)." }),
});
export type BudgetsInDollars = z.infer<typeof BudgetsInDollars>;

/** Dollars as integer nano-dollars; null for none. */
export const nanoOf = (dollars: number | undefined): number | null =>
  dollars === undefined ? null : Math.round(dollars * 1e9);
