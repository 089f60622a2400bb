import { failure } from "../explain.ts";
import { add, type Block, block, dedent, type Dialect, type Sink, textOf } from "./dialect.ts";

/** What has been begun and not told yet. */
const beginGradleText = (sink: Sink) => ({
  sink,
  current: null as { readonly titles: readonly string[]; readonly block: Block } | null,
  errors: null as Block | null,
});
type GradleTextState = ReturnType<typeof beginGradleText>;

function close(s: GradleTextState): void {
  if (!s.current) return;
  const text = textOf(s.current.block);
  const [suite = "", ...rest] = s.current.titles;
  const own = suite.split(".").at(-1) ?? "";
  const body = dedent(text.split("\n").slice(1).join("\n")).trim();
  const frame = text.split("\n").find((line) => line.includes(`${own}.`) && /:\d+\)?$/.test(line));
  const [, file, number] = /([\w$]+\.(?:java|kt|kts|scala|groovy)):(\d+)\)?$/.exec(frame ?? "") ?? [];
  s.sink.found(
    failure({
      format: "gradle",
      suite,
      titles: [suite, ...rest],
      offset: s.current.block.offset,
      text: body || "failed",
      file: file ?? null,
      line: number === undefined ? null : Number(number),
      excerpt: text,
    }),
  );
  s.current = null;
}

function lineGradleText(s: GradleTextState, text: string, offset: number): void {
  const found = /^(\S[\w.$-]*(?:\s\[.*?\])?(?: > .+)+) FAILED$/.exec(text);
  if (found && !text.startsWith("> Task")) {
    close(s);
    s.current = { titles: (found[1] ?? "").split(" > "), block: block(offset) };
    add(s.current.block, text);
    return;
  }
  const total = /^(\d+) tests completed, (\d+) failed(?:, (\d+) skipped)?/.exec(text);
  if (total)
    s.sink.tally({
      passed: Number(total[1]) - Number(total[2]) - Number(total[3] ?? 0),
      failed: Number(total[2]),
      skipped: Number(total[3] ?? 0),
    });
  if (/^(?:e: )?\S+\.(?:java|kt|kts|scala|groovy):(?:\d+|\s?\()|^e: file:/.test(text) && /error|^e: /.test(text)) {
    s.errors ??= block(offset);
    add(s.errors, text);
  }
  const task = /^(?:> Task (\S+) FAILED|Execution failed for task '(\S+)'\.)$/.exec(text);
  const name = task?.[1] ?? task?.[2] ?? "";
  if (task && /compile/i.test(name) && s.errors) {
    const said = textOf(s.errors);
    const [, file, number] = /(?:file:\/\/)?(\/?[\w./-]+\.\w+):(?:\s?\()?(\d+)/.exec(said) ?? [];
    s.sink.found(
      failure({
        format: "gradle",
        kind: "build",
        titles: [`${name}`],
        offset: s.errors.offset,
        text: said,
        file: file ?? null,
        line: number === undefined ? null : Number(number),
      }),
    );
    s.errors = null;
  }
  if (!s.current) return;
  if (/^\s+\S/.test(text)) add(s.current.block, text);
  else if (text !== "") close(s);
  else if (s.current.block.head.length > 1) close(s);
}

/** Gradle's console: "Class > method() FAILED" and the exception below it; a compile task that failed. */
export const gradleText: Dialect = {
  name: "gradle",
  open(sink) {
    const s = beginGradleText(sink);
    return { line: (text, offset) => lineGradleText(s, text, offset), end: () => close(s) };
  },
};
