import { z } from "zod";

const DAY_MS = 24 * 3_600_000;
const units: Readonly<Record<string, number>> = { min: 60_000, h: 3_600_000, d: DAY_MS };

/** A moment to come, in milliseconds since the epoch: "06:00" (the next one, local time), "8h", "90min", or a date with a time. */
export const untilOption = (now: () => number) =>
  z
    .string()
    .transform((text, context) => {
      const at = momentIn(text.trim(), now());
      if (at !== null) return at;
      const message = `must be a time like 06:00, how long from now (90min, 8h), or a date and time, not ${JSON.stringify(text)}`;
      context.issues.push({ code: "custom", input: text, message });
      return z.NEVER;
    })
    .optional();

function momentIn(text: string, now: number): number | null {
  const [, hours, minutes] = /^([01]?\d|2[0-3]):([0-5]\d)$/.exec(text) ?? [];
  if (hours !== undefined && minutes !== undefined) {
    const next = new Date(now);
    next.setHours(Number(hours), Number(minutes), 0, 0);
    // By the calendar: where clocks change in between, a day is not always as long.
    if (next.getTime() <= now) next.setDate(next.getDate() + 1);
    return next.getTime();
  }
  const [, count, unit = ""] = /^(\d+)\s*(min|h|d)$/.exec(text) ?? [];
  if (count !== undefined) return now + Number(count) * (units[unit] ?? 0);
  const at = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isFinite(at) ? at : null;
}
