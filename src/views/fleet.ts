/** Somebody who holds something, and until when without a sign of life, in milliseconds since the epoch. */
interface Holding {
  readonly owner: string;
  readonly until: number;
}

/** A machine that works on the ledger, by what it holds. */
export interface FleetHost {
  readonly name: string;
  /** Its processes that hold something. */
  readonly processes: number;
  /** Jobs that it does, and runs that it writes: one may be both. */
  readonly jobs: number;
  readonly runs: readonly string[];
  /** Until when the last of it is held: where that is over, others take it. */
  readonly until: number;
  readonly gone: boolean;
}

/** Machines in the order of their names. `owner` is host, process id and process start time, as words. */
export function fleetHosts(
  jobs: readonly Holding[],
  runs: readonly (Holding & { readonly run: string })[],
  now: number,
): readonly FleetHost[] {
  const names = [...new Set([...jobs, ...runs].map(hostOf))].toSorted();
  return names.map((name) => {
    const ownJobs = jobs.filter((job) => hostOf(job) === name);
    const ownRuns = runs.filter((run) => hostOf(run) === name);
    const all = [...ownJobs, ...ownRuns];
    const until = Math.max(...all.map((one) => one.until));
    return {
      name,
      processes: new Set(all.map(({ owner }) => owner.split(" ").slice(0, 3).join(" "))).size,
      jobs: ownJobs.length,
      runs: ownRuns.map(({ run }) => run),
      until,
      gone: until < now,
    };
  });
}

/** The name of a machine, without what tells machines of one name apart. */
const hostOf = ({ owner }: Holding): string => owner.split(" ", 1)[0]?.split("#", 1)[0] ?? "";
