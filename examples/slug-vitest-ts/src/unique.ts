import { slugify, type SlugOptions } from "./slugify.ts";
import { truncate } from "./truncate.ts";

/** A slug for `title` that is not in `taken`: the plain one if it is free, else with the first free number, from 2 on. */
export function uniqueSlug(title: string, taken: ReadonlySet<string>, options: SlugOptions = {}): string {
  const { separator = "-", maxLength = Number.POSITIVE_INFINITY } = options;
  const base = slugify(title, options);
  for (let number = 1; number <= taken.size + 1; number++) {
    const candidate = number === 1 ? base : truncate(`${base}${separator}${number}`, maxLength, separator);
    if (!taken.has(candidate)) return candidate;
  }
  return base;
}
