import { z } from "zod";
import { systemClock } from "../../clock.ts";
import { ClawError } from "../../errors.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import { type Budgets, budgetsOf, scopesOf } from "../../policy/budgets.ts";
import { money } from "../../text.ts";
import { type CostRow, costsOf, groupCosts, groupings, type RunCosts, totalCosts } from "../../views/costs.ts";
import { command } from "../command.ts";
import { numberOption } from "../number-option.ts";
import { renderCosts, renderTotal } from "../render-costs.ts";
import { hasColours, styleFor } from "../style.ts";

const DAY_MS = 86_400_000;
/** More runs than anybody has in a year. */
const MOST_RUNS = 1_000_000;

export const cost = command({
  options: [
    ["--days <n>", "runs started in the last so many days (default: 30)"],
    ["--by <what>", "only one table: day, repository, model or outcome"],
    ["--json", "print one JSON object with everything, amounts in integer nano-dollars"],
  ],
  more: `What runs cost, by day (UTC), repository, model and outcome, and what a proven fix costs: all that fixes cost,
failed ones included, for each proven one. Budgets are those of config.yaml; what requests on the way may cost is reserved.

Examples:
  claw cost
  claw cost --days 7 --by model
  claw cost --json | jq .total.nanoPerProven`,
  working: "adding up",
  input: z.object({
    days: numberOption({ min: 1, max: 3650, whole: true }),
    by: z.enum(groupings, { error: "is day, repository, model or outcome" }).optional(),
    json: z.boolean().default(false),
  }),
  async run({ days = 30, by, json }, { app, out, err, terminal }) {
    const opened = await app();
    const ledger = await opened.ledger();
    const now = systemClock.now();
    const { runs, damaged } = await readCosts(ledger, now - days * DAY_MS);
    const budgets = await standing(ledger, budgetsOf(opened.config.user.budgets), now);
    const total = totalCosts(runs);
    if (json) {
      const groups = Object.fromEntries(groupings.map((name) => [name, groupCosts(runs, name)]));
      return out(JSON.stringify({ type: "cost", version: 1, days, total, ...groups, budgets, damaged }));
    }
    const style = styleFor(hasColours(opened.config, terminal.stdout && terminal.colour));
    const tables = (by === undefined ? groupings : [by]).flatMap((name): string[] => {
      const rows: readonly CostRow[] = groupCosts(runs, name);
      return rows.length === 0 ? [] : [renderCosts(name, rows, style)];
    });
    const limits = budgets.map(
      ({ budget, limit, spent, reserved }) =>
        `${budget} budget: ${money(spent)} spent${reserved > 0 ? ` and ${money(reserved)} reserved` : ""}${limit === null ? ", no limit" : ` of ${money(limit)}`}`,
    );
    out([`last ${days} days: ${renderTotal(total)}`, ...limits].join("\n"));
    if (tables.length > 0) out(`\n${tables.join("\n\n")}`);
    if (damaged.length > 0) err(`left out, because their record does not hold: ${damaged.join(", ")}`);
  },
});

/** What every run started since then paid, one at a time: a ledger of any size is read in little memory. */
async function readCosts(ledger: Ledger, since: number): Promise<{ runs: RunCosts[]; damaged: string[] }> {
  const runs: RunCosts[] = [];
  const damaged: string[] = [];
  for (const { run, started } of await ledger.newest(MOST_RUNS)) {
    if (started.at < since) continue;
    try {
      runs.push(costsOf((await ledger.read(run)).events));
    } catch (error) {
      if (!(error instanceof ClawError)) throw error;
      damaged.push(run);
    }
  }
  return { runs, damaged };
}

/** What the accounts of today and this month hold. */
async function standing(ledger: Ledger, budgets: Budgets, at: number) {
  const scopes = scopesOf(budgets, { run: "", repository: "", at }).filter(({ scope }) => /^(day|fleet):/.test(scope));
  const accounts = await ledger.accounts(scopes.map(({ scope }) => scope));
  return accounts.map(({ scope, spent, reserved }, index) => ({
    budget: scope.split(":")[0] ?? "",
    scope,
    limit: scopes[index]?.limit ?? null,
    spent,
    reserved,
  }));
}
