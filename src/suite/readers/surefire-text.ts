import { failure } from "../explain.ts";
import { add, type Block, block, type Dialect, type Sink, seconds, textOf } from "./dialect.ts";

const plain = (text: string): string => text.replace(/^\[(?:ERROR|INFO|WARNING|WARN)\]\s?/, "");
const ended = /^(?:\[ERROR\]\s+)?(.+?)(?:\s+--)?\s+Time elapsed: ([\d.,]+) s(?:ec)?\s+<<< (FAILURE|ERROR)!\s*$/;
const listed =
  /^(?:\[(?:ERROR|WARNING)\])?\s{2,}(?:Run \d+: )?((?:[\w$]+\.)*[A-Z][\w$]*)(?:[.>]+[A-Z][\w$]*)?[.>#]([a-z_$][\w$]*(?:\([^)]*\))?(?:\[[^\]]*\])?)(?::(\d+))?.*$/;

interface Name {
  readonly suite: string | null;
  readonly name: string;
}

/** "method(pkg.Class)", "pkg.Class.method", "method" after "Running pkg.Class". */
function nameOf(text: string, running: string | null): Name {
  const inner = /^(.+)\(([\w.$]+)\)$/.exec(text);
  if (inner && /[A-Z]/.test(inner[2] ?? "")) return { name: inner[1] ?? "", suite: inner[2] ?? null };
  const dotted = /^((?:[\w$]+\.)+[A-Z][\w$]*)\.([^.].*)$/.exec(text);
  if (dotted) return { suite: dotted[1] ?? null, name: dotted[2] ?? "" };
  return { suite: running, name: text };
}

/** What has been begun and not told yet. */
const beginSurefireText = (sink: Sink) => ({
  sink,
  running: null as string | null,
  current: null as { readonly name: Name; readonly ms: number | null; readonly block: Block } | null,
  compile: null as Block | null,
  results: "" as "" | "failures" | "flakes" | "crashes",
  told: new Set<string>(),
  ours: false,
  flake: null as { name: Name; failures: number; passes: number; block: Block } | null,
});
type SurefireTextState = ReturnType<typeof beginSurefireText>;

function close(s: SurefireTextState): void {
  if (!s.current) return;
  const { name, ms, block: kept } = s.current;
  const text = textOf(kept);
  const own = name.suite?.split(".").at(-1)?.split("$")[0] ?? "";
  const frame = text.split("\n").find((line) => own !== "" && line.includes(`(${own}.`));
  const [, file, number] = /\(([\w$]+\.\w+):(\d+)\)/.exec(frame ?? "") ?? [];
  s.told.add(`${own}.${name.name.replace(/[[({].*$/, "")}`);
  // What fails before its class's first test bears the name of the class.
  if (name.name === name.suite) s.told.add(`${own}.`);
  const body = text.split("\n").slice(1).join("\n").trim();
  s.sink.found(
    failure({
      format: "surefire",
      suite: name.suite,
      titles: [name.suite ?? "", name.name].filter(Boolean),
      offset: kept.offset,
      text: body || "failed",
      ms,
      file: file ?? null,
      line: number === undefined ? null : Number(number),
      excerpt: text,
    }),
  );
  s.current = null;
}

function closeFlake(s: SurefireTextState): void {
  if (s.flake)
    s.sink.found(
      failure({
        format: "surefire",
        suite: s.flake.name.suite,
        titles: [s.flake.name.suite ?? "", s.flake.name.name].filter(Boolean),
        offset: s.flake.block.offset,
        text: textOf(s.flake.block),
        failures: s.flake.failures,
        passes: s.flake.passes,
      }),
    );
  s.flake = null;
}

function lineSurefireText(s: SurefireTextState, text: string, offset: number): void {
  const runs = /^(?:\[INFO\] )?Running ([\w.$]+)$/.exec(text);
  if (runs) {
    close(s);
    s.running = runs[1] ?? null;
    s.results = "";
    return;
  }
  const total =
    /^(?:\[\w+\] )?Tests run: (\d+), Failures: (\d+), Errors: (\d+), Skipped: (\d+)(?:, Flakes: \d+)?\s*$/.exec(text);
  if (/^(?:\[\w+\] )?Tests run: \d+/.test(text)) {
    close(s);
    closeFlake(s);
    if (total) {
      const [, all, failures, errors, skipped] = total.map(Number);
      s.sink.tally({
        passed: (all ?? 0) - (failures ?? 0) - (errors ?? 0) - (skipped ?? 0),
        failed: (failures ?? 0) + (errors ?? 0),
        skipped: skipped ?? 0,
      });
      s.results = "";
    }
    return;
  }
  const end = text.includes("<<<") ? ended.exec(text) : null;
  if (end) {
    close(s);
    s.current = {
      name: nameOf(end[1] ?? "", s.running),
      ms: seconds((end[2] ?? "").replace(",", "")),
      block: block(offset),
    };
    add(s.current.block, text);
    return;
  }
  if (!compiling(s, text, offset) && !inResults(s, text, offset) && s.current) {
    if (
      /^\[(?:INFO|ERROR|WARNING)\]/.test(text) ||
      (text === "" && s.current.block.head.some((line) => /^\s+at /.test(line)))
    )
      close(s);
    else add(s.current.block, text);
  }
}

/** What the compiler said. True when the line was its. */
function compiling(s: SurefireTextState, text: string, offset: number): boolean {
  if (text.startsWith("[ERROR] COMPILATION ERROR")) {
    s.compile = block(offset);
    return true;
  }
  if (s.compile && /^\[ERROR\] (?:Failed to execute goal|-> )|^\[INFO\] -{20,}|^\[INFO\] \d+ errors?/.test(text)) {
    if (s.compile.head.length > 0) {
      const said = textOf(s.compile);
      const [, file, number] = /(\S+\.(?:java|kt|scala|groovy)):\[(\d+),/.exec(said) ?? [];
      s.sink.found(
        failure({
          format: "surefire",
          kind: "build",
          titles: ["(compilation)"],
          offset: s.compile.offset,
          text: said,
          file: file ?? null,
          line: number === undefined ? null : Number(number),
        }),
      );
    }
    if (/^\[INFO\] -{20,}/.test(text) && s.compile.head.length === 0) return true;
    s.compile = null;
    return true;
  }
  if (s.compile) {
    if (/^\[ERROR\]|^\s/.test(text)) add(s.compile, plain(text));
    return true;
  }
  return false;
}

/** The lists at the end: failures that were told above, and tests that passed when they were run again. */
function inResults(s: SurefireTextState, text: string, offset: number): boolean {
  const section = /^(?:\[\w+\] )?(Failures|Errors|Failed tests|Tests in error|Flakes|Flaky tests):\s*(.*)$/.exec(text);
  if (/^(?:\[\w+\] )?Results ?:\s*$/.test(text)) s.ours = true;
  if (section && (s.ours || /^\[(?:ERROR|WARNING)\]/.test(text))) {
    close(s);
    s.results = section[1]?.startsWith("Flak") ? "flakes" : "failures";
    return true;
  }
  if (s.results === "flakes") {
    const run = /Run \d+: (.*)$/.exec(text)?.[1];
    if (run !== undefined && s.flake) {
      add(s.flake.block, plain(text));
      if (run.startsWith("PASS")) s.flake.passes += 1;
      else s.flake.failures += 1;
    } else if (/^(?:\[WARNING\] )\S+[.#]\S+/.test(text)) {
      closeFlake(s);
      s.flake = { name: nameOf(plain(text).trim(), null), failures: 0, passes: 0, block: block(offset) };
      add(s.flake.block, plain(text));
    }
    return true;
  }
  const crashed = /^\[ERROR\] Crashed tests:$/.test(text);
  if (crashed || s.results === "crashes") {
    s.results = crashed ? "crashes" : "";
    const name = /^\[ERROR\] ((?:[\w$]+\.)*[A-Z][\w$]*)(?:#(\w+))?$/.exec(text);
    if (name && !s.told.has(`crash ${name[1]}`)) {
      s.told.add(`crash ${name[1]}`);
      const titles = [name[1] ?? "", name[2] ?? "(the JVM ended in it)"];
      const message = "the JVM ended in this class: crashed, killed, or System.exit was called";
      s.sink.found(failure({ format: "surefire", suite: name[1] ?? null, titles, offset, text: message }));
    }
    return true;
  }
  const row = s.results === "failures" ? listed.exec(text) : null;
  if (row) {
    const [, suite = "", name = "", number] = row;
    const own = suite.split(".").at(-1)?.split("$")[0] ?? "";
    const key = `${own}.${name.replace(/[[({].*$/, "")}`;
    if (!s.told.has(key) && !s.told.has(`${own}.`)) {
      s.told.add(key);
      const said = plain(text).trim();
      s.sink.found(
        failure({
          format: "surefire",
          suite,
          titles: [suite, name],
          offset,
          text: said.replace(/^\S+ /, ""),
          line: number === undefined ? null : Number(number),
          file: `${suite.split(".").at(-1)}.java`,
        }),
      );
    }
    return true;
  }
  return false;
}

function endSurefireText(s: SurefireTextState): void {
  close(s);
  closeFlake(s);
}

/** Maven: what surefire and failsafe print of tests, and what the compiler prints before them. */
export const surefireText: Dialect = {
  name: "surefire",
  open(sink) {
    const s = beginSurefireText(sink);
    return { line: (text, offset) => lineSurefireText(s, text, offset), end: () => endSurefireText(s) };
  },
};
