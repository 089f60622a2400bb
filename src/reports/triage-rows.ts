import { z } from "zod";

/** A judged failure as reports tell it. Read leniently: a run of another release is still shown. */
export const JudgedFailure = z.object({
  test: z.string(),
  kind: z.string(),
  suite: z.string().nullable(),
  file: z.string().nullable(),
  line: z.number().nullable(),
  titles: z.array(z.string()),
  format: z.string(),
  source: z.string().nullable(),
  signature: z.string(),
  message: z.string(),
  expected: z.string().nullable(),
  actual: z.string().nullable(),
  stack: z.string(),
  excerpt: z.string(),
  offset: z.number(),
  ms: z.number().nullable(),
  verdict: z.string(),
  because: z.string(),
  head: z.object({ failed: z.number(), passed: z.number() }),
  base: z.object({ failed: z.number(), passed: z.number() }),
  rate: z.object({ low: z.number(), high: z.number() }).nullable(),
  /** The commit that broke it, where the search found one. */
  firstBad: z.object({ commit: z.string(), subject: z.string(), author: z.string() }).nullable(),
});
export type JudgedFailure = z.infer<typeof JudgedFailure>;

/** What a triage found, for every way of telling it. */
export interface TriageReport {
  /** The run in the ledger; null where nothing was recorded. */
  readonly run: string | null;
  readonly head: string | null;
  readonly base: string | null;
  readonly failures: readonly JudgedFailure[];
  /** Failures by what caused them, largest first, the worst verdict of each. */
  readonly groups: readonly TriageGroup[];
  readonly notes: readonly string[];
  /** What a model says of the failures; it decided nothing. */
  readonly explanation?: { readonly model: string; readonly text: string } | null;
  readonly totals: { readonly passed: number; readonly failed: number; readonly skipped: number };
}

/** Failures of one cause and one verdict. */
export interface TriageGroup {
  readonly signature: string;
  readonly verdict: string;
  readonly members: readonly JudgedFailure[];
}

/** How an explanation names a group: its place in the order in which groups are told. */
export const groupLetter = (index: number): string => (index < 26 ? String.fromCharCode(65 + index) : `${index + 1}`);

const order = ["regression", "build", "timeout", "unknown", "pre-existing", "infrastructure", "flaky"];
const rank = ({ verdict }: { readonly verdict: string }): number => order.indexOf(verdict);

/** Groups judged failures: the worst verdicts first, then the largest groups. */
export function triageGroups(failures: readonly JudgedFailure[]): TriageGroup[] {
  const groups = new Map<string, JudgedFailure[]>();
  for (const failure of failures) {
    const key = `${failure.verdict} ${failure.signature}`;
    const known = groups.get(key);
    if (known) known.push(failure);
    else groups.set(key, [failure]);
  }
  return [...groups.values()]
    .map((members) => ({ signature: members[0]?.signature ?? "", verdict: members[0]?.verdict ?? "", members }))
    .toSorted((a, b) => rank(a) - rank(b) || b.members.length - a.members.length);
}

/** "src/a.ts:3"; empty when no file is known. */
export const placeText = ({ file, line }: Pick<JudgedFailure, "file" | "line">): string =>
  file === null ? "" : line === null ? file : `${file}:${line}`;

/** "fails 20 % of the time (4–62 %)"; empty where that is not known, or not telling. */
export function rateText({ rate, head, verdict }: Pick<JudgedFailure, "rate" | "head" | "verdict">): string {
  if (rate === null || verdict !== "flaky") return "";
  const percent = (value: number): string => String(Math.round(value * 100));
  const share = head.failed / (head.failed + head.passed);
  return `fails ${percent(share)} % of the time (95 % sure: ${percent(rate.low)}–${percent(rate.high)} %)`;
}

/** First line of what was said, with the values compared where they are short. */
export function headlineOf({
  message,
  expected,
  actual,
}: Pick<JudgedFailure, "message" | "expected" | "actual">): string {
  const [first = ""] = message.split("\n").filter((line) => line.trim() !== "");
  const short = expected !== null && actual !== null && expected.length + actual.length < 60;
  const told = short && !(first.includes(expected) && first.includes(actual));
  return told ? `${first} (expected ${expected}, got ${actual})` : first;
}
