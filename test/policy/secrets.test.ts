import { describe, expect, test } from "vitest";
import { scrubber, secretsIn } from "../../src/policy/secrets.ts";
import { processorTime } from "../support/processor-time.ts";

const letters = "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7";
const base64 = `${letters}${letters}\n${letters}${letters}`;

/** One of each kind, made up here so that no scanner takes this file for a leak. */
const samples: readonly (readonly [kind: string, secret: string])[] = [
  ["private key", `-----BEGIN RSA ${"PRIVATE"} KEY-----\n${base64}\n-----END RSA ${"PRIVATE"} KEY-----`],
  ["private key", `-----BEGIN ${"PRIVATE"} KEY-----\n${base64}\n`],
  ["AWS access key", `AKIA${"Q7WJ2M5N8P1R4T6V"}`],
  ["GitHub token", `ghp_${letters}${letters.slice(0, 10)}`],
  ["GitHub token", `github_pat_${letters}_${letters}${letters}`],
  ["GitLab token", `glpat-${letters}`],
  ["Anthropic key", `sk-ant-api03-${letters}`],
  ["OpenAI key", `sk-proj-${letters}${letters}`],
  ["OpenAI key", `sk-${"0a1b2c3d".repeat(4)}`],
  ["Slack token", `xoxb-${"123456789012"}-abcdef`],
  ["Google key", `AIza${letters}${letters.slice(0, 8)}`],
  ["npm token", `npm_${letters}${letters.slice(0, 9)}`],
  ["Stripe key", `sk_live_${letters}`],
  ["JSON web token", `eyJ${letters}.eyJ${letters}.${letters}`],
  ["credentials in a URL", `postgres://ada:l0velace-1815@h`],
];

describe("what looks like a credential is found and taken out, wherever it stands:", () => {
  test.each(samples)("%s %#", (kind, secret) => {
    const scrub = scrubber([]);
    for (const text of [secret, `key=${secret}`, `first\n${secret}\nlast`, `"${secret}",`, `+${secret}`]) {
      expect(secretsIn(text)).toEqual([kind]);
      expect(scrub(text)).toContain(`[redacted: ${kind}]`);
      expect(scrub(text)).not.toContain(secret.slice(-12).trim());
    }
  });
});

describe("what only resembles one is left alone:", () => {
  test.each([
    ["a header that code looks for", `if (text.startsWith("-----BEGIN ${"PRIVATE"} KEY-----")) return decode(text);`],
    ["a public key", `-----BEGIN PUBLIC KEY-----\n${base64}\n-----END PUBLIC KEY-----`],
    ["a documented example", "AKIAIOSFODNN7EXAMPLE"],
    ["a class name", "sk-circle-fade-dot-with-a-very-long-class-name-indeed"],
    ["a word that ends alike", `task-${letters}${letters}`],
    ["a commit", "0123456789abcdef0123456789abcdef01234567"],
    ["a UUID", "123e4567-e89b-12d3-a456-426614174000"],
    ["an integrity hash", `sha512-${letters}${letters}==`],
    ["a URL with a placeholder", "https://user:password@example.com postgres://postgres:postgres@localhost:5432/db"],
    ["a URL built by code", "`https://${user}:${password}@${host}/x`"],
    ["a URL pattern", "^https?://[^:]+:[^@]+@host$"],
    ["a port and an address", 'fetch("http://localhost:8080/a"); mail("ada.lovelace@example.com")'],
    ["a short password", "http://user:pass@example.com"],
  ])("%s", (_, text) => {
    expect(secretsIn(text)).toEqual([]);
    expect(scrubber([])(text)).toBe(text);
  });
});

test("known values go too, all of them, but not ones so short that they are in every text", () => {
  const scrub = scrubber([
    { name: "MY_KEY", value: "hunter2hunter2" },
    { name: "SHORT", value: "key" },
  ]);
  expect(scrub("a key: hunter2hunter2, again hunter2hunter2")).toBe(
    "a key: [redacted: MY_KEY], again [redacted: MY_KEY]",
  );
});

test("megabytes made to be slow are scrubbed in a moment", () => {
  const scrub = scrubber([]);
  const spent = processorTime();
  for (const trap of [
    "a.",
    "sk-",
    "eyJ-",
    "eyJa.",
    "xoxb-",
    "a://b:",
    `-----BEGIN ${"PRIVATE"} KEY-----`,
    "a://",
    "AKIA",
  ]) {
    scrub(trap.repeat(1_000_000 / trap.length));
  }
  expect(spent()).toBeLessThan(5);
});
