import { transliterate } from "./transliterate.ts";
import { truncate } from "./truncate.ts";

export interface SlugOptions {
  /** Put between words; "-" when omitted. */
  readonly separator?: string;
  /** Longest slug in characters; no limit when omitted. */
  readonly maxLength?: number;
}

/** A title as a slug. A title without letters or digits becomes "untitled". */
export function slugify(title: string, options: SlugOptions = {}): string {
  const { separator = "-", maxLength = Number.POSITIVE_INFINITY } = options;
  if (maxLength < 1) throw new RangeError(`maxLength must be at least 1, not ${maxLength}`);
  const words = transliterate(title)
    .replace(/['’]/g, "")
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== "");
  return truncate(words.join(separator) || "untitled", maxLength, separator);
}
