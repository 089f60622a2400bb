import { setImmediate as letOthersRun } from "node:timers/promises";
import { type AnchorRow, type Pages, SCHEDULE_PREFIX, TASK_PREFIX } from "../../store/store.ts";
import { nextAnchor } from "../chain.ts";
import type { Finding } from "./finding.ts";

const AT_ONCE = 500;

export interface AnchorAudit {
  readonly anchors: number;
  readonly findings: readonly Finding[];
}

interface Request {
  /** Only this run's heads are looked up. */
  readonly run: string | undefined;
  /** Number of the first anchor there is; it is taken as given unless it is the first of all. */
  readonly from: number;
  /** Of runs that ended or paused, and of tasks: the number of the last event that was written with an anchor. */
  readonly ends: ReadonlyMap<string, number>;
  readonly signal: AbortSignal | undefined;
}

/**
 * Checks the anchors' own chain, and that every anchored head is still in its run: a run whose tail was cut, or that was
 * deleted, verifies by itself but not here. Whoever cuts the newest anchors as well is only found out by a head that was
 * published elsewhere. An end is written together with its anchor, so anchors that were cut alone leave ends that none knows.
 */
export async function auditAnchors(pages: Pages, { run, from, ends, signal }: Request): Promise<AnchorAudit> {
  const findings: Finding[] = [];
  const unknown = new Map(ends);
  let newest: AnchorRow | null = null;
  let count = 0;
  for (;;) {
    const page: readonly AnchorRow[] = await pages.anchors(from + count, AT_ONCE);
    for (const anchor of page) {
      const given = count === 0 && from > 0 && anchor.seq === from;
      if (anchor.seq !== from + count || (!given && anchor.hash !== nextAnchor(newest, anchor).hash)) {
        return { anchors: count, findings: [...findings, brokenAnchor(anchor)] };
      }
      newest = anchor;
      count += 1;
      if (anchor.last >= (unknown.get(anchor.run) ?? Infinity)) unknown.delete(anchor.run);
      if (run === undefined ? !given : run === anchor.run) findings.push(...(await lostHead(pages, anchor)));
    }
    if (page.length < AT_ONCE) return { anchors: count, findings: [...findings, ...[...unknown].map(unanchored)] };
    await letOthersRun(undefined, signal && { signal });
  }
}

const unanchored = ([run, end]: readonly [string, number]): Finding => ({
  kind: "anchor",
  run,
  seq: null,
  problem: [TASK_PREFIX, SCHEDULE_PREFIX].some((prefix) => run.startsWith(prefix))
    ? `no anchor knows of its event ${end}, which was written with one: anchors were cut`
    : `event ${end} ended or paused it, and no anchor knows of that: anchors were cut`,
});

const brokenAnchor = ({ run, seq }: AnchorRow): Finding => ({
  kind: "anchor",
  run,
  seq,
  problem: `anchor ${seq} does not match its hash`,
});

async function lostHead(pages: Pages, { run, seq, last, head }: AnchorRow): Promise<Finding[]> {
  const [row] = await pages.rows(run, last, 1);
  if (row?.seq === last && row.hash === head) return [];
  return [{ kind: "anchor", run, seq, problem: `event ${last} is anchored, and no longer there as it was` }];
}
