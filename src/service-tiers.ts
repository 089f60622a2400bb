/** One service tier of some models: what it costs relative to the listed price, and who says so. */
export interface TierRow {
  readonly tiers: readonly string[];
  /** A pattern on the model's name; empty for every model. */
  readonly models: string;
  readonly factor: number;
  readonly source: string;
}

/**
 * No price package knows service tiers, so they are here, each with its source, read in November 2026. The first row
 * that fits holds. What is in no row has no known price: it is never taken for the listed one.
 */
export const tierRows: readonly TierRow[] = [
  { tiers: ["default", "standard", "auto"], models: "", factor: 1, source: "the list itself" },
  { tiers: ["flex"], models: "^(gpt-|o\\d)", factor: 0.5, source: "developers.openai.com/api/docs/pricing" },
  { tiers: ["batch"], models: "^(gpt-|o\\d)", factor: 0.5, source: "developers.openai.com/api/docs/pricing" },
  { tiers: ["batch"], models: "^claude-", factor: 0.5, source: "docs.claude.com/en/docs/about-claude/pricing" },
  { tiers: ["priority", "fast"], models: "^gpt-5\\.5\\b", factor: 2.5, source: "openai.com/api-fast-mode" },
  {
    tiers: ["priority", "fast"],
    models: "^gpt-5\\.(6-(sol|terra|luna)|4)\\b",
    factor: 2,
    source: "openai.com/api-fast-mode",
  },
];

/** What a tier costs relative to the listed price, by the tier the server says it used; null when nobody published it. */
export function tierFactor(tier: string | null, model: string): number | null {
  if (tier === null) return 1;
  const row = tierRows.find(({ tiers, models }) => tiers.includes(tier) && new RegExp(models).test(model));
  return row?.factor ?? null;
}
