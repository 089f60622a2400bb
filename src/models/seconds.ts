import { isNothing, numberIn, plainWord, type Reworded } from "./plain-words.ts";

/** From here on a time limit without a unit is in milliseconds: no command may run for that many seconds. */
const firstMilliseconds = 1_000;

/**
 * Puts a time limit, however it is said, into `timeout_s`: whole seconds, rounded up; 0 means none of its own. Changes
 * nothing where the tool has no such argument, or it is in its own words already. Pure.
 */
export function withSeconds(sent: Record<string, unknown>, fields: readonly string[]): Reworded {
  const keys = Object.keys(sent).filter((key) => ["timeout", "timeoutms"].includes(plainWord(key)));
  if (!fields.includes("timeout_s") || keys.length === 0) return { args: sent };
  const others = Object.entries(sent).filter(([key]) => !keys.includes(key));
  const args: Record<string, unknown> = { timeout_s: null, ...Object.fromEntries(others) };
  for (const key of keys) {
    if (isNothing(sent[key])) continue;
    const number = numberIn(sent[key]);
    if (number === undefined || number < 0) return { error: `${key} must be a number of seconds` };
    const inMilliseconds = plainWord(key) === "timeoutms" || number >= firstMilliseconds;
    const seconds = Math.ceil(inMilliseconds ? number / 1_000 : number) || null;
    const said = isNothing(args["timeout_s"]) ? seconds : (numberIn(args["timeout_s"]) ?? args["timeout_s"]);
    if (said !== seconds) return { error: "timeout_s is given twice, with different values" };
    args["timeout_s"] = seconds;
  }
  return { args };
}
