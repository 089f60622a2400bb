import type { Found } from "./readers/dialect.ts";
import type { SuiteResult, TestResult } from "./suite.ts";

/** Titles joined as any runner may join them: only words are compared. */
const words = (text: string): string =>
  text
    .replace(/\s*(?: > | › |::)\s*/g, " ")
    .replace(/\s+/g, " ")
    .trim();

/** The repository's file that a report means: the one whose path the report's ends with, or which ends with the report's. */
export function ownFile(file: string, files: ReadonlySet<string>): string | null {
  const path = file
    .replace(/^file:\/\//, "")
    .replaceAll("\\", "/")
    .replace(/^(?:\.\/)+/, "");
  if (files.has(path)) return path;
  const parts = path.split("/");
  for (let from = 1; from < parts.length; from++) {
    const rest = parts.slice(from).join("/");
    if (files.has(rest)) return rest;
  }
  const found = [...files].filter((each) => each.endsWith(`/${path}`));
  return found.length === 1 ? (found[0] ?? null) : null;
}

/** The test of a suite's result that a failure is of; null when it holds none, or several could be meant. */
export function testOf(
  found: Pick<Found, "kind" | "titles">,
  file: string | null,
  result: SuiteResult,
): TestResult | null {
  const here = result.tests.filter((test) => file === null || test.file === file || test.file === null);
  if (found.kind === "file") return here.find(({ loadError }) => loadError) ?? null;
  const title = words(found.titles.join(" > "));
  const same = here.filter(({ name }) => words(name) === title);
  if (same.length > 0) return same.find(({ status }) => status === "failed") ?? same[0] ?? null;
  const close = here.filter(({ name }) => words(name).endsWith(` ${title}`) || title.endsWith(` ${words(name)}`));
  return close.length === 1 ? (close[0] ?? null) : null;
}
