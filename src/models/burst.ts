import type { Clock } from "../clock.ts";
import type { Endpoint } from "./endpoint.ts";
import type { Bounds } from "./limit/aimd.ts";
import { type Change, placesKey } from "./limit/limited.ts";
import { outlook, type Outlook } from "./limit/places.ts";

/** When a run may go to another endpoint than its own, as the user's configuration says. */
export interface BurstRule {
  /** The longest that a run waits for its own server, in seconds. */
  readonly afterSeconds: number;
  /** US dollars that runs which go elsewhere may spend in an hour, together. */
  readonly usdPerHour: number;
  /** The most that one run may spend: so much is taken out of the hour's money when it goes. */
  readonly usdPerRun: number;
}

/** Why a run goes elsewhere, in words for the record; null: it stays. */
export function reasonToGo({ waitMs, kvUsage }: Outlook, { afterSeconds }: BurstRule): string | null {
  if (waitMs > afterSeconds * 1_000)
    return `its own server would take it in about ${Math.round(waitMs / 1_000)} s, more than ${afterSeconds} s`;
  if (kvUsage !== null && kvUsage >= 0.9) return `the cache of its own server is ${Math.round(kvUsage * 100)} % full`;
  return null;
}

const HOUR_MS = 3_600_000;

/** Takes one run's money out of the hour's, which flows back evenly; false, and nothing is taken, when there is too little. */
export function takeFromHour(
  body: string | null,
  now: number,
  { usdPerHour, usdPerRun }: BurstRule,
): { readonly body: string | null; readonly result: boolean } {
  const [, level = "", at = ""] = /^([\d.]+) (\d+)$/.exec(body ?? "") ?? [];
  const since = level === "" ? HOUR_MS : Math.max(0, now - Number(at));
  const there = Math.min(usdPerHour, (level === "" ? usdPerHour : Number(level)) + (usdPerHour * since) / HOUR_MS);
  if (there < usdPerRun) return { body, result: false };
  return { body: `${there - usdPerRun} ${now}`, result: true };
}

export interface BurstDesk {
  readonly change: Change;
  readonly clock: Pick<Clock, "now">;
  readonly rule: BurstRule;
  readonly bounds: Bounds;
  /** Why the own server is not to be used at all; null: it may be. */
  readonly unusable?: string | null;
}

/** Decides at the start of a run whether it goes elsewhere; why, or null: it stays, and waits. */
export async function goesElsewhere(
  own: Endpoint,
  { change, clock, rule, bounds, unusable = null }: BurstDesk,
): Promise<string | null> {
  if (!own.selfHosted) return null;
  const now = clock.now();
  const waiting = async (): Promise<string | null> =>
    reasonToGo(await change(placesKey(own), (body) => outlook(body, now, bounds)), rule);
  const reason = unusable === null ? await waiting() : `its own model is in quarantine: ${unusable}`;
  if (reason === null) return null;
  return (await change("burst", (body) => takeFromHour(body, now, rule))) ? reason : null;
}
