import { UsageError } from "../errors.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { attemptsOf, orderTiers, type RankedTier } from "../views/tiers.ts";

/** Runs that are looked at to learn from. */
const LEARN_FROM = 200;

interface Wanted {
  readonly flag: string | undefined;
  readonly variable: string | undefined;
  readonly models: readonly string[] | undefined;
}

/** The models to try one after the other: where `models:` lists them, unless one is named; null where one is meant. */
export async function tiersFor(
  { flag, variable, models }: Wanted,
  ledger: () => Promise<Ledger>,
): Promise<readonly RankedTier[] | null> {
  const auto = flag === "auto";
  if (auto && models === undefined)
    throw new UsageError(
      "no models are listed to choose from",
      "list them from cheap to strong under models: in config.yaml",
    );
  if (models === undefined || (!auto && (flag ?? variable) !== undefined)) return null;
  const book = await ledger();
  const runs = await book.newest(LEARN_FROM);
  const attempts = await Promise.all(
    runs.map(async ({ run }) => {
      const found = await book.read(run).catch(() => null);
      return found ? attemptsOf(found.events) : [];
    }),
  );
  return orderTiers(models, attempts.flat());
}
