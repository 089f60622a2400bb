export type Version = readonly [major: number, minor: number, patch: number];

/** The parts of "1.2.3"; null for anything else. */
export function parse(text: string): Version | null {
  const parts = text.replace(/^v/, "").split(".");
  if (parts.length !== 3 || parts.some((part) => !/^\d+$/.test(part))) return null;
  const [major = 0, minor = 0, patch = 0] = parts.map(Number);
  return [major, minor, patch];
}

/** Below 0 when `a` is older, above when it is newer. */
export function compare(a: Version, b: Version): number {
  for (let index = 0; index < a.length; index++) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** The next version for a kind of change. */
export function bump([major, minor, patch]: Version, kind: "major" | "minor" | "patch"): Version {
  if (kind === "major") return [major + 1, 0, 0];
  if (kind === "minor") return [major, minor + 1, 0];
  return [major, minor, patch + 1];
}

/** Does a version satisfy "^1.2.3"? Before 1.0 a minor change breaks. */
export function satisfies(version: Version, caret: Version): boolean {
  if (compare(version, caret) < 0) return false;
  if (version[0] !== caret[0]) return false;
  return caret[0] > 0 || version[1] === caret[1];
}

/** The newest of them. */
export function newest(versions: readonly Version[]): Version | undefined {
  return versions.toSorted(compare).at(-1);
}
