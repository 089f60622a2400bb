import { plural, stripTerminal } from "../text.ts";
import { brokenBecause, counts, failedTests, verdict, type SuiteResult, type TestResult } from "./suite.ts";

/** Text without what changes from run to run: times, durations, temporary paths, addresses, ports, ids. */
export function stableText(text: string): string {
  return (
    stripTerminal(text)
      .replace(/\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?/g, "<time>")
      .replace(/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, "<uuid>")
      .replace(/\b0x[0-9a-f]{4,}\b/gi, "<address>")
      // pytest shortens what is long in its middle: "<generato...7f93c3148040>".
      .replace(/(?<=\.\.\.)[0-9a-fx]{4,}(?=>)/gi, "<address>")
      .replace(/(?:\/private)?(?:\/var\/folders|\/var\/tmp|\/tmp)\/[^\s'"`:,)\]}]+/g, "<tmp>")
      .replace(/\b(localhost|127\.0\.0\.1|\[::1\]):\d{4,5}\b/g, "$1:<port>")
      .replace(/\b\d+(?:\.\d+)?\s?(?:ms|µs|us|s|sec|seconds|min)\b/g, "<duration>")
  );
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
 * Every failing test is named as long as there is room; the first ones with more of their messages. With `about`, only
 * those tests are told, and how many others fail.
 */
export function failureText(result: SuiteResult, maxChars = 1500, about: readonly string[] | null = null): string {
  const broken = brokenBecause(result);
  const all = failedTests(result);
  const failed = about === null ? all : all.filter(({ id }) => about.includes(id));
  const { passed, skipped } = counts(result);
  const others = failed.length < all.length ? `, ${plural(all.length - failed.length, "other")} not told here` : "";
  const head =
    broken ??
    (verdict(result) === "green"
      ? "all tests passed"
      : !result.structured
        ? `the test command ended with ${result.exitCode}`
        : `${failed.length} failed, ${passed} passed${skipped ? `, ${skipped} skipped` : ""}${others}`);
  if (failed.length === 0 || !result.structured) return withSaid(head, result, maxChars);
  const whole = [head, ...failed.map((test) => block(test, 12))].join("\n");
  if (whole.length <= maxChars) return whole;
  // Every name first: the one symptom that differs must not be hidden by the details of another.
  const parts = [head, ...(failed.length > 1 ? namesOf(failed, maxChars / 2) : [])];
  let left = maxChars - parts.join("\n").length - 1;
  for (const test of failed) {
    const part = [block(test, 12), block(test, 2)].find(({ length }) => length < left);
    if (part === undefined) break;
    parts.push(part);
    left -= part.length + 1;
  }
  return parts.join("\n").slice(0, maxChars);
}

/** Where no test tells why, what the command printed last does. */
function withSaid(head: string, { said }: SuiteResult, maxChars: number): string {
  const room = maxChars - head.length - 40;
  if (said === undefined || room < 80) return head.slice(0, maxChars);
  const lines = said.split("\n");
  while (lines.length > 1 && lines.join("\n").length > room) lines.shift();
  return `${head}; its output ends with:\n${lines.join("\n").slice(-room)}`;
}

/** Names of failing tests within so many characters, and how many more there are. */
function namesOf(failed: readonly TestResult[], room: number): string[] {
  const names: string[] = [];
  for (const { id } of failed) {
    if (names.join("\n").length + id.length > room) return [...names, `… and ${failed.length - names.length} more`];
    names.push(`✗ ${id}`);
  }
  return names;
}

/** Equal for two results that fail in the same way: which tests, each with the first line of its message. */
export function signature(result: SuiteResult): string {
  const broken = brokenBecause(result);
  const lines = failedTests(result).map((test) => `${test.id}: ${firstLine(test)}`);
  return [...(broken === null ? [] : [`broken: ${broken}`]), ...lines.sort()].join("\n");
}
