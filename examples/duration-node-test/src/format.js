import { units } from "./units.js";

/**
 * A duration for people: "1d 2h", "4m 5s", at most `parts` units, the last of them rounded. Below a second: "0s".
 * Negative durations carry a sign in front.
 */
export function formatDuration(ms, { parts = units.length } = {}) {
  if (!Number.isFinite(ms)) throw new RangeError(`not a finite number of milliseconds: ${ms}`);
  const shown = [];
  let rest = Math.abs(ms);
  for (const unit of units) {
    if (shown.length === 0 && rest < unit.ms && unit.name !== "s") continue;
    const last = unit.name === "s" || shown.length === parts - 1;
    const amount = last ? Math.round(rest / unit.ms) : Math.floor(rest / unit.ms);
    if (amount === 0) continue;
    shown.push(`${amount}${unit.name}`);
    rest -= amount * unit.ms;
    if (shown.length === parts) break;
  }
  const text = shown.length === 0 ? "0s" : shown.join(" ");
  return ms < 0 && text !== "0s" ? `-${text}` : text;
}
