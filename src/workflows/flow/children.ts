import type { Outcome } from "../../errors.ts";
import type { StepName } from "../../policy/flow-steps.ts";
import type { Watch } from "../start.ts";

/** What a step of a flow asks another run to do. */
export interface ChildWork {
  /** The step, and the number of its item: "mend[2]". */
  readonly step: string;
  readonly kind: StepName;
  /** What the step says, with its references looked up: see `stepKinds`. */
  readonly values: Readonly<Record<string, unknown>>;
  readonly model: string | undefined;
  readonly engine: "native" | "search" | undefined;
  /** The most it may take: nano-dollars, null for no limit; tokens; milliseconds. */
  readonly most: { readonly usdNano: number | null; readonly tokens: number; readonly wallMs: number };
}

/** How another run stands that a step has begun. */
export interface ChildEnd {
  /** Null where none could begin. */
  readonly run: string | null;
  readonly outcome: Outcome;
  readonly reason: string;
  readonly hint: string;
  /** Until when it is of no use to go on with it. */
  readonly after?: number | undefined;
  /** What it has cost by now, in nano-dollars; null where that is not known. */
  readonly usdNano: number | null;
  readonly tokens: number;
  /** What a step of its kind gives, besides how it ended. */
  readonly outputs: Readonly<Record<string, unknown>>;
}

/** Other runs, for a run whose stages they are. */
export interface Children {
  /** Those it has begun by now: their ids by their steps. */
  begun(): Promise<ReadonlyMap<string, string>>;
  /** Begins one, goes on with `run`, or tells how that ended. Rejects for no reason that a run ends for. */
  work(wanted: ChildWork, run: string | null): Promise<ChildEnd>;
}

/** Where such runs work, and who looks on. */
export interface ChildPlace {
  /** The run that begins them. */
  readonly run: string;
  readonly cwd: string;
  /** The commit they begin at where nothing else is said. */
  readonly base: string;
  readonly watch: Watch;
}
