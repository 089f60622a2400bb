import { languageOf } from "../../engines/search/languages.ts";
import type { EventOf, Recorded } from "../../ledger/events.ts";
import type { Execution } from "../../suite/coverage.ts";
import { rankSuspects, type Suspect, suspectsFromStack } from "../../suite/ochiai.ts";
import { suspectsFromWords } from "../../suite/mentions.ts";
import { stackLines } from "../../suite/stack-lines.ts";
import { isTestConfigPath, testPathsWith } from "../../suite/test-paths.ts";
import { failedTests } from "../../suite/suite.ts";
import { withCheckout } from "../checkouts.ts";
import type { Bases } from "../fix/check.ts";
import { guardRoom, loopGuards } from "../loop-guards.ts";
import { openSuiteRoom, recordedSuites } from "../suite-run.ts";
import type { WorkDesk } from "../workflow.ts";
import { spectrum } from "./spectrum.ts";

/** Where the fault may be, and how that is known. */
export interface Localisation {
  readonly method: EventOf<"suspects.ranked">["method"];
  /** The most suspicious first. */
  readonly suspects: readonly Suspect[];
  /** What tests ran; empty without coverage. */
  readonly executions: readonly Execution[];
}

/** A suite that takes longer than this is not run again under a probe. */
const WHOLE_MS = 20_000;
/** Ranked lines that are kept on record. */
const KEPT = 200;

/** Ranks the lines that failing tests run, and records it. Never takes much longer than `budgetMs`. */
export async function localise(desk: WorkDesk, bases: Bases, budgetMs: number): Promise<Localisation> {
  const { setup, baseline, baseResult, reproduction } = bases;
  const { tree, files, failing, plan } = reproduction;
  const startedAt = desk.clock.now();
  const left = (): number => budgetMs - (desk.clock.now() - startedAt);
  const [seen] = await recordedSuites(desk, { tree, files, plan });
  const bench = { plan: baseline.plan, dependencies: setup.dependencies };
  const executions = !seen
    ? []
    : await withCheckout(desk, tree, async (dir) => {
        const room = await openSuiteRoom(desk, bench, { purpose: "localise", tree, files: [] }, dir);
        try {
          await guardRoom(desk, { tree, room, guards: loopGuards(plan) });
          const shown = { plan, files, failing, result: seen.result };
          return await spectrum({
            room,
            plan: baseline.plan,
            baseResult,
            shown,
            whole: baselineMs(desk, baseline.ran) < WHOLE_MS,
            left,
            signal: desk.signal,
          });
        } finally {
          await room.close();
        }
      });
  const output = seen ? await desk.log.text(seen.fact.output) : "";
  const messages = seen ? failedTests(seen.result).map(({ message }) => message ?? "") : [];
  const named = stackLines([...messages, output].join("\n"), "/workspace");
  const mayBeAtFault = sourcesOf(desk);
  const ranked = rankSuspects(executions, named, mayBeAtFault);
  const found: Localisation =
    ranked.length > 0
      ? { method: "coverage", suspects: ranked, executions }
      : {
          method: named.length > 0 ? "stack" : "none",
          suspects: suspectsFromStack(named, mayBeAtFault),
          executions: [],
        };
  await record(desk, tree, found, desk.clock.now() - startedAt);
  return found;
}

/** Without a failing test there is only what the issue says. */
export async function localiseByWords(desk: WorkDesk, about: string): Promise<Localisation> {
  const { tree } = desk.clone.base;
  const startedAt = desk.clock.now();
  const mayBeAtFault = sourcesOf(desk);
  const paths = (await desk.clone.list(tree))
    .filter(({ path, size }) => mayBeAtFault(path) && (size ?? 0) < 200_000)
    .slice(0, 2000);
  const sources = await Promise.all(
    paths.map(async ({ path }) => ({ path, text: (await desk.clone.read(tree, path))?.toString("utf8") ?? "" })),
  );
  const suspects = suspectsFromWords(about, sources);
  const found: Localisation = { method: suspects.length > 0 ? "words" : "none", suspects, executions: [] };
  await record(desk, tree, found, desk.clock.now() - startedAt);
  return found;
}

/** Code in a language that is known here, and no part of the tests. */
function sourcesOf({ manifest }: Pick<WorkDesk, "manifest">): (path: string) => boolean {
  const isTest = testPathsWith(manifest.test.files);
  return (path) => languageOf(path) !== undefined && !isTest(path) && !isTestConfigPath(path);
}

/** How long the whole suite took on the base. */
export const baselineMs = (desk: Pick<WorkDesk, "log">, ran: number): number =>
  (desk.log.events[ran] as Recorded<EventOf<"suite.ran">> | undefined)?.ms ?? 0;

async function record(
  { log }: WorkDesk,
  tree: string,
  { method, suspects, executions }: Localisation,
  ms: number,
): Promise<void> {
  await log.append({
    type: "suspects.ranked",
    tree,
    method,
    executions: executions.length,
    failing: executions.filter(({ failed }) => failed).length,
    lines: suspects.length,
    suspects: log.put(JSON.stringify(suspects.slice(0, KEPT))),
    ms: Math.round(ms),
  });
}
