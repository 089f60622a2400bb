import type { TestResult } from "../suite.ts";

/** What a report says about one test, before ids are made unique. */
export interface Reported {
  readonly file: string | null;
  /** Titles of the enclosing suites and of the test, outermost first. */
  readonly titles: readonly string[];
  readonly status: TestResult["status"];
  readonly loadError?: boolean;
  readonly message?: string | null;
}

/** Reads one report format. Never throws: a report it cannot read holds no tests. */
export type Reader = (report: string, root: string) => Reported[];

/** A path of the sandbox or of a file URL, relative to the repository; paths outside it stay as they are. */
export function relativePath(path: string, root: string): string {
  const plain = path.replace(/^file:\/\//, "");
  const prefix = root.endsWith("/") ? root : `${root}/`;
  return plain.startsWith(prefix) ? plain.slice(prefix.length) : plain.replace(/^\.\//, "");
}

/** Gives every test its id; a name used twice in a file gets a number, in report order. */
export function identify(reported: readonly Reported[]): TestResult[] {
  const seen = new Map<string, number>();
  return reported.map(({ file, titles, status, loadError = false, message = null }) => {
    const name = titles.join(" > ");
    const id = file === null ? name : `${file} > ${name}`;
    const count = (seen.get(id) ?? 0) + 1;
    seen.set(id, count);
    return { id: count === 1 ? id : `${id} (${count})`, file, name, status, loadError, message };
  });
}

/** JSON as an object, or null: reports can be cut short. */
export function parseObject(text: string): Record<string, unknown> | null {
  try {
    const parsed: unknown = JSON.parse(text);
    return isObject(parsed) ? parsed : null;
  } catch {
    return null;
  }
}

/** Narrows to a plain object. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The objects of a list found in a report. */
export function objects(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** A string found in a report, or the fallback. */
export function text(value: unknown, fallback = ""): string {
  return typeof value === "string" ? value : fallback;
}

/** An error's text with its stack cut to the first frame inside the repository. */
export function withoutStack(error: string, root: string): string {
  const lines = error.split("\n");
  const frames = lines.filter((line) => /^\s+at /.test(line));
  const head = frames.length === 0 ? lines : lines.slice(0, lines.indexOf(frames[0] ?? ""));
  const own = frames.find((line) => line.includes(`${root}/`) && !line.includes("/node_modules/"));
  return [...head, ...(own ? [own.trim()] : [])]
    .join("\n")
    .replaceAll(`file://${root}/`, "")
    .replaceAll(`${root}/`, "")
    .trim();
}
