import { z } from "zod";
import { event } from "./fact.ts";

const sha = z.string().regex(/^[0-9a-f]{64}$/);
const count = z.int().nonnegative();

/** What `claw triage` read, looked for and concluded. Past tense, never changed, only added to. */
export const triageEvents = [
  /** A report or log as it was read; its failures are a blob. `source` is a file name, or where it was fetched from. */
  event("report.read", {
    source: z.string(),
    bytes: count,
    formats: z.array(z.string()),
    found: count,
    passed: count,
    failed: count,
    skipped: count,
    notes: z.array(z.string()),
    digest: sha,
  }),
  /** One commit of a search for the first bad one: which of the failing tests pass there. */
  event("bisect.stepped", {
    commit: z.string(),
    tests: z.array(z.object({ test: z.string(), result: z.enum(["good", "bad", "skipped"]) })),
    ms: z.number(),
  }),
  /** The verdicts on all failing tests, a blob; counts by verdict. */
  event("failures.judged", {
    head: z.string(),
    base: z.string().nullable(),
    worst: z.string().nullable(),
    counts: z.record(z.string(), count),
    verdicts: sha,
  }),
] as const;
