import { stripTerminal } from "../text.ts";
import { readers } from "./readers/all.ts";
import { identify } from "./readers/reader.ts";
import { type SuitePlan, type SuiteResult, verdict } from "./suite.ts";

/** What is known after a suite was run. */
export interface SuiteRun {
  /** The report the runner left; null when it left none. */
  readonly report: string | null;
  readonly exitCode: number;
  /** The limit that ended the command early, by name. */
  readonly killed: string | null;
  /** All that the command printed. */
  readonly output?: string;
  /** Where the repository stood when the suite ran; /workspace when omitted. */
  readonly root?: string;
}

/** Reads what a suite did. A generic command counts as one test that passed when it exited with 0. */
export function readResults(plan: Pick<SuitePlan, "runner">, run: SuiteRun): SuiteResult {
  const result = withTests(plan, run);
  const mute = verdict(result) === "broken" || (!result.structured && result.exitCode !== 0);
  const said = mute ? lastLines(run.output ?? "") : "";
  return said === "" ? result : { ...result, said };
}

/** As much as explains a failure, most often. */
const SAID_LINES = 30;
const SAID_CHARACTERS = 1200;

/** The end of a text in whole lines. */
function lastLines(text: string): string {
  const lines = stripTerminal(text).trimEnd().split("\n").slice(-SAID_LINES);
  while (lines.length > 1 && lines.join("\n").length > SAID_CHARACTERS) lines.shift();
  return lines.join("\n").slice(-SAID_CHARACTERS);
}

function withTests(plan: Pick<SuitePlan, "runner">, run: SuiteRun): SuiteResult {
  const { runner } = plan;
  const { report, exitCode, killed, root = "/workspace" } = run;
  if (runner === "generic") {
    const status = exitCode === 0 ? "passed" : "failed";
    const message = status === "failed" ? `exit code ${exitCode}` : null;
    const tests = identify([{ file: null, titles: ["(test command)"], status, message }]);
    return { runner, structured: false, exitCode, killed, tests };
  }
  const tests = report === null ? [] : identify(readers[runner](report, root));
  return { runner, structured: true, exitCode, killed, tests };
}
