import type { Ledger } from "../../src/ledger/ledger.ts";
import { type Budgets, scopesOf } from "../../src/policy/budgets.ts";
import { repositoryOf } from "./fault-run.ts";
import type { Invoice } from "./provider.ts";

/** Claw's accounts against the provider's invoice, over every scope. Amounts in nano-dollars. */
export interface Comparison {
  readonly scopes: number;
  readonly billed: number;
  readonly counted: number;
  /** Scopes in which the provider billed more than the limit. */
  readonly overspent: readonly string[];
  /** Scopes in which claw knows of less than was billed. */
  readonly undercounted: readonly string[];
  /** Scopes that still have money set aside although nothing is on the way. */
  readonly leaked: readonly string[];
}

/** Compares once all is over: `at` is any moment of the day the runs were on. */
export async function compareBooks(
  ledger: Ledger,
  invoice: Invoice,
  { runs, budgets, at }: { readonly runs: readonly string[]; readonly budgets: Budgets; readonly at: number },
): Promise<Comparison> {
  const limits = new Map<string, number | null>();
  const billed = new Map<string, number>();
  for (const run of runs) {
    for (const { scope, limit } of scopesOf(budgets, { run, repository: repositoryOf(run), at })) {
      limits.set(scope, limit);
      billed.set(scope, (billed.get(scope) ?? 0) + (invoice.get(run) ?? 0));
    }
  }
  const scopes = [...limits.keys()];
  const accounts = await ledger.accounts(scopes);
  const wrong = (test: (scope: string, held: number) => boolean): string[] =>
    accounts.filter(({ scope, spent, reserved }) => test(scope, spent + reserved)).map(({ scope }) => scope);
  const fleet = scopes.find((scope) => scope.startsWith("fleet:")) ?? "";
  return {
    scopes: scopes.length,
    billed: billed.get(fleet) ?? 0,
    counted: accounts.find(({ scope }) => scope === fleet)?.spent ?? 0,
    overspent: wrong((scope) => (billed.get(scope) ?? 0) > (limits.get(scope) ?? Infinity)),
    undercounted: wrong((scope, held) => (billed.get(scope) ?? 0) > held),
    leaked: accounts.filter(({ reserved }) => reserved !== 0).map(({ scope }) => scope),
  };
}
