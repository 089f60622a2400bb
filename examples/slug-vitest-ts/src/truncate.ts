/**
 * Shortens a slug to at most `maxLength` characters, at a separator where that keeps at least half of them, and never
 * leaves a separator at the end.
 */
export function truncate(slug: string, maxLength: number, separator: string): string {
  if (slug.length <= maxLength) return slug;
  const cut = slug.slice(0, maxLength);
  const boundary = slug.startsWith(separator, maxLength) ? maxLength : cut.lastIndexOf(separator);
  const kept = boundary >= maxLength / 2 ? cut.slice(0, boundary) : cut;
  return kept.endsWith(separator) ? kept.slice(0, -separator.length) : kept;
}
