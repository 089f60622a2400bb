import { failure } from "../explain.ts";
import { add, type Block, block, dedent, type Dialect, type Sink, seconds, textOf } from "./dialect.ts";

const line =
  /^\s*(?:(TRY \d+ (?:PASS|FAIL|TMT|ABORT|SIG\w+|TIMEOUT|LEAK))|(FLAKY) \d+\/\d+|(PASS|FAIL|LEAK|LEAK-FAIL|TIMEOUT|ABORT|SIG\w+|EXECFAIL|FL\+LK))\s+\[\s*>?\s*([\d.]+)s\]\s+(?:\(\s*[\d─-]+(?:\/\d+)?\)\s+)?(\S+)\s+(\S.*?)\s*$/;

interface Told {
  failures: number;
  passes: number;
  readonly suite: string;
  readonly name: string;
  ms: number | null;
  how: string;
  readonly offset: number;
  output: Block | null;
}

/** What has been begun and not told yet. */
const beginNextestText = (sink: Sink) => ({
  sink,
  tests: new Map<string, Told>(),
  done: new Set<string>(),
  output: null as Block | null,
});
type NextestTextState = ReturnType<typeof beginNextestText>;

function lineNextestText(s: NextestTextState, text: string, offset: number): void {
  const found = line.exec(text);
  if (found) {
    const [, tried, flaky, plain, took, suite = "", name = ""] = found;
    const key = `${suite} ${name}`;
    const what = tried ?? flaky ?? plain ?? "";
    const known = s.tests.get(key) ?? {
      failures: 0,
      passes: 0,
      suite,
      name,
      ms: null,
      how: what,
      offset,
      output: null,
    };
    const passed = /(?:^|\s)PASS$|^LEAK$|^FLAKY/.test(what);
    // The summary at the end tells the same once more.
    if (!s.done.has(`${key}\n${what}`) && flaky === undefined) {
      if (passed) known.passes += 1;
      else known.failures += 1;
      if (passed) s.sink.tally({ passed: 1 });
    }
    s.done.add(`${key}\n${what}`);
    if (!passed) Object.assign(known, { how: what, ms: seconds(took) });
    if (!passed) known.output ??= s.output = block(offset);
    else s.output = null;
    if (!passed || known.failures > 0) s.tests.set(key, known);
    if (s.output) add(s.output, text);
    return;
  }
  if (/^\s*(?:Summary|Starting|Canceling|Cancelling) /.test(text) || /^─{5,}/.test(text)) s.output = null;
  const head = /^-{3,} STD(?:OUT|ERR):\s+(\S+) (\S.*?) -{3,}$/.exec(text);
  if (head) {
    const known = s.tests.get(`${head[1]} ${head[2]}`);
    if (known) {
      known.output ??= block(offset);
      s.output = known.output;
    }
  }
  if (s.output) add(s.output, text);
}

function endNextestText(s: NextestTextState): void {
  for (const { failures, passes, suite, name, ms, how, offset, output: kept } of s.tests.values()) {
    const text = kept ? textOf(kept) : `${how} ${suite} ${name}`;
    const body = dedent(text.split("\n").slice(1).join("\n")).trim();
    const place = /panicked at (?:'[^]*?', )?(\S+?):(\d+):\d+/.exec(body);
    const said = /panicked at [^\n]*:\d+:\d+:\n([^]*?)(?:\n\s*stack backtrace:|\n\s*note: |\n\s*\n|$)/.exec(body)?.[1];
    const message =
      said?.trim() ||
      (/TIMEOUT|TMT/.test(how)
        ? "the test timed out"
        : /SIG|ABORT/.test(how)
          ? `the test was ended by ${how}`
          : body.slice(0, 600) || "failed");
    s.sink.found(
      failure({
        format: "nextest",
        suite,
        titles: name.split("::"),
        offset: kept?.offset ?? offset,
        text: body || message,
        message,
        ms,
        failures,
        passes,
        timedOut: /TIMEOUT|TMT/.test(how),
        file: place?.[1] ?? null,
        line: place ? Number(place[2]) : null,
        excerpt: text,
      }),
    );
  }
}

/** What cargo-nextest prints; it tells of every try of a test that it repeats. https://nexte.st/docs/reporting/ */
export const nextestText: Dialect = {
  name: "nextest",
  open(sink) {
    const s = beginNextestText(sink);
    return { line: (text, offset) => lineNextestText(s, text, offset), end: () => endNextestText(s) };
  },
};
