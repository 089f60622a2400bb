import type { Ledger } from "../ledger/ledger.ts";
import type { EventOf } from "../ledger/events.ts";
import { type Pace, paceOf } from "../views/pace.ts";
import { foldStages } from "../views/stages.ts";
import { catchUp } from "./run-list.ts";

/** So many earlier runs say what is usual. */
const RUNS = 7;
/** Runs with more events than this are left out: reading them would be felt. */
const MOST_EVENTS = 5000;
const succeeded = new Set(["proven", "done"]);

/** What the newest runs of the same workflow in the same repository took that did what was asked for. */
export async function usualPace(
  ledger: Ledger,
  { workflow, repository }: Pick<EventOf<"run.started">, "workflow" | "repository">,
): Promise<Pace> {
  await catchUp(ledger, { newest: RUNS }, () => {});
  const pages = [...succeeded].map((outcome) => ledger.indexed({ workflow, repository, outcome, limit: RUNS }));
  const entries = (await Promise.all(pages)).flat().toSorted((a, b) => (a.run < b.run ? 1 : -1));
  const read = entries.filter(({ last }) => last < MOST_EVENTS).slice(0, RUNS);
  const runs = await Promise.all(read.map(({ run }) => ledger.read(run)));
  return paceOf(runs.map(({ events }) => foldStages(events)));
}
