/** Passwords that stand in a URL only to show where one goes. */
const placeholders =
  "(?:x+|\\*+|\\.+|(?:my|your|the|db|some)?[-_]?(?:pass(?:word|wd|wort)?|pw|secret|token|key|example|changeme|change-me|placeholder|redacted|postgres|mysql|root|admin|guest|user|test))\\d{0,3}";

/**
 * Shapes of credentials: name and pattern. Specific ones only, since what is taken out of a file's text can no longer be
 * edited. None begins in the middle of a word: that keeps each linear on long texts without blanks.
 */
const shapes: readonly (readonly [name: string, pattern: RegExp])[] = [
  [
    "private key",
    /-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----(?=[^]{0,300}?[A-Za-z0-9+/]{32})(?:[^]{0,20000}?-----END [A-Z ]{0,40}PRIVATE KEY-----|[A-Za-z0-9+/=\s]{0,20000})/g,
  ],
  ["AWS access key", /\b(?:AKIA|ASIA)(?![0-9A-Z]{0,9}EXAMPLE)[0-9A-Z]{16}\b/g],
  ["GitHub token", /\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{60,})\b/g],
  ["GitLab token", /(?<![\w-])glpat-[A-Za-z0-9_-]{20,}/g],
  ["Anthropic key", /(?<![\w-])sk-ant-[A-Za-z0-9_-]{24,}/g],
  ["OpenAI key", /(?<![\w-])sk-(?!ant-)(?=[A-Za-z_-]*\d)[A-Za-z0-9_-]{32,}/g],
  ["Slack token", /(?<![\w-])xox[abposr]-[A-Za-z0-9-]{10,}/g],
  ["Google key", /(?<![\w-])AIza[0-9A-Za-z_-]{35}(?![\w-])/g],
  ["npm token", /\bnpm_[A-Za-z0-9]{36}\b/g],
  ["Stripe key", /\b[rs]k_live_[A-Za-z0-9]{20,}\b/g],
  ["JSON web token", /(?<![\w-])eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}/g],
  [
    "credentials in a URL",
    new RegExp(
      `(?<![a-z0-9])[a-z][a-z0-9+.-]{1,20}://[^\\s/:@"'\`]{1,100}:(?!${placeholders}@)[^\\s/:@"'\`<>{}$()]{6,200}@(?=[\\w[])`,
      "gi",
    ),
  ],
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
