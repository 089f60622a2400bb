import { UsageError } from "../errors.ts";
import type { EventOf } from "../ledger/events.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { standingOf } from "../models/drift/standing.ts";
import { kindOfTask } from "../views/task-kind.ts";
import { orderTiers } from "../views/tiers.ts";
import { titleOf } from "../workflows/fix/intake.ts";
import { readAttempts, repositoryAt } from "./attempts.ts";

interface Wanted {
  readonly flag: string | undefined;
  readonly variable: string | undefined;
  readonly models: readonly string[] | undefined;
}

interface TierDesk {
  readonly ledger: () => Promise<Ledger>;
  readonly err: (text: string) => void;
}

/**
 * The models to try one after the other: where `models:` lists them, unless one is named; null where one is meant. Those in
 * quarantine are passed over while there are others.
 */
export async function tiersFor(
  { flag, variable, models }: Wanted,
  task: { readonly cwd: string; readonly text: string },
  { ledger, err }: TierDesk,
): Promise<Omit<EventOf<"tiers.ordered">, "type"> | null> {
  const auto = flag === "auto";
  if (auto && models === undefined)
    throw new UsageError(
      "no models are listed to choose from",
      "list them from cheap to strong under models: in config.yaml",
    );
  if (models === undefined || (!auto && (flag ?? variable) !== undefined)) return null;
  const book = await ledger();
  const standings = await Promise.all(models.map((model) => standingOf(book.change, model)));
  const usable = models.filter((_, index) => standings[index]?.quarantine === null);
  if (usable.length > 0)
    for (const [index, model] of models.entries()) {
      const why = standings[index]?.quarantine?.why;
      if (why !== undefined)
        err(`${model} is passed over, it is in quarantine: ${why}\n  when it is well again: claw models lift ${model}`);
    }
  const attempts = await readAttempts(book);
  const kind = kindOfTask(titleOf(task.text));
  const place = { repository: repositoryAt(task.cwd, attempts), kind };
  return { tiers: [...orderTiers(usable.length > 0 ? usable : models, attempts, place)], kind };
}
