import { setImmediate as letOthersRun } from "node:timers/promises";
import type { Pages, StoredBody } from "../../store/store.ts";
import type { Sha } from "../events.ts";
import { shaOf } from "../staged.ts";
import type { Finding } from "./finding.ts";

/** Bodies read at once: one may be megabytes. */
const AT_ONCE = 16;
/** Broken bodies that are remembered by name; of more than that only the number is told. */
const REMEMBERED = 1000;
/** Names of bodies that are known to be there: runs share many. */
const KNOWN = 20_000;

/** Says which of the bodies that events name are not what they were, and why. */
export interface BodyCheck {
  /** Bodies looked at so far. */
  count(): number;
  /** By name: one clause on each of these that does not hold. */
  wrong(shas: readonly Sha[]): Promise<ReadonlyMap<Sha, string>>;
  /** Broken bodies that no event was found to name. */
  unnamed(): readonly Finding[];
}

const MISSING = "is missing";
const CHANGED = "is not what its name, its hash, says";
const KEPT = "is what its name says";

/** Nobody redacts like this: it is there, and wrong. */
export const isThere = (problem: string): boolean => problem.includes(CHANGED) || problem.includes(KEPT);

function problemOf({ sha, data, exact }: StoredBody): string | null {
  if (data === null) return "was taken out, or cannot be unpacked";
  if (shaOf(data) !== sha) return CHANGED;
  return exact ? null : `${KEPT}, and is not stored as claw stores it`;
}

/** Looks at every stored body once, in the order of their names, so that no list of those seen is needed. */
export async function checkAllBodies(pages: Pages, signal?: AbortSignal): Promise<BodyCheck> {
  const broken = new Map<Sha, string>();
  let count = 0;
  let after = "";
  for (;;) {
    const found = await pages.bodiesAfter(after, AT_ONCE);
    for (const body of found) {
      const problem = problemOf(body);
      if (problem !== null && broken.size < REMEMBERED) broken.set(body.sha, problem);
      after = body.sha;
    }
    count += found.length;
    if (found.length < AT_ONCE) break;
    await letOthersRun(undefined, signal && { signal });
  }
  const asked = new Set<Sha>();
  const there = new Set<Sha>();
  return {
    count: () => count,
    unnamed: () =>
      [...broken]
        .filter(([sha]) => !asked.has(sha))
        .map(([sha, why]) => ({ kind: "body", run: null, seq: null, problem: `body ${sha.slice(0, 12)} ${why}` })),
    async wrong(shas) {
      const lacking = await pages.lacking(shas.filter((sha) => !there.has(sha)));
      if (there.size > KNOWN) there.clear();
      for (const sha of shas) there.add(sha);
      for (const sha of lacking) there.delete(sha);
      const found = new Map(lacking.map((sha) => [sha, MISSING]));
      if (broken.size === 0) return found;
      for (const sha of shas) {
        const problem = broken.get(sha);
        if (problem === undefined) continue;
        asked.add(sha);
        found.set(sha, problem);
      }
      return found;
    },
  };
}

/** Looks only at bodies that are asked for, at each once: for a single run. */
export function checkNamedBodies(pages: Pages): BodyCheck {
  const known = new Map<Sha, string | null>();
  return {
    count: () => known.size,
    unnamed: () => [],
    async wrong(shas) {
      const found = new Map<Sha, string>();
      for (const sha of shas) {
        let problem = known.get(sha);
        if (problem === undefined) {
          const body = await pages.storedBody(sha);
          problem = body === null ? MISSING : problemOf(body);
          known.set(sha, problem);
        }
        if (problem !== null) found.set(sha, problem);
      }
      return found;
    },
  };
}
