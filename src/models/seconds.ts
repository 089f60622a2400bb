import { isNothing, numberIn, plainWord, type Reworded } from "./plain-words.ts";

/** From here on a time limit without a unit is in milliseconds: no command may run for that many seconds. */
const firstMilliseconds = 1_000;

/**
 * Puts a time limit, however it is said, into `timeout_s`: whole seconds, rounded up; 0 means none of its own. Changes
 * nothing where the tool has no such argument, or it is in its own words already. Pure.
 */
export function withSeconds(sent: Record<string, unknown>, fields: readonly string[]): Reworded {
  if (!fields.includes("timeout_s")) return { args: sent };
  const own = withUnit(sent["timeout_s"]);
  if (own !== undefined) return withSeconds({ ...sent, timeout_s: own }, fields);
  const keys = Object.keys(sent).filter((key) => ["timeout", "timeoutms"].includes(plainWord(key)));
  if (keys.length === 0) return { args: sent };
  const others = Object.entries(sent).filter(([key]) => !keys.includes(key));
  const args: Record<string, unknown> = { timeout_s: null, ...Object.fromEntries(others) };
  for (const key of keys) {
    if (isNothing(sent[key])) continue;
    const number = numberIn(sent[key]);
    const named = withUnit(sent[key]);
    if (named === undefined && (number === undefined || number < 0))
      return { error: `${key} must be a number of seconds` };
    const inMilliseconds = plainWord(key) === "timeoutms" || (number ?? 0) >= firstMilliseconds;
    const seconds = named ?? (Math.ceil((number ?? 0) / (inMilliseconds ? 1_000 : 1)) || null);
    const said = isNothing(args["timeout_s"]) ? seconds : (numberIn(args["timeout_s"]) ?? args["timeout_s"]);
    if (said !== seconds) return { error: "timeout_s is given twice, with different values" };
    args["timeout_s"] = seconds;
  }
  return { args };
}

const unitMs: readonly (readonly [RegExp, number])[] = [
  [/^(?:ms|msecs?|milliseconds?)$/, 1],
  [/^(?:s|secs?|seconds?)$/, 1_000],
  [/^(?:m|mins?|minutes?)$/, 60_000],
];

/** Whole seconds of "30s", "2 minutes" or "500 ms", rounded up; undefined for anything else. */
function withUnit(value: unknown): number | undefined {
  const [, count = "", unit = ""] =
    (typeof value === "string" && /^(\d{1,9}(?:\.\d{1,3})?) ?([a-z]+)\.?$/i.exec(value.trim())) || [];
  const [, ms] = unitMs.find(([name]) => name.test(unit.toLowerCase())) ?? [];
  return ms === undefined ? undefined : Math.ceil((Number(count) * ms) / 1_000) || undefined;
}
