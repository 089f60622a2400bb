import { failure } from "../explain.ts";
import { add, type Block, block, dedent, type Dialect, NOT_LOADED, type Sink, textOf } from "./dialect.ts";

/** What has been begun and not told yet. */
const beginRspecText = (sink: Sink) => ({
  sink,
  inside: false,
  current: null as Block | null,
  failures: [] as { readonly name: string; readonly block: Block }[],
  again: new Map<string, { file: string; line: number | null }>(),
  loading: null as { readonly file: string | null; readonly hook: string | null; readonly block: Block } | null,
});
type RspecTextState = ReturnType<typeof beginRspecText>;

function closeLoading(s: RspecTextState): void {
  if (s.loading)
    s.sink.found(
      failure({
        format: "rspec",
        kind: s.loading.hook === null ? "file" : "test",
        file: s.loading.file,
        titles: [s.loading.hook ?? NOT_LOADED],
        offset: s.loading.block.offset,
        text:
          textOf(s.loading.block)
            .replace(/^[^]*?\n(?=Failure\/Error:|\w*Error:)/, "")
            .trim() || "does not load",
      }),
    );
  s.loading = null;
}

function lineRspecText(s: RspecTextState, text: string, offset: number): void {
  if (/^Failures:\s*$/.test(text)) {
    s.inside = true;
    closeLoading(s);
    return;
  }
  const lost = /^An error occurred (?:while loading (\S+?)\.?(?: - Did you mean\?)?|in an? `(.+?)` hook\.)$/.exec(text);
  if (lost) {
    closeLoading(s);
    s.loading = {
      file: lost[1]?.replace(/^\.\//, "") ?? null,
      hook: lost[2] === undefined ? null : `(${lost[2]} hook)`,
      block: block(offset),
    };
  }
  const total = /^(\d+) examples?, (\d+) failures?(?:, (\d+) pending)?/.exec(text.trim());
  if (/^Finished in |^Failed examples:|^Pending: |^Randomized with seed/.test(text.trim()) || total) {
    s.inside = false;
    s.current = null;
    closeLoading(s);
    if (total)
      s.sink.tally({
        passed: Number(total[1]) - Number(total[2]) - Number(total[3] ?? 0),
        failed: Number(total[2]),
        skipped: Number(total[3] ?? 0),
      });
    return;
  }
  const run = /^\s*(?:rspec|bundle exec rspec) '?(\.?\/?[^\s:[]+)(?::(\d+))?(?:\[[\d:,]+\])?'? # (.+)$/.exec(text);
  if (run) {
    s.again.set((run[3] ?? "").trim(), {
      file: (run[1] ?? "").replace(/^\.\//, ""),
      line: run[2] === undefined ? null : Number(run[2]),
    });
    return;
  }
  if (s.loading) add(s.loading.block, text);
  const head = s.inside ? /^\s{1,12}\d+\) (.+)$/.exec(text) : null;
  if (head && !/^(?:Failure|Error):$/.test(head[1] ?? "")) {
    s.current = block(offset);
    s.failures.push({ name: (head[1] ?? "").trim().replace(/ FIXED$/, ""), block: s.current });
  }
  if (s.current) add(s.current, text);
}

function endRspecText(s: RspecTextState): void {
  closeLoading(s);
  const told = new Set<string>();
  for (const { name, block: kept } of s.failures) {
    const text = textOf(kept);
    const body = dedent(text.split("\n").slice(1).join("\n")).trim();
    if (!/Failure\/Error:|Got \d+ failures|# \S+:\d+/.test(text)) continue;
    const known = s.again.get(name);
    told.add(name);
    const own = known && new RegExp(`#\\s(\\.\\/${known.file.replace(/[^\w/]/g, "\\$&")}):(\\d+)`).exec(body);
    const frame = own ?? /#\s(\.\/\S+?):(\d+)/.exec(body);
    const said = body
      .replace(/^Failure\/Error:[^\n]*\n(?:\n)?/, "")
      .split(/\n\s*#\s/)[0]
      ?.trim();
    s.sink.found(
      failure({
        format: "rspec",
        titles: [name],
        offset: kept.offset,
        text: body,
        message: said || body,
        file: known?.file ?? frame?.[1]?.replace(/^\.\//, "") ?? null,
        line: frame ? Number(frame[2]) : (known?.line ?? null),
        excerpt: text,
      }),
    );
  }
  for (const [name, { file, line }] of s.again)
    if (!told.has(name))
      s.sink.found(
        failure({
          format: "rspec",
          titles: [name],
          file,
          line,
          offset: 0,
          text: "failed; its message is not in the log",
        }),
      );
}

/** RSpec's documentation and progress output: numbered failures, then the examples to run again. */
export const rspecText: Dialect = {
  name: "rspec",
  open(sink) {
    const s = beginRspecText(sink);
    return { line: (text, offset) => lineRspecText(s, text, offset), end: () => endRspecText(s) };
  },
};

/** What has been begun and not told yet. */
const beginMinitestText = (sink: Sink) => ({
  sink,
  armed: false,
  current: null as {
    readonly name: string;
    readonly file: string | null;
    readonly line: number | null;
    readonly block: Block;
  } | null,
});
type MinitestTextState = ReturnType<typeof beginMinitestText>;

function close(s: MinitestTextState): void {
  if (!s.current) return;
  const { name, file, line, block: kept } = s.current;
  const [suite = "", ...rest] = name.split("#");
  const text = textOf(kept);
  s.sink.found(
    failure({
      format: "minitest",
      suite,
      titles: [suite, rest.join("#")],
      file,
      line,
      offset: kept.offset,
      text: text.split("\n").slice(1).join("\n").trim() || "failed",
      excerpt: text,
    }),
  );
  s.current = null;
}

function lineMinitestText(s: MinitestTextState, text: string, offset: number): void {
  if (/^\s*(?:\d+\) )?(?:Failure|Error):\s*$/.test(text)) {
    close(s);
    s.armed = true;
    return;
  }
  const found = s.armed ? /^\s*(\S.*?#test_.+?)(?: \[(\S+):(\d+)\])?:?\s*$/.exec(text) : null;
  s.armed = false;
  if (found) {
    s.current = {
      name: found[1] ?? "",
      file: found[2] ?? null,
      line: found[3] === undefined ? null : Number(found[3]),
      block: block(offset),
    };
    add(s.current.block, text);
    return;
  }
  if (!s.current) return;
  if (
    /^\s*(?:\d+ (?:runs|tests),|bin\/rails test |rails test |Finished in )/.test(text) ||
    (text === "" && s.current.block.head.length > 2)
  )
    close(s);
  else add(s.current.block, text);
}

/** Minitest and Rails: "Failure:" or "Error:", then "Class#test [file:line]:". */
export const minitestText: Dialect = {
  name: "minitest",
  open(sink) {
    const s = beginMinitestText(sink);
    return { line: (text, offset) => lineMinitestText(s, text, offset), end: () => close(s) };
  },
};
