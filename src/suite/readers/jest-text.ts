import { failure } from "../explain.ts";
import { add, type Block, block, dedent, type Dialect, type Sink, textOf } from "./dialect.ts";

/** What has been begun and not told yet. */
const beginJestText = (sink: Sink) => ({
  sink,
  file: null as string | null,
  ours: false,
  current: null as { readonly title: string; readonly file: string | null; readonly block: Block } | null,
  told: new Set<string>(),
});
type JestTextState = ReturnType<typeof beginJestText>;

function close(s: JestTextState): void {
  if (!s.current) return;
  const { title, file: own, block: kept } = s.current;
  const lost = /^Test suite failed to run$/.test(title);
  const text = textOf(kept);
  const body = dedent(text.split("\n").slice(1).join("\n")).trim();
  const key = `${own}\n${title}`;
  s.current = null;
  if (s.told.has(key) || (own === null && !lost && !/^\s+at /m.test(text))) return;
  s.told.add(key);
  const crash = lost && /jest worker process|was terminated by another process|A jest worker/.test(body);
  s.sink.found(
    failure({
      format: "jest",
      kind: lost ? "file" : "test",
      file: own,
      titles: lost ? [crash ? "(worker)" : "(file does not load)"] : title.split(" › "),
      offset: kept.offset,
      text: body || "failed",
      ...placeOf(body, own),
      excerpt: text,
    }),
  );
}

function lineJestText(s: JestTextState, text: string, offset: number): void {
  const heading =
    /^\s*(FAIL|PASS)\s+(?:\S+\s+)?((?:\.{0,2}\/)?[\w@./\\[\]()+ -]*\.[cm]?[jt]sx?)(?: \(([\d.]+) ?m?s\b.*\))?\s*$/.exec(
      text,
    );
  if (heading) {
    close(s);
    s.ours = true;
    s.file = heading[1] === "FAIL" ? (heading[2] ?? "").trim() : null;
    return;
  }
  if (/^Summary of all failing tests$/.test(text)) {
    close(s);
    return;
  }
  const total = /^Tests:\s+(.*\d+ total.*)$/.exec(text);
  if (total || /^(?:Test Suites|Snapshots|Time|Ran all test suites)\b/.test(text)) {
    close(s);
    const of = (word: string): number => Number(new RegExp(`(\\d+) ${word}`).exec(total?.[1] ?? "")?.[1] ?? 0);
    if (total) s.sink.tally({ passed: of("passed"), failed: of("failed"), skipped: of("skipped") + of("todo") });
    return;
  }
  const found = /^\s{0,4}● (.+)$/.exec(text);
  if (found && !/^Console$|^Deprecation Warning|^Validation|^Multiple configurations/.test(found[1] ?? "")) {
    close(s);
    if (s.ours || /›|Test suite failed to run/.test(found[1] ?? "")) {
      s.current = { title: (found[1] ?? "").trim(), file: s.file, block: block(offset) };
      add(s.current.block, text);
    }
    return;
  }
  if (s.current) add(s.current.block, text);
}

/** What jest prints: "FAIL file", then "● suite › test" for each failure, and all of them once more where there are many. */
export const jestText: Dialect = {
  name: "jest",
  open(sink) {
    const s = beginJestText(sink);
    return { line: (text, offset) => lineJestText(s, text, offset), end: () => close(s) };
  },
};

/** The line of the test file that the failure names. */
function placeOf(body: string, file: string | null): { line?: number } {
  if (file === null) return {};
  const frame = body.split("\n").find((line) => line.includes(`${file}:`));
  const number = frame && /:(\d+):\d+\)?$/.exec(frame)?.[1];
  return number === undefined || number === "" ? {} : { line: Number(number) };
}
