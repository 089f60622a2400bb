/** The middle of the numbers; NaN for none. */
export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

/**
 * Runs every subject once a round, so that what else the machine does falls on all of them alike. The order is turned
 * by one from round to round. Returns each subject's results, round by round.
 */
export async function interleaved<Name extends string, T>(
  rounds: number,
  subjects: Readonly<Record<Name, () => Promise<T>>>,
): Promise<Record<Name, T[]>> {
  const names = Object.keys(subjects) as Name[];
  const results = Object.fromEntries(names.map((name) => [name, [] as T[]])) as Record<Name, T[]>;
  for (let round = 0; round < rounds; round++) {
    for (const index of names.keys()) {
      const name = names[(index + round) % names.length];
      if (name !== undefined) results[name].push(await subjects[name]());
    }
  }
  return results;
}

/** Value and floor of the same rounds, as the fields of a row. */
export function compared(
  values: readonly number[],
  floors: readonly number[],
): { value: number; floor: number; ratio: number } {
  const ratios = values.map((value, round) => value / (floors[round] ?? Number.NaN));
  return { value: median(values), floor: median(floors), ratio: median(ratios) };
}
