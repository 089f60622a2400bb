/** Units from the largest to the smallest, with their length in milliseconds. */
export const units = [
  { name: "d", words: ["d", "day", "days"], ms: 86_400_000 },
  { name: "h", words: ["h", "hr", "hrs", "hour", "hours"], ms: 3_600_000 },
  { name: "m", words: ["m", "min", "mins", "minute", "minutes"], ms: 60_000 },
  { name: "s", words: ["s", "sec", "secs", "second", "seconds"], ms: 1000 },
];

/** The unit a word stands for; undefined when it stands for none. */
export function unitOf(word) {
  return units.find((unit) => unit.words.includes(word.toLowerCase()));
}
