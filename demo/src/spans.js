import { clock, minutes } from "./clock.js";

/** A span of time within a day, from two texts. */
export function span(from, to) {
  const [start, end] = [minutes(from), minutes(to)];
  if (end <= start) throw new RangeError(`${to} is not after ${from}`);
  return { start, end };
}

/** Do two spans share any time? */
export function overlaps(one, other) {
  return one.start < other.end && other.start <= one.end;
}

/** What the taken spans leave free between opening and closing, as texts. */
export function freeBetween(taken, opening) {
  const free = [];
  let at = opening.start;
  for (const { start, end } of taken.toSorted((a, b) => a.start - b.start)) {
    if (start > at) free.push(`${clock(at)}-${clock(start)}`);
    at = Math.max(at, end);
  }
  if (at < opening.end) free.push(`${clock(at)}-${clock(opening.end)}`);
  return free;
}
