import { z } from "zod";

// A cumulative sum (E. S. Page, "Continuous inspection schemes", 1954), in its self-starting form (D. M. Hawkins, 1987):
// the mean and spread of what came before take the place of values that somebody would have to know.

/** One figure of a model, watched from run to run. Sums are in standard deviations. */
export const Track = z.object({
  runs: z.int(),
  mean: z.number(),
  /** Sum of squared distances from the mean. */
  squares: z.number(),
  up: z.number(),
  down: z.number(),
  /** Of the runs that raised the sum which is higher now, for the words of an alarm. */
  late: z.number(),
});
export type Track = z.infer<typeof Track>;

const fresh: Track = { runs: 0, mean: 0, squares: 0, up: 0, down: 0, late: 0 };

/** How a figure is watched. */
export interface Watching {
  /** Which way is wrong. */
  readonly wrong: "up" | "down" | "both";
  /** Runs scatter at least so much, whatever the first ones look like. */
  readonly scatter: number;
  /** What each run is forgiven, in standard deviations: half of the change that matters. */
  readonly forgiven: number;
}

/** So many runs are needed to know what is usual. */
const LEARNING = 10;
/** The alarm, in standard deviations. */
const ALARM = 5;
/** One run counts no more than this, however odd: it raises no alarm by itself. */
const MOST = 4;

/** The track with one more run, and the alarm that it raises: what is usual, and what was seen of late. */
export function advance(
  before: Track | undefined,
  value: number,
  { wrong, scatter, forgiven }: Watching,
): { readonly track: Track; readonly alarm: { readonly was: number; readonly now: number } | null } {
  const { runs, mean, squares, up, down, late } = before ?? fresh;
  const learnt = grown({ runs, mean, squares }, value);
  if (runs < LEARNING) return { track: { ...learnt, up: 0, down: 0, late: value }, alarm: null };
  const deviation = Math.max(Math.sqrt(squares / (runs - 1)), scatter);
  const odd = Math.max(-MOST, Math.min(MOST, (value - mean) / deviation));
  const sums = {
    up: wrong === "down" ? 0 : Math.max(0, up + odd - forgiven),
    down: wrong === "up" ? 0 : Math.max(0, down - odd - forgiven),
  };
  const rising = Math.max(sums.up, sums.down);
  const recent = rising === 0 || Math.max(up, down) === 0 ? value : (late + value) / 2;
  // What is strongly suspected does not become what is usual.
  const usual = rising > ALARM / 2 ? { runs, mean, squares } : learnt;
  const track = { ...usual, ...sums, late: recent };
  return { track, alarm: rising > ALARM ? { was: mean, now: recent } : null };
}

function grown(
  { runs, mean, squares }: Pick<Track, "runs" | "mean" | "squares">,
  value: number,
): Pick<Track, "runs" | "mean" | "squares"> {
  const next = mean + (value - mean) / (runs + 1);
  return { runs: runs + 1, mean: next, squares: squares + (value - mean) * (value - next) };
}
