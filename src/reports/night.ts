import { z } from "zod";
import { exitCodes, type Outcome } from "../errors.ts";

const outcome = z.enum(Object.keys(exitCodes) as [Outcome, ...Outcome[]]);
const dollars = z.number().nullable();

/** One work of a night, and what came of it. */
export const NightRow = z.strictObject({
  kind: z.enum(["parked", "ci", "issue", "task"]),
  title: z.string(),
  source: z.string().meta({ description: "Where it was asked for: an address, a schedule, a file." }),
  task: z.string().nullable(),
  run: z.string().nullable().meta({ description: "Null where nothing was begun." }),
  state: z.enum(["ended", "waiting", "parked", "left", "duplicate"]).meta({
    description:
      "waiting: for a person. parked: stopped, and goes on in the next night. left: not begun. duplicate: other work does it.",
  }),
  outcome: outcome.nullable(),
  reason: z.string(),
  next: z.string().meta({ description: "What a person can do about it; empty when nothing is left to do." }),
  usd: dollars.meta({ description: "Null when part of it has no known price." }),
  ms: z.number(),
  pullRequest: z.string().nullable(),
  branch: z.string().nullable(),
  level: z.string().nullable().meta({ description: "How much is known about the change, from L0 to L3." }),
});
export type NightRow = z.infer<typeof NightRow>;

/** What a night did: what `claw nightly --json` ends with. Fields are only ever added within a version. Times in milliseconds since the epoch. */
export const NightReport = z.strictObject({
  version: z.literal(1),
  night: z.string().meta({ description: "The run that the others are part of." }),
  repository: z.string(),
  startedAt: z.int(),
  endedAt: z.int(),
  until: z.int(),
  caps: z.strictObject({ pullRequests: z.int(), usd: dollars }),
  outcome,
  exitCode: z.int(),
  stopped: z.string().meta({ description: "Why the night ended." }),
  usd: dollars.meta({ description: "What all of it cost; null when part of it has no known price." }),
  pullRequests: z.array(z.string()),
  rows: z.array(NightRow),
  notes: z.array(z.string()),
});
export type NightReport = z.infer<typeof NightReport>;

/** What came of a work, in the words that people look for first. */
export function verdictOf({ state, outcome: end, pullRequest, branch, run }: NightRow): string {
  if (state === "duplicate") return "left to other work";
  if (state === "left") return run === null ? "not begun" : "not gone on with";
  if (state === "waiting") return "waits for a person";
  if (state === "parked") return "parked";
  if (end === "proven" || end === "done")
    return pullRequest !== null ? `${end}, draft pull request` : branch !== null ? `${end}, on a local branch` : end;
  return end === null ? "unknown" : (words[end] ?? end.replaceAll("-", " "));
}

const words: Partial<Record<Outcome, string>> = {
  "no-patch": "no patch was found",
  unproven: "changed, but not proven",
  "over-budget": "over its budget",
  environment: "the machine's trouble",
};

/** Which way a work counts: for the marks beside it. */
export function isGood({ state, outcome: end }: NightRow): boolean | null {
  if (state !== "ended") return null;
  return end === "proven" || end === "done";
}
