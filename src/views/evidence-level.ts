import { z } from "zod";
import type { Recorded } from "../ledger/events.ts";
import { plural } from "../text.ts";
import { latestGates } from "./evidence.ts";
import { foldRun, latest, ofType } from "./run.ts";

export const levels = ["L0", "L1", "L2", "L3"] as const;

/**
 * How much is known about a change. L0: a change, and nothing about it. L1: the suite ran with it and no test newly
 * fails. L2: also a test that fails on the base passes with it, and fails again without it. L3: also three or more
 * distinct failing inputs, one of them written by another model family from the issue alone, and that family's review.
 */
export interface EvidenceLevel {
  readonly level: (typeof levels)[number];
  /** Tests that failed on the base and pass with the change, each a distinct input. */
  readonly inputs: number;
  /** What the level rests on, one clause each. */
  readonly raisedBy: readonly string[];
  /** What would raise it further, one clause each; empty at the top. */
  readonly wouldRaise: readonly string[];
}

const Reproduced = z.object({ reproduction: z.object({ failing: z.array(z.string()) }) });
const Proved = z.object({ holds: z.boolean() });

/** Distinct failing inputs that the highest level asks for. */
const MANY_INPUTS = 3;

/** The level of a run's change; null while there is none. */
export function evidenceLevel(events: readonly Recorded[]): EvidenceLevel | null {
  const change = ofType(events, "diff.taken").findLast(({ purpose }) => purpose !== "reproduction");
  if (!change) return null;
  const { stages, started } = foldRun(events);
  const output = (name: string): unknown => stages.find((stage) => stage.name === name)?.output;
  const failing = Reproduced.safeParse(output("reproduce")).data?.reproduction.failing ?? [];
  const proved = Proved.safeParse(output("prove")).data?.holds ?? false;
  const suites = ofType(events, "suite.ran");
  const whole = suites.findLast(({ purpose }) => purpose === "baseline")?.command;
  const suite = suites.findLast(
    ({ tree, files, command }) =>
      tree === change.to && files.length === 0 && (whole === undefined || command === whole),
  );
  const regressions = latestGates(events).find(({ gate, tree }) => gate === "regressions" && tree === change.to);
  const unharmed = suite !== undefined && suite.verdict !== "broken" && regressions?.verdict === "pass";

  const searched = latest(events, "search.found") !== undefined || started?.model?.endpoint === "search";
  const inputs = proved ? failing.length : 0;
  if (!unharmed)
    return {
      level: "L0",
      inputs: 0,
      raisedBy: ["there is a change"],
      wouldRaise: ["the suite, run with the change, with no test newly failing"],
    };
  const noneWorse = "the suite ran with the change, and no test newly fails";
  if (!proved) {
    return {
      level: "L1",
      inputs,
      raisedBy: [noneWorse],
      wouldRaise: ["a test that fails on the base and passes with the change"],
    };
  }
  return {
    level: "L2",
    inputs,
    raisedBy: [
      noneWorse,
      `${plural(inputs, "test")} that ${inputs === 1 ? "fails" : "fail"} on the base, ${inputs === 1 ? "passes" : "pass"} with the change, and ${inputs === 1 ? "fails" : "fail"} again without it`,
    ],
    wouldRaise: [
      ...(inputs < MANY_INPUTS ? [`${plural(MANY_INPUTS - inputs, "more distinct failing input")}`] : []),
      "a failing test written from the issue alone by a model of another family",
      searched
        ? "a review by a model, and a person's: the search understood nothing"
        : "a review by a model of another family",
    ],
  };
}
