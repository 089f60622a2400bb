import { failure } from "../explain.ts";
import { add, type Block, block, type Dialect, type Sink, textOf } from "./dialect.ts";

/** What has been begun and not told yet. */
const beginCargoText = (sink: Sink) => ({
  sink,
  suite: null as string | null,
  failed: new Map<string, { readonly offset: number; readonly suite: string | null; output: Block | null }>(),
  output: null as Block | null,
  compile: null as Block | null,
  errors: [] as Block[],
  /** The test whose thread ended the process. */
  died: null as { readonly name: string; readonly offset: number; readonly text: string } | null,
  built: new Set<string>(),
});
type CargoTextState = ReturnType<typeof beginCargoText>;

function flush(s: CargoTextState): void {
  for (const [name, { offset, suite: own, output: kept }] of s.failed) {
    const text = kept ? textOf(kept) : "";
    const body = text
      .split("\n")
      .slice(1)
      .join("\n")
      .replace(/^note: run with `RUST_BACKTRACE.*$/m, "")
      .trim();
    const place =
      /panicked at (?:'[^]*?', )?(\S+?):(\d+):\d+/.exec(body) ??
      /\s(\S+\.rs)(?: - .*?)? \(line (\d+)\)/.exec(` ${name}`);
    const said =
      /^note: (panic did not contain expected string[^]*)$/m.exec(body)?.[1] ??
      /panicked at [^\n]*:\d+:\d+:\n([^]*?)(?:\nstack backtrace:|\nnote: |$)/.exec(body)?.[1] ??
      /panicked at '([^]*?)', \S+:\d+/.exec(body)?.[1] ??
      body.split("\nstack backtrace:")[0];
    s.sink.found(
      failure({
        format: "cargo",
        suite: own,
        titles: name.replace(/ - should panic$/, "").split("::"),
        offset: kept?.offset ?? offset,
        text: body || "failed",
        message: said?.trim() || "failed",
        file: place?.[1] ?? null,
        line: place ? Number(place[2]) : null,
        excerpt: text || `test ${name} ... FAILED`,
      }),
    );
  }
  s.failed.clear();
  s.output = null;
}

function lineCargoText(s: CargoTextState, text: string, offset: number): void {
  const runs = /^\s+(?:Running|Doc-tests) (.+?)(?: \((.+)\))?$/.exec(text);
  if (runs) {
    flush(s);
    s.suite = runs[1] ?? null;
    return;
  }
  const line = /^test (.+?) \.\.\. (ok|FAILED|ignored|bench:|.*(?:FAILED|ok))(?:,.*)?(?: <[\d.]+s>)?$/.exec(text);
  if (line) {
    const [, name = "", how = ""] = line;
    if (how.endsWith("FAILED"))
      s.failed.set(name.replace(/ - should panic$/, ""), { offset, suite: s.suite, output: null });
    return;
  }
  const head = /^---- (.+?) (?:stdout|stderr) ----$/.exec(text);
  if (head) {
    const name = head[1] ?? "";
    s.output = block(offset);
    s.failed.set(name, { offset, suite: s.suite, ...s.failed.get(name), output: s.output });
    add(s.output, text);
    return;
  }
  const total = /^test result: (?:ok|FAILED)\. (\d+) passed; (\d+) failed; (\d+) ignored/.exec(text);
  if (total) {
    s.sink.tally({ passed: Number(total[1]), failed: Number(total[2]), skipped: Number(total[3]) });
    flush(s);
    return;
  }
  if (text === "failures:") s.output = null;
  compiler(s, text, offset);
  if (s.compile) {
    if (text === "") s.compile = null;
    else add(s.compile, text);
  } else if (s.output) add(s.output, text);
}

/** Errors of rustc, and test binaries that die. */
function compiler(s: CargoTextState, text: string, offset: number): void {
  if (
    /^error(?:\[E\d+\])?: /.test(text) &&
    !/^error: (?:test failed|doctest failed|could not compile|aborting due to|\d+ target|process didn't)/.test(text)
  ) {
    s.compile = block(offset);
    s.errors.push(s.compile);
  }
  const crash =
    /process didn't exit successfully: `([^`]+)`.*\((?:signal: (\d+, SIG\w+)|exit (?:status|code): (\S+))/.exec(text);
  if (crash?.[2] !== undefined)
    s.sink.found(
      failure({
        format: "cargo",
        kind: s.died ? "test" : "file",
        suite: s.suite,
        titles: s.died?.name.split("::") ?? ["(test binary)"],
        offset: s.died?.offset ?? offset,
        text: `${s.died ? `${s.died.text}\n` : ""}the test binary was ended by signal ${crash[2]}`,
      }),
    );
  const overflow = /^thread '(.+?)'.* has overflowed its stack$/.exec(text);
  if (overflow) s.died = { name: overflow[1] ?? "", offset, text };
  else if (crash) s.died = null;
  if (/^error: could not compile `?([\w-]+)/.test(text)) {
    const name = /^error: could not compile `?([\w-]+)/.exec(text)?.[1] ?? "";
    if (s.errors.length === 0 && s.built.has(name)) return;
    s.built.add(name);
    const kept = s.errors[0] ?? block(offset);
    const said = s.errors.length > 0 ? s.errors.map(textOf).join("\n\n") : text;
    const place = /--> (\S+?):(\d+):\d+/.exec(said);
    s.sink.found(
      failure({
        format: "cargo",
        kind: "build",
        suite: name,
        titles: [`${name} (build)`],
        offset: kept.offset,
        text: said,
        message: said.split("\n")[0] ?? text,
        file: place?.[1] ?? null,
        line: place ? Number(place[2]) : null,
      }),
    );
    s.errors.length = 0;
    s.compile = null;
  }
}

/** What libtest prints for `cargo test`: one line a test, then the output of those that failed. */
export const cargoText: Dialect = {
  name: "cargo",
  open(sink) {
    const s = beginCargoText(sink);
    return { line: (text, offset) => lineCargoText(s, text, offset), end: () => flush(s) };
  },
};
