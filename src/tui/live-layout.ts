import { plural } from "../text.ts";
import type { EvidenceRow } from "../views/evidence.ts";
import type { StageState } from "../views/run.ts";
import { stageSucceeded } from "../views/timeline.ts";

/** How many lines each part of the live view gets. */
export interface Layout {
  readonly tail: number;
  readonly stages: number;
  readonly evidence: number;
}

/** Lines of heading, call, spend and hint. */
const FRAME = 4;
const MOST_TAIL = 3;
/** Evidence is what the run is about: it gets so many before the stages get more than two. */
const LEAST_EVIDENCE = 3;
const LEAST_STAGES = 2;

/**
 * Shares the rows of a terminal out. A view as high as the terminal would scroll it at each redraw, so one row stays free; the
 * newest stage and the proof are the last to go.
 */
export function layout(
  rows: number,
  wanted: { readonly tail: number; readonly stages: number; readonly evidence: number },
): Layout {
  const room = Math.max(LEAST_STAGES, rows - 1 - FRAME);
  const tail = Math.max(0, Math.min(MOST_TAIL, wanted.tail, room - LEAST_STAGES - LEAST_EVIDENCE));
  const rest = room - tail;
  const evidence = Math.min(wanted.evidence, Math.max(rest - wanted.stages, LEAST_EVIDENCE, Math.floor(rest / 2)));
  const shown = Math.min(evidence, Math.max(0, rest - 1));
  return { tail, stages: Math.max(1, rest - shown), evidence: shown };
}

/** The newest stages in so many lines; what came before them is one line of these. */
export function stagesIn(
  stages: readonly StageState[],
  lines: number,
): { readonly before: string | null; readonly failed: boolean; readonly shown: readonly StageState[] } {
  if (stages.length <= lines) return { before: null, failed: false, shown: stages };
  const shown = stages.slice(-Math.max(1, lines - 1));
  if (lines < 2) return { before: null, failed: false, shown };
  const hidden = stages.slice(0, -shown.length);
  const failed = hidden.some(({ output, finishedAt }) => finishedAt !== null && !stageSucceeded(output));
  return { before: `${plural(hidden.length, "stage")} before`, failed, shown };
}

const proves = ({ purpose }: EvidenceRow): boolean => /^(?:red|green)[-:]/.test(purpose);

/** Evidence in so many lines: what proves stays, the newest of the rest stays with it, the others are counted. */
export function evidenceIn(
  rows: readonly EvidenceRow[],
  lines: number,
): { readonly before: string | null; readonly shown: readonly EvidenceRow[] } {
  if (rows.length <= lines) return { before: null, shown: rows };
  const room = Math.max(0, lines - 1);
  const proof = rows.filter(proves).slice(-room || rows.length);
  const others = rows.filter((row) => !proves(row));
  const kept = new Set([...proof, ...others.slice(Math.max(0, others.length - (room - proof.length)))]);
  const shown = room === 0 ? [] : rows.filter((row) => kept.has(row));
  return { before: lines > 0 ? plural(rows.length - shown.length, "other execution") : null, shown };
}
