import { z } from "zod";

const units: Readonly<Record<string, number>> = { min: 60_000, h: 3_600_000, d: 24 * 3_600_000 };

/** A moment in milliseconds since the epoch, from a date, a time, or how long ago; absent stays absent. */
export const sinceOption = (now: () => number) =>
  z
    .string()
    .transform((text, context) => {
      const [, count, unit = ""] = /^(\d+)\s*(min|h|d)$/.exec(text.trim()) ?? [];
      const at = count === undefined ? Date.parse(text) : now() - Number(count) * (units[unit] ?? 0);
      if (Number.isFinite(at)) return at;
      const message = `must be a date, a time, or how long ago (90min, 12h, 7d), not ${JSON.stringify(text)}`;
      context.issues.push({ code: "custom", input: text, message });
      return z.NEVER;
    })
    .optional();
