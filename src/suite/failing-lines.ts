import { stableText } from "./failure-text.ts";

/** How test runners mark a test that failed, at the beginning of a line. */
const marks: readonly RegExp[] = [
  /^\s*(?:✗|✕|×|✖|❌)\s+(?!.*\bpassed\b)\S/u, // vitest, jest, node:test
  /^\s*not ok\b/, // TAP
  /^\s*FAIL(?:ED)?\b/, // jest, pytest, Go packages
  /^\s*ERROR\b\s+\S+\.\w+/, // pytest, a file that does not load
  /^\s*--- FAIL:/, // Go
  /^test .* \.\.\. FAILED$/, // Rust
  /^\s*(?:FAIL|ERROR): \w+ \(/, // unittest
  /^\s*\d+\) \S/, // mocha
];

/** Lines that say what went wrong. */
const messages =
  /^\s*(?:E\s{2,})?(?:[\w.]*(?:Error|Exception|Failure|AssertionError|assert(?:ion)?)\b.*|Expected\b.*|Received\b.*|panicked at .*)$/i;

/** The most lines that count: what a thousand failures have in common shows in the first of them. */
const MOST = 40;

/**
 * The failing tests of an output and their messages, without what changes from run to run (times, paths, addresses,
 * counts); null when no line says that a test failed. Two outputs with the same text failed the same way. Order does not count.
 */
export function failingLines(output: string): string | null {
  const lines = stableText(output)
    .split("\n")
    .map((line) => line.trimEnd())
    .filter((line) => line !== "");
  const failed = lines.filter((line) => marks.some((mark) => mark.test(line)));
  if (failed.length === 0) return null;
  const told = [...new Set([...failed.slice(0, MOST), ...lines.filter((line) => messages.test(line)).slice(0, MOST)])];
  return told
    .map((line) =>
      line
        .trim()
        .replace(/\s*[([]?<duration>[)\]]?\s*$/, "")
        .replace(/:\d+:\d+\)?$/, ""),
    )
    .toSorted()
    .join("\n");
}
