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
  /** The number of the last failure that began. */
  count: 0,
  /** Its stack was told: what stands at the margin after that is not its own. */
  framed: false,
});
/** What package managers and shells say when the tests have ended. */
const after =
  /^(?:npm (?:ERR!|error)|error (?:Command|Script)|Process completed|make(?:\[\d+\])?: |Exited with|The command|ERROR:| ELIFECYCLE)/;

type MochaTextState = ReturnType<typeof beginMochaText>;

function close(s: MochaTextState): void {
  if (!s.current) return;
  const text = textOf(s.current);
  const all = s.titles.map((title) => title.replace(/:$/, "").trim());
  const body = dedent(text.split("\n").slice(s.titles.join("\n").split("\n").length).join("\n")).trim();
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
  [s.current, s.titles, s.named, s.framed] = [null, [], false, false];
}

function lineMochaText(s: MochaTextState, text: string, offset: number): void {
  const count = /^\s+(\d+) (passing|failing|pending)(?: \(.*\))?$/.exec(text);
  if (count) {
    close(s);
    s.inside = count[2] === "failing" || (s.inside && count[2] === "pending");
    s.count = 0;
    const many = Number(count[1]);
    s.sink.tally(
      count[2] === "passing" ? { passed: many } : count[2] === "failing" ? { failed: many } : { skipped: many },
    );
    return;
  }
  if (!s.inside) return;
  const head = /^\s+(\d+)\) (.+)$/.exec(text);
  const depth = text.search(/\S/);
  if (head && Number(head[1]) === s.count + 1 && (s.count === 0 || depth <= s.base)) {
    close(s);
    [s.current, s.titles, s.indent, s.base] = [block(offset), [head[2] ?? ""], depth, depth];
    s.count += 1;
    s.named = (head[2] ?? "").endsWith(":");
    add(s.current, text);
    return;
  }
  if (!s.current) return;
  const isFrame = /^\s+at \S/.test(text);
  // A message may have lines at the margin; behind its stack they are somebody else's.
  if (s.named && depth === 0 && (s.framed || after.test(text))) return close(s);
  if (depth <= s.base && /^\s*[(┌]/.test(text)) return close(s);
  add(s.current, text);
  s.framed ||= isFrame;
  if (s.named || text.trim() === "") return;
  if (depth > s.indent) s.titles.push(text.trim());
  else s.titles.push(`${s.titles.pop() ?? ""}\n${text.trim()}`);
  s.named = text.trimEnd().endsWith(":");
}

/** mocha's spec reporter, and what copies it (cypress, wdio): "2 failing", then numbered failures. */
export const mochaText: Dialect = {
  name: "mocha",
  open(sink) {
    const s = beginMochaText(sink);
    return { line: (text, offset) => lineMochaText(s, text, offset), end: () => close(s) };
  },
};
