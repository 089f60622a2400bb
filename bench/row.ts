/** What a figure must hold; `of` says whether the figure itself is meant or its ratio to the floor. */
export interface Budget {
  readonly of: "value" | "ratio";
  readonly most?: number;
  readonly least?: number;
}

/** One line of the table. */
export interface Row {
  readonly what: string;
  /** The goal of the queue and the ledger that it says how it stands with: "G1" to "G12". */
  readonly goal?: string;
  readonly value: number;
  /** "ms", "MB", "tokens", "events/s", … */
  readonly unit: string;
  /** The least that any program doing this would cost, in the same unit and measured in the same rounds. */
  readonly floor?: number;
  /** Median over the rounds of value ÷ floor, which is steadier on a busy machine than the ratio of the medians. */
  readonly ratio?: number;
  readonly budget?: Budget;
  /** What a reader must know to judge the figure. */
  readonly note?: string;
}

export const atMost = (most: number): Budget => ({ of: "value", most });
export const atLeast = (least: number): Budget => ({ of: "value", least });
/** At most so many times the floor. */
export const timesFloor = (most: number): Budget => ({ of: "ratio", most });

/** Whether a row keeps its budget; null when it has none. */
export function isKept({ value, ratio, budget }: Row): boolean | null {
  if (!budget) return null;
  const figure = budget.of === "value" ? value : (ratio ?? Number.NaN);
  return figure <= (budget.most ?? Infinity) && figure >= (budget.least ?? -Infinity);
}
