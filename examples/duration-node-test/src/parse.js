import { unitOf } from "./units.js";

const part = /\s*(\d+(?:\.\d+)?)\s*([a-z]+)\s*,?/iy;

/**
 * Milliseconds of a text such as "1h 30m", "2 days, 4 hours" or "1.5h". Each unit may come once.
 * Throws a TypeError when the text is anything else.
 */
export function parseDuration(text) {
  const seen = new Set();
  let total = 0;
  part.lastIndex = 0;
  while (part.lastIndex < text.length) {
    const at = part.lastIndex;
    const [, amount, word] = part.exec(text) ?? [];
    const unit = word === undefined ? undefined : unitOf(word);
    if (unit === undefined) throw new TypeError(`not a duration: "${text}" (at "${text.slice(at)}")`);
    if (seen.has(unit)) throw new TypeError(`"${unit.name}" comes twice in "${text}"`);
    seen.add(unit);
    total += Number(amount) * unit.ms;
  }
  if (seen.size === 0) throw new TypeError("not a duration: empty text");
  return Math.round(total);
}
