import type { Found } from "./readers/dialect.ts";

const same = (a: string | null, b: string | null): boolean =>
  a === null ||
  b === null ||
  a === b ||
  a.endsWith(`/${b.replace(/^\.\//, "")}`) ||
  b.endsWith(`/${a.replace(/^\.\//, "")}`);

/** Is one list of titles the end of the other, as where one report leaves the outer suites out? */
function sameTitles(a: readonly string[], b: readonly string[]): boolean {
  const [short, long] = a.length <= b.length ? [a, b] : [b, a];
  const joined = long.join(" ");
  return (
    short.every((title, index) => title === long[long.length - short.length + index]) ||
    joined.endsWith(` ${short.join(" ")}`) ||
    joined === short.join(" ")
  );
}

/** How much a report says of a failure: a message, a place, values. */
const weight = (found: Found): number =>
  found.message.length +
  (found.file === null ? 0 : 500) +
  (found.line === null ? 0 : 200) +
  found.stack.length / 10 +
  (found.expected === null ? 0 : 300) +
  found.titles.length * 50;

/** One failure that two reports told: the one that says more, completed by the other. */
const united = (a: Found, b: Found, again: boolean): Found => {
  const [more, less] = weight(b) > weight(a) ? [b, a] : [a, b];
  return {
    ...more,
    suite: more.suite ?? less.suite,
    file: more.file ?? less.file,
    line: more.line ?? less.line,
    expected: more.expected ?? less.expected,
    actual: more.actual ?? less.actual,
    stack: more.stack || less.stack,
    ms: more.ms ?? less.ms,
    timedOut: more.timedOut || less.timedOut,
    failures: again ? a.failures + b.failures : Math.max(a.failures, b.failures),
    passes: again ? a.passes + b.passes : Math.max(a.passes, b.passes),
  };
};

/** Formats that pick out the same lines of one output: what two of them say is one failure. */
const builds = (found: Found): boolean => found.kind === "build";

/**
 * Failures without doubles: a log tells a test twice, or two reports tell it in two formats. Where one format tells a test
 * twice at different places with other words, it was executed twice.
 */
export function uniteFound(all: readonly Found[]): Found[] {
  const byName = new Map<string, number[]>();
  const kept: Found[] = [];
  for (const one of all) {
    const name = one.titles.at(-1) ?? "";
    const key = builds(one) ? `build ${one.file ?? one.titles.join(" ")}` : (name.split(" ").at(-1) ?? name);
    const candidates = byName.get(key) ?? [];
    const at = candidates.find((index) => {
      const other = kept[index];
      if (!other || other.kind !== one.kind) return false;
      if (other.format === one.format && !builds(one))
        return (
          other.titles.join("\n") === one.titles.join("\n") && other.file === one.file && other.suite === one.suite
        );
      return same(other.file, one.file) && (builds(one) || sameTitles(other.titles, one.titles));
    });
    const known = at === undefined ? undefined : kept[at];
    if (known !== undefined && at !== undefined) kept[at] = united(known, one, false);
    else {
      byName.set(key, [...candidates, kept.length]);
      kept.push(one);
    }
  }
  // A file that did not load because of its build says it once.
  return kept;
}
