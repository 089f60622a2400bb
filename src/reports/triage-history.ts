import type { JudgedFailure } from "./triage-rows.ts";

/** What one triage found. */
interface PastTriage {
  readonly run: string;
  /** In milliseconds since the epoch. */
  readonly at: number;
  readonly failures: readonly JudgedFailure[];
}

/** A failure that is known by its signature, over all runs. */
export interface KnownFailure {
  readonly signature: string;
  /** A test that shows it, and how many there were. */
  readonly test: string;
  readonly tests: number;
  readonly message: string;
  readonly firstSeen: number;
  readonly lastSeen: number;
  /** Runs in which it was seen. */
  readonly seen: number;
  readonly verdicts: Readonly<Record<string, number>>;
  readonly runs: readonly string[];
}

/** Folds runs, oldest first, into what is known of each failure; the one seen last comes first. */
export function foldHistory(past: readonly PastTriage[]): KnownFailure[] {
  const known = new Map<string, KnownFailure & { readonly names: Set<string> }>();
  for (const { run, at, failures } of past) {
    for (const { signature, test, message, verdict } of failures) {
      const before = known.get(signature);
      const names = (before?.names ?? new Set<string>()).add(test);
      const again = before?.runs.includes(run) ?? false;
      known.set(signature, {
        signature,
        names,
        test: before?.test ?? test,
        tests: names.size,
        message: before?.message ?? message.slice(0, 300),
        firstSeen: before?.firstSeen ?? at,
        lastSeen: at,
        seen: (before?.seen ?? 0) + (again ? 0 : 1),
        verdicts: { ...before?.verdicts, [verdict]: (before?.verdicts[verdict] ?? 0) + 1 },
        runs: again ? (before?.runs ?? []) : [...(before?.runs ?? []), run],
      });
    }
  }
  return [...known.values()]
    .map(({ names, ...failure }) => ({ ...failure, tests: names.size }))
    .toSorted((a, b) => b.lastSeen - a.lastSeen || b.seen - a.seen);
}
