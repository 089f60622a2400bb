import type { EventOf, Recorded } from "../ledger/events.ts";
import { ofType } from "./run.ts";

type SuiteRan = Recorded<EventOf<"suite.ran">>;

/** Executions of the same tests on the same tree, counted together. */
export interface EvidenceRow {
  readonly purpose: string;
  /** `mixed` when they did not all end alike. */
  readonly verdict: SuiteRan["verdict"] | "mixed";
  readonly times: number;
  /** The newest of them. */
  readonly last: SuiteRan;
}

/** Executions by purpose, each purpose with its newest tree only: what was tried on the way there proves nothing. */
export function foldEvidence(events: readonly Recorded[]): readonly EvidenceRow[] {
  const runs = ofType(events, "suite.ran");
  const purposes = [...new Set(runs.map(({ purpose }) => purpose))];
  return purposes.flatMap((purpose) => {
    const last = runs.findLast((run) => run.purpose === purpose);
    if (!last) return [];
    const same = runs.filter(
      (run) => run.purpose === purpose && run.tree === last.tree && run.command === last.command,
    );
    const agreed = same.every(({ verdict }) => verdict === last.verdict);
    const verdict = agreed ? last.verdict : ("mixed" as const);
    return [{ purpose, verdict, times: same.length, last }];
  });
}

/** The newest judgement of each gate, in the order the gates were first asked. */
export function latestGates(events: readonly Recorded[]): readonly Recorded<EventOf<"gate.judged">>[] {
  const newest = new Map<string, Recorded<EventOf<"gate.judged">>>();
  for (const event of ofType(events, "gate.judged")) newest.set(event.gate, event);
  return [...newest.values()];
}

/** What held the commands of a run: its backends, the lowest of their levels, and who waived them. */
export interface SandboxFacts {
  readonly backends: readonly string[];
  readonly level: "complete" | "standard" | "none";
  readonly waivedBy: string | null;
}

/** Null for a run that opened none and waived none. */
export function sandboxFacts(events: readonly Recorded[]): SandboxFacts | null {
  const opened = ofType(events, "sandbox.opened");
  const waivedBy = ofType(events, "sandbox.waived").at(-1)?.by ?? null;
  if (opened.length === 0 && waivedBy === null) return null;
  const complete = opened.every(({ degraded }) => degraded.length === 0);
  return {
    backends: [...new Set(opened.flatMap(({ backend = "bubblewrap" }) => backend))],
    level: waivedBy !== null ? "none" : complete ? "complete" : "standard",
    waivedBy,
  };
}

/** What the sandboxes of a run could not enforce, each once. */
export const notEnforced = (events: readonly Recorded[]): readonly string[] => [
  ...new Set(ofType(events, "sandbox.opened").flatMap(({ degraded }) => degraded)),
];
