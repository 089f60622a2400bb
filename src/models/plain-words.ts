/** Arguments in claw's words, or why they say two things at once. The object that came in, when nothing changed. */
export type Reworded = { readonly args: Record<string, unknown> } | { readonly error: string };

/** A name without what only spelling adds: `old_text`, `oldText` and `OLD-TEXT` are one word. */
export function plainWord(name: string): string {
  return name.replace(/[_-]/g, "").toLowerCase();
}

/** A number, also written as text. Undefined for anything else. */
export function numberIn(value: unknown): number | undefined {
  const number = typeof value === "string" && /^-?\d+(\.\d+)?$/.test(value.trim()) ? Number(value) : value;
  return typeof number === "number" && Number.isFinite(number) ? number : undefined;
}

/** True where a nullable argument says nothing: absent, null, or a word for it. */
export function isNothing(value: unknown): boolean {
  return value === undefined || value === null || (typeof value === "string" && /^(null|none)?$/i.test(value.trim()));
}
