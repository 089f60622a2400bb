/** Shapes of credentials: name and pattern. Chosen to be specific; a false alarm costs a run, a miss costs a key. */
const shapes: readonly (readonly [name: string, pattern: RegExp])[] = [
  ["private key", /-----BEGIN [A-Z ]*PRIVATE KEY-----/g],
  ["AWS access key", /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/g],
  ["GitHub token", /\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{60,})\b/g],
  ["GitLab token", /\bglpat-[A-Za-z0-9_-]{20,}\b/g],
  ["OpenAI key", /\bsk-(?:proj-|svcacct-|admin-)?[A-Za-z0-9_-]{32,}\b/g],
  ["Anthropic key", /\bsk-ant-[A-Za-z0-9_-]{24,}\b/g],
  ["Slack token", /\bxox[abposr]-[A-Za-z0-9-]{10,}\b/g],
  ["Google key", /\bAIza[0-9A-Za-z_-]{35}\b/g],
  ["npm token", /\bnpm_[A-Za-z0-9]{36}\b/g],
  ["Stripe key", /\b[rs]k_live_[A-Za-z0-9]{20,}\b/g],
  ["JSON web token", /\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\b/g],
  ["credentials in a URL", /\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@]+:[^\s/:@]{6,}@[^\s]/g],
];

/** Kinds of credentials that a text seems to hold, each once. */
export const secretsIn = (text: string): readonly string[] =>
  shapes.filter(([, pattern]) => text.search(pattern) >= 0).map(([name]) => name);

/** A function that takes known values, and everything shaped like a credential, out of a text. */
export function scrubber(
  known: readonly { readonly name: string; readonly value: string }[],
): (text: string) => string {
  const values = known.filter(({ value }) => value.length >= 8);
  return (text) => {
    let clean = text;
    for (const { name, value } of values) clean = clean.replaceAll(value, `[redacted: ${name}]`);
    for (const [name, pattern] of shapes) clean = clean.replace(pattern, `[redacted: ${name}]`);
    return clean;
  };
}
