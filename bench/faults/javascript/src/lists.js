/** Pieces of `size` items; the last one may be shorter. */
export function chunk(items, size) {
  const pieces = [];
  for (let at = 0; at < items.length; at += size) pieces.push(items.slice(at, at + size));
  return pieces;
}

/** Items by what `key` says of them, in the order they come. */
export function groupBy(items, key) {
  const groups = new Map();
  for (const item of items) {
    const name = key(item);
    if (!groups.has(name)) groups.set(name, []);
    groups.get(name).push(item);
  }
  return groups;
}

/** The middle value of sorted numbers; of two middle ones their mean. */
export function median(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** One page of a list, pages counted from 1, and whether there is another. */
export function page(items, number, size) {
  const start = (number - 1) * size;
  return { items: items.slice(start, start + size), more: start + size < items.length };
}

/** Items that are in the first list and not in the second, each once. */
export function without(items, others) {
  const gone = new Set(others);
  return [...new Set(items)].filter((item) => !gone.has(item));
}
