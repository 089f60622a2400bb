import type { Hands, PoolDesk } from "./pool.ts";

/** When a pool's process is begun anew, so that what it has gathered over weeks is gone. */
export interface Renewal {
  /** After so long without a session, in milliseconds, once it has held one. */
  readonly idleMs: number;
  /** The most memory the process may have, in bytes: above it nothing more is begun until it is another one. */
  readonly mostBytes: number;
  /** What it has. */
  readonly usedBytes: () => number;
}

/** Says why the process should be begun anew; null: it goes on. To be asked at each turn of the pool. */
export function renewalOf(
  { clock, renewal }: Pick<PoolDesk, "clock" | "renewal">,
  { active, ends }: Pick<Hands, "active" | "ends">,
): () => "idle" | "memory" | null {
  let busyAt = clock.now();
  return () => {
    if (active.size > 0) busyAt = clock.now();
    if (!renewal || ends.length + active.size === 0) return null;
    if (renewal.usedBytes() > renewal.mostBytes) return "memory";
    return clock.now() - busyAt >= renewal.idleMs ? "idle" : null;
  };
}
