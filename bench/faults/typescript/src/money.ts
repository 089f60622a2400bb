export interface Amount {
  readonly cents: number;
  readonly currency: string;
}

/** The sum of amounts of one currency. */
export function sum(amounts: readonly Amount[]): Amount {
  const [first] = amounts;
  if (first === undefined) throw new RangeError("nothing to add");
  if (amounts.some(({ currency }) => currency !== first.currency)) throw new TypeError("mixed currencies");
  return { cents: amounts.reduce((total, { cents }) => total + cents, 0), currency: first.currency };
}

/** "1,234.50 EUR". */
export function show({ cents, currency }: Amount): string {
  const sign = cents < 0 ? "-" : "";
  const whole = Math.floor(Math.abs(cents) / 100);
  const rest = Math.abs(cents) % 100;
  const grouped = String(whole).replace(/\B(?=(\d{3})+$)/g, ",");
  return `${sign}${grouped}.${String(rest).padStart(2, "0")} ${currency}`;
}

/** Shares in proportion to weights; what is left over goes to the first ones, a cent each. */
export function allocate(cents: number, weights: readonly number[]): number[] {
  const total = weights.reduce((all, weight) => all + weight, 0);
  const shares = weights.map((weight) => Math.floor((cents * weight) / total));
  let left = cents - shares.reduce((all, share) => all + share, 0);
  for (let index = 0; left > 0; index++, left--) shares[index] = (shares[index] ?? 0) + 1;
  return shares;
}

/** Cents with interest for whole years, rounded each year. */
export function grow(cents: number, percent: number, years: number): number {
  let value = cents;
  for (let year = 0; year < years; year++) value = Math.round(value * (1 + percent / 100));
  return value;
}
