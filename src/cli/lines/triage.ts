import { z } from "zod";
import { JudgedFailure } from "../../reports/triage-rows.ts";
import { count, line, millis, texts } from "./line.ts";

export const TriageLine = line("triage", {
  run: z.string().nullable(),
  head: z.string().nullable(),
  base: z.string().nullable(),
  totals: z.strictObject({ passed: count, failed: count, skipped: count }),
  groups: z.array(z.strictObject({ signature: z.string(), verdict: z.string(), count, tests: texts })),
  failures: z.array(JudgedFailure.strict()),
  notes: texts,
  explanation: z.strictObject({ model: z.string(), text: z.string() }).optional(),
});

/** The comment on a pull request; without an address where none was written. */
export const TriageCommentLine = line("triage-comment", {
  run: z.string().nullable(),
  url: z.string().optional(),
  how: z.enum(["written", "edited", "unchanged"]).optional(),
});

export const TriageHistoryLine = line("triage-history", {
  runs: count,
  failures: z.array(
    z.strictObject({
      signature: z.string(),
      test: z.string(),
      tests: count,
      message: z.string(),
      firstSeen: millis,
      lastSeen: millis,
      seen: count,
      verdicts: z.record(z.string(), count),
      runs: texts,
    }),
  ),
});

export const TriageFixesLine = line("triage-fixes", {
  run: z.string().nullable(),
  fixes: z.array(
    z.strictObject({
      tests: texts,
      file: z.string().nullable(),
      task: z.string(),
      run: z.string().nullable(),
      outcome: z.string().meta({ description: "How its run ended; not-tried without one." }),
      reason: z.string(),
    }),
  ),
  leftAlone: z.string(),
  flakyTasks: texts,
});
