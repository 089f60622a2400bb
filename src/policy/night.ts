/** What wanted work came from. Parked: a run of an earlier night that was stopped and goes on. */
export type NightKind = "parked" | "ci" | "issue" | "task";

/** Work that a night may do. */
export interface NightItem {
  /** The same for the same work, however it was found: an address, or a task's id. */
  readonly key: string;
  readonly kind: NightKind;
  readonly title: string;
  /** 0 is the most urgent, 4 can wait. */
  readonly priority: number;
  /** When somebody first wanted it, in milliseconds since the epoch. */
  readonly since: number;
  /** Its pull request is open already: going on with it opens no other. */
  readonly opened: boolean;
}

/** Work that a night leaves to other work, and to which. */
export interface Duplicate<Item extends NightItem> {
  readonly item: Item;
  readonly of: Item;
}

/** Work that was paid for already comes first, then what is broken for everybody. */
const rank: Readonly<Record<NightKind, number>> = { parked: 0, ci: 1, issue: 2, task: 2 };

/** In the order in which they are done: the most urgent first, among these what was begun, then red CI, then the oldest. */
export const inOrder = <Item extends NightItem>(items: readonly Item[]): readonly Item[] =>
  items.toSorted(
    (a, b) =>
      a.priority - b.priority ||
      rank[a.kind] - rank[b.kind] ||
      a.since - b.since ||
      (a.key < b.key ? -1 : a.key === b.key ? 0 : 1),
  );

/** Each work once: by its key, and by its title however it is spelt. Of two alike the first stays. */
export function withoutDuplicates<Item extends NightItem>(
  items: readonly Item[],
): { readonly items: readonly Item[]; readonly duplicates: readonly Duplicate<Item>[] } {
  const kept: Item[] = [];
  const duplicates: Duplicate<Item>[] = [];
  for (const item of items) {
    const of = kept.find((other) => other.key === item.key || (plain(item) !== "" && plain(other) === plain(item)));
    if (of) duplicates.push({ item, of });
    else kept.push(item);
  }
  return { items: kept, duplicates };
}

/** Letters and digits in one case. */
const plain = ({ title }: NightItem): string =>
  title
    .normalize("NFKC")
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, " ")
    .trim();

/** What a night may use. Money in nano-dollars, null: no limit; `until` in milliseconds since the epoch. */
export interface NightCaps {
  readonly pullRequests: number;
  readonly usdNano: number | null;
  readonly until: number;
}

/** What both allow: a night that is gone on with has no more than it began with, whatever it is called with now. */
export const narrower = (a: NightCaps, b: NightCaps): NightCaps => ({
  pullRequests: Math.min(a.pullRequests, b.pullRequests),
  usdNano: a.usdNano === null || b.usdNano === null ? (a.usdNano ?? b.usdNano) : Math.min(a.usdNano, b.usdNano),
  until: Math.min(a.until, b.until),
});

/** What a night used so far, work under way counted with all that it may still use. */
export interface NightUse {
  /** Opened, and those that work under way may still open. */
  readonly pullRequests: number;
  readonly usdNano: number;
}

/** What work like this usually takes. */
export interface Expected {
  readonly ms: number;
  readonly usdNano: number;
}

/** May it be begun, and with how much. Without: why not, in words for the report. */
export type Admission =
  | { readonly begins: true; readonly usdNano: number | null; readonly wallMs: number }
  | { readonly begins: false; readonly because: string; readonly cap: "pull-requests" | "money" | "time" };

/**
 * Nothing is begun that could not end: neither in the time that is left, nor with the money. What is begun may use what is
 * left, up to the limits of a single run, so that the caps hold whatever it does.
 */
export function admit(
  {
    caps,
    used,
    expected,
    limits,
    opened = false,
  }: {
    readonly caps: NightCaps;
    readonly used: NightUse;
    readonly expected: Expected;
    readonly limits: { readonly usdNano: number | null; readonly wallMs: number };
    readonly opened?: boolean;
  },
  now: number,
): Admission {
  const refuse = (cap: "pull-requests" | "money" | "time", because: string): Admission => ({
    begins: false,
    because,
    cap,
  });
  if (!opened && used.pullRequests >= caps.pullRequests)
    return refuse("pull-requests", `the night's ${caps.pullRequests} pull requests are used up`);
  const left = caps.until - now;
  const ms = Math.min(expected.ms, limits.wallMs);
  if (left < ms) return refuse("time", `${minutes(left)} are left, and work like this takes about ${minutes(ms)}`);
  const money = caps.usdNano === null ? null : caps.usdNano - used.usdNano;
  const needed = Math.min(expected.usdNano, limits.usdNano ?? expected.usdNano);
  if (money !== null && money < Math.max(needed, 1))
    return refuse("money", `${dollars(money)} are left, and work like this takes about ${dollars(needed)}`);
  const most = [money, limits.usdNano].filter((nano) => nano !== null);
  return { begins: true, usdNano: most.length === 0 ? null : Math.min(...most), wallMs: Math.min(limits.wallMs, left) };
}

const minutes = (ms: number): string => `${Math.max(0, Math.round(ms / 60_000))} min`;
const dollars = (nano: number): string => `$${(Math.max(0, nano) / 1e9).toFixed(2)}`;

/** What work took before; the newest first. Where cost is not known, it is left out. */
export interface Took {
  readonly ms: number;
  readonly usdNano: number | null;
}

/** Where nothing is known yet: a fix takes some minutes and some cents. */
const usual: Expected = { ms: 5 * 60_000, usdNano: 50_000_000 };
const RECENT = 20;

/** The median of what was before. */
export function expectedFrom(history: readonly Took[]): Expected {
  const recent = history.slice(0, RECENT);
  const costs = recent.map(({ usdNano }) => usdNano).filter((nano) => nano !== null);
  return { ms: median(recent.map(({ ms }) => ms)) ?? usual.ms, usdNano: median(costs) ?? usual.usdNano };
}

function median(numbers: readonly number[]): number | null {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? null;
}
