import { failure } from "../explain.ts";
import { add, type Block, block, dedent, type Dialect, type Sink, textOf } from "./dialect.ts";

/** What has been begun and not told yet. */
const beginPlaywrightText = (sink: Sink) => ({
  sink,
  tests: new Map<
    string,
    {
      readonly file: string;
      readonly line: number;
      readonly titles: string[];
      readonly suite: string | null;
      readonly block: Block;
      flaky: boolean;
      retries: number;
    }
  >(),
  current: null as Block | null,
  flaky: false,
});
type PlaywrightTextState = ReturnType<typeof beginPlaywrightText>;

function linePlaywrightText(s: PlaywrightTextState, text: string, offset: number): void {
  const found = /^\s+\d+\) (?:\[([^\]]+)\] › )?(\S+?\.[cm]?[jt]sx?):(\d+):\d+ › (.+?)(?:\s─+)?\s*$/.exec(text);
  if (found) {
    const [, suite, file = "", line, rest = ""] = found;
    s.current = block(offset);
    add(s.current, text);
    s.tests.set(`${suite}\n${file}\n${rest}`, {
      file,
      line: Number(line),
      titles: rest.split(" › "),
      suite: suite ?? null,
      block: s.current,
      flaky: false,
      retries: 0,
    });
    return;
  }
  const total = /^\s+(\d+) (failed|flaky|passed|skipped|did not run)\b/.exec(text);
  if (total && s.tests.size + Number(total[1]) > 0) {
    s.current = null;
    s.flaky = total[2] === "flaky";
    if (s.tests.size > 0 || total[2] === "passed")
      s.sink.tally(
        total[2] === "passed"
          ? { passed: Number(total[1]) }
          : total[2] === "failed"
            ? { failed: Number(total[1]) }
            : {},
      );
    return;
  }
  const row = s.flaky ? /^\s+(?:\[([^\]]+)\] › )?(\S+?\.[cm]?[jt]sx?):\d+:\d+ › (.+?)(?:\s─+)?\s*$/.exec(text) : null;
  const known = row && s.tests.get(`${row[1]}\n${row[2]}\n${row[3]}`);
  if (known) known.flaky = true;
  if (s.current) add(s.current, text);
}

function endPlaywrightText(s: PlaywrightTextState): void {
  for (const { file, line, titles, suite, block: kept, flaky: passed } of s.tests.values()) {
    const text = textOf(kept);
    const retries = text.match(/^\s+Retry #\d+/gm)?.length ?? 0;
    s.sink.found(
      failure({
        format: "playwright",
        suite,
        file,
        line,
        titles,
        offset: kept.offset,
        text: dedent(text.split("\n").slice(1).join("\n")).trim() || "failed",
        excerpt: text,
        failures: passed ? Math.max(1, retries) : retries + 1,
        passes: passed ? 1 : 0,
      }),
    );
  }
}

/** Playwright's line and list reporters: "1) [chromium] › tests/a.spec.ts:3:5 › title", repeated with each retry. */
export const playwrightText: Dialect = {
  name: "playwright",
  open(sink) {
    const s = beginPlaywrightText(sink);
    return { line: (text, offset) => linePlaywrightText(s, text, offset), end: () => endPlaywrightText(s) };
  },
};
