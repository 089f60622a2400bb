import { CronExpressionParser } from "cron-parser";
import { RRuleTemporal } from "rrule-temporal";
import { UsageError } from "../errors.ts";
import type { Recurrence, Schedule } from "./schedule.ts";

/** Up to so long after its time a slot is on time, in milliseconds: a worker looks each second, but machines are slow. */
export const GRACE_MS = 5 * 60_000;
const MINUTE_MS = 60_000;

/**
 * The first time after `after` at which it is due, in milliseconds since the epoch; null when it never is again. `since` is
 * when the schedule was made: recurrence rules count from the minute before.
 *
 * Where clocks are put forward, an hour that does not exist is made up for by cron right after the gap, and left out by a
 * recurrence rule (RFC 5545, 3.3.10). Where they are put back, a fixed hour comes once, the first time.
 *
 * Throws UsageError for an expression or a time zone that means nothing.
 */
export function nextSlot(when: Recurrence, since: number, after: number): number | null {
  refuseZone(when.zone);
  return when.cron === undefined ? nextByRule(when, since, after) : nextByCron(when.cron, when.zone, after);
}

function nextByCron(cron: string, tz: string, after: number): number | null {
  try {
    const next = CronExpressionParser.parse(cron, { currentDate: new Date(after), tz })
      .next()
      .getTime();
    return next > after ? next : null;
  } catch (error) {
    throw meaningless(cron, error);
  }
}

function nextByRule({ rrule = "", zone }: Recurrence, since: number, after: number): number | null {
  try {
    const rule = new RRuleTemporal({
      rruleString: `DTSTART;TZID=${zone}:${local(since, zone)}\nRRULE:${rrule}`,
      cache: false,
    });
    const next = rule.next(new Date(after));
    return next === null ? null : next.epochMilliseconds;
  } catch (error) {
    throw meaningless(rrule, error);
  }
}

const meaningless = (text: string, error: unknown): UsageError =>
  new UsageError(
    `"${text}" names no time: ${(error as Error).message}`,
    'give it like --cron "0 3 * * 1", or --rrule "FREQ=WEEKLY;BYDAY=MO;BYHOUR=3;BYMINUTE=0"',
    error,
  );

function refuseZone(zone: string): void {
  try {
    new Intl.DateTimeFormat("en", { timeZone: zone });
  } catch (error) {
    throw new UsageError(`there is no time zone ${zone}`, "give it like --zone Europe/Berlin", error);
  }
}

/** A moment as the clocks of a zone show it, at the full minute: 20260131T030500. */
function local(at: number, timeZone: string): string {
  const parts = new Intl.DateTimeFormat("en-CA", {
    timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
  }).formatToParts(new Date(at - (at % MINUTE_MS)));
  const part = (type: string): string => parts.find((one) => one.type === type)?.value ?? "";
  return `${part("year")}${part("month")}${part("day")}T${part("hour")}${part("minute")}00`;
}

/** What is to be done about a slot whose time has come. */
export interface Due {
  /** False for one that was missed, where missed ones are skipped. */
  readonly fires: boolean;
  /** Did it come later than is usual? */
  readonly late: boolean;
  /** The slot after it that still lies ahead: however many were missed, they are made up for at most once. */
  readonly next: number | null;
}

/** `slot` is due at `now` or earlier. */
export function dueAt(schedule: Recurrence & Pick<Schedule, "missed">, since: number, slot: number, now: number): Due {
  const late = now - slot > GRACE_MS;
  return { fires: !late || schedule.missed === "once", late, next: nextSlot(schedule, since, Math.max(slot, now)) };
}
