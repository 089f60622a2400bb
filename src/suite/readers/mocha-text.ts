import { failure } from "../explain.ts";
import { add, type Block, block, dedent, type Dialect, type Sink, textOf } from "./dialect.ts";

/** What has been begun and not told yet. */
const beginMochaText = (sink: Sink) => ({
  sink,
  inside: false,
  current: null as Block | null,
  named: false,
  titles: [] as string[],
  indent: 0,
  base: 0,
});
type MochaTextState = ReturnType<typeof beginMochaText>;

function close(s: MochaTextState): void {
  if (!s.current) return;
  const text = textOf(s.current);
  const all = s.titles.map((title) => title.replace(/:$/, "").trim());
  const body = dedent(text.split("\n").slice(s.titles.length).join("\n")).trim();
  const hook = /^"(?:before|after)(?: each| all)?" hook/.test(all.at(-1) ?? "");
  if (s.named && body !== "")
    s.sink.found(
      failure({
        format: "mocha",
        titles: all,
        offset: s.current.offset,
        text: body,
        excerpt: text,
        ...(hook && { kind: "test" as const }),
      }),
    );
  [s.current, s.titles, s.named] = [null, [], false];
}

function lineMochaText(s: MochaTextState, text: string, offset: number): void {
  const count = /^\s+(\d+) (passing|failing|pending)(?: \(.*\))?$/.exec(text);
  if (count) {
    close(s);
    s.inside = count[2] === "failing" || (s.inside && count[2] === "pending");
    const many = Number(count[1]);
    s.sink.tally(
      count[2] === "passing" ? { passed: many } : count[2] === "failing" ? { failed: many } : { skipped: many },
    );
    return;
  }
  if (!s.inside) return;
  const head = /^(\s+)\d+\) (.+)$/.exec(text);
  const depth = text.search(/\S/);
  if (head && (s.current === null || depth <= s.base)) {
    close(s);
    [s.current, s.titles, s.indent, s.base] = [block(offset), [head[2] ?? ""], depth, depth];
    s.named = (head[2] ?? "").endsWith(":");
    add(s.current, text);
    return;
  }
  if (!s.current) return;
  if (text.trim() !== "" && depth === 0) {
    close(s);
    s.inside = false;
    return;
  }
  add(s.current, text);
  if (!s.named && depth > s.indent && text.trim() !== "") {
    s.titles.push(text.trim());
    s.named = text.trimEnd().endsWith(":");
  }
}

/** mocha's spec reporter, and what copies it (cypress, wdio): "2 failing", then numbered failures. */
export const mochaText: Dialect = {
  name: "mocha",
  open(sink) {
    const s = beginMochaText(sink);
    return { line: (text, offset) => lineMochaText(s, text, offset), end: () => close(s) };
  },
};
