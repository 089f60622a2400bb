import { stripTerminal } from "../text.ts";
import { brokenBecause, counts, failedTests, verdict, type SuiteResult, type TestResult } from "./suite.ts";

/** Text without what changes from run to run: times, durations, temporary paths, addresses, ports, ids. */
export function stableText(text: string): string {
  return stripTerminal(text)
    .replace(/\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?/g, "<time>")
    .replace(/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, "<uuid>")
    .replace(/\b0x[0-9a-f]{4,}\b/gi, "<address>")
    .replace(/(?:\/private)?(?:\/var\/folders|\/var\/tmp|\/tmp)\/[^\s'"`:,)\]}]+/g, "<tmp>")
    .replace(/\b(localhost|127\.0\.0\.1|\[::1\]):\d{4,5}\b/g, "$1:<port>")
    .replace(/\b\d+(?:\.\d+)?\s?(?:ms|µs|us|s|sec|seconds|min)\b/g, "<duration>");
}

function firstLine(test: TestResult): string {
  return (
    stableText(test.message ?? "")
      .split("\n")
      .find((line) => line.trim() !== "")
      ?.trim() ?? ""
  );
}

/** One failure as a person reads it: its name, then its message, indented. */
function block(test: TestResult, lines: number): string {
  const message = stripTerminal(test.message ?? "")
    .split("\n")
    .filter((line) => line.trim() !== "");
  const shown = message.length > lines ? [...message.slice(0, lines), "…"] : message;
  return [`✗ ${test.id}`, ...shown.map((line) => `    ${line.slice(0, 300)}`)].join("\n");
}

/**
 * What went wrong, word for word, for a model or a person: the very values are what explains a failure. At most `maxChars`.
 * Every failing test is named as long as there is room; the first ones with more of their messages.
 */
export function failureText(result: SuiteResult, maxChars = 1500): string {
  const broken = brokenBecause(result);
  const failed = failedTests(result);
  const { passed, skipped } = counts(result);
  const head =
    broken ??
    (verdict(result) === "green"
      ? "all tests passed"
      : `${failed.length} failed, ${passed} passed${skipped ? `, ${skipped} skipped` : ""}`);
  const parts = [head];
  let left = maxChars - head.length - 30;
  for (const [index, test] of failed.entries()) {
    const full = block(test, index < 3 ? 12 : 2);
    const part = full.length + 1 <= left ? full : block(test, 0);
    if (part.length + 1 > left) {
      parts.push(`… and ${failed.length - index} more`);
      break;
    }
    parts.push(part);
    left -= part.length + 1;
  }
  return parts.join("\n").slice(0, maxChars);
}

/** Equal for two results that fail in the same way: which tests, each with the first line of its message. */
export function signature(result: SuiteResult): string {
  const broken = brokenBecause(result);
  const lines = failedTests(result).map((test) => `${test.id}: ${firstLine(test)}`);
  return [...(broken === null ? [] : [`broken: ${broken}`]), ...lines.sort()].join("\n");
}
