import { nanoOf } from "../budgets.ts";
import { ClawError, Overdrawn, UsageError } from "../errors.ts";
import type { EventOf } from "../ledger/events.ts";
import type { RunLog } from "../ledger/ledger.ts";
import type { ConnectedModel } from "../models/model.ts";
import { refuseSmallWindow } from "../models/known.ts";
import { priceLockHash } from "../models/price-lock.ts";
import {
  budgetHints,
  budgetOfScope,
  type Budgets,
  budgetsOf,
  narrowBudgets,
  overdrawnText,
  scopesOf,
} from "../policy/budgets.ts";
import type { Manifest } from "../policy/manifest.ts";
import { latest } from "../views/run.ts";
import type { RunLimits } from "../views/spend.ts";
import type { House, StartRequest } from "./start.ts";

/** A manifest can only narrow what the user grants. */
export function narrowed(limits: RunLimits, { limits: own, budgets }: Manifest): RunLimits {
  const most = [limits.usdNano, nanoOf(own.usd), nanoOf(budgets.run)].filter((nano) => nano !== null);
  return {
    ...limits,
    turns: Math.min(limits.turns, own.turns ?? limits.turns),
    usdNano: most.length === 0 ? null : Math.min(...most),
  };
}

/** What this run may take from each account: the user's grant, narrowed by the manifest; the run's own limit is worked out already. */
export const grantedBudgets = (granted: Budgets, { budgets }: Manifest, { usdNano }: RunLimits): Budgets => ({
  ...narrowBudgets(granted, budgetsOf(budgets)),
  run: usdNano,
});

/** The budgets of more than this run, for the record. */
export const sharedBudgets = ({ day, repository, fleet }: Budgets): NonNullable<EventOf<"run.started">["budgets"]> => ({
  day,
  repository,
  fleet,
});

/** From here on every request of the run is reserved in each account, in the transaction that records it. */
export const chargeRun = (house: Pick<House, "clock">, log: RunLog, budgets: Budgets, repository: string): void =>
  log.charge(() => {
    const run = runLimit(log, budgets.run);
    return scopesOf({ ...budgets, run }, { run: log.run, repository, at: house.clock.now() });
  });

/** A run's own limit in money: as it began, or as a person set it since. */
export const runLimit = ({ events }: Pick<RunLog, "events">, begun: number | null): number | null =>
  latest(events, "budget.changed")?.usdNano ?? begun;

/** What the replies of a model are priced by, for the record. */
export const pricesOf = ({ terms }: ConnectedModel): NonNullable<EventOf<"run.started">["prices"]> => ({
  lock: priceLockHash(),
  terms: terms ?? { kind: "unknown" },
});

/** What the run may use; refuses what cannot be kept to it, or has nothing left. */
export async function granted(
  house: House,
  { limits: asked, tokenCap }: Pick<StartRequest, "limits" | "tokenCap">,
  manifest: Manifest,
  model: ConnectedModel | null,
  place: Place,
): Promise<{ readonly limits: RunLimits; readonly budgets: Budgets }> {
  const limits = narrowed(asked, manifest);
  const budgets = grantedBudgets(house.budgets, manifest, limits);
  if (model) {
    refuseSmallWindow(model);
    if (!tokenCap) refuseUnpriced(model, budgets, house.clock.now());
    await refuseSpent(house, budgets, place);
  }
  return { limits, budgets };
}

interface Place {
  readonly run: string;
  /** Root of the user's working tree. */
  readonly repository: string;
}

/** A budget in money means nothing where the price is not known. On one's own machine nobody sends a bill. */
export function refuseUnpriced(model: ConnectedModel, budgets: Budgets, now: number): void {
  const { info } = model;
  const limited = Object.values(budgets).some((limit) => limit !== null);
  if (!limited || info.selfHosted || model.ceiling(1, 1, now) !== null) return;
  throw new UsageError(
    `the price of ${info.label} is not known, so a budget in money cannot be kept`,
    `give its price in config.yaml (prices: or endpoints.${info.endpoint}.price), or limit its tokens: --max-tokens <n>`,
  );
}

/** Nothing is started that could not ask one question. */
async function refuseSpent(
  { ledger, clock }: Pick<House, "ledger" | "clock">,
  budgets: Budgets,
  { run, repository }: Place,
): Promise<void> {
  const scopes = scopesOf(budgets, { run, repository, at: clock.now() });
  const accounts = await ledger.accounts(scopes.map(({ scope }) => scope));
  for (const [index, { scope, limit }] of scopes.entries()) {
    const { spent = 0, reserved = 0 } = accounts[index] ?? {};
    if (limit === null || spent + reserved < limit) continue;
    throw new ClawError(overdrawnText(new Overdrawn({ scope, limit, spent, reserved, asked: 0 })), {
      outcome: "over-budget",
      hint: budgetHints[budgetOfScope(scope)],
    });
  }
}
