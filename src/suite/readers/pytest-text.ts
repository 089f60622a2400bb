import { failure } from "../explain.ts";
import { beginDying, dying, splitNode, tellDeath } from "./pytest-death.ts";
import { add, type Block, block, dedent, type Dialect, NOT_LOADED, type Sink, textOf } from "./dialect.ts";

const section = /^=+ (.+?) =+$/;
const title = /^_+ (.+?) _+$/;
/** "path::Class::test[param]", where the parameters may hold anything. */
const node = String.raw`(\S+?\.pyx?|\S+?\.md|\S+?\.rst|\S+?\.txt)(?:::(.+?))?`;
const summary = new RegExp(
  String.raw`^(FAILED|ERROR|PASSED|RERUN|SKIPPED|XPASS|XFAIL|SUBFAIL(?:ED)?(?:\[.*?\]|\(.*?\))?) ${node}(?: - (.*))?$`,
);
const verbose = new RegExp(
  String.raw`^(?:\[gw\d+\] \[ *\d+%\] )?(?:(PASSED|FAILED|ERROR|SKIPPED|RERUN|XFAIL|XPASS) ${node}\s*$|${node} (PASSED|FAILED|ERROR|SKIPPED|RERUN|XFAIL|XPASS)\b.*$)`,
);

interface Told {
  status: "failed" | "passed" | "skipped";
  failures: number;
  passes: number;
  message: string;
  offset: number;
}

/** What has been begun and not told yet. */
const beginPytestText = (sink: Sink) => ({
  sink,
  told: new Map<string, Told>(),
  blocks: new Map<string, { readonly name: string; readonly block: Block; used: boolean }[]>(),
  where: "",
  current: null as Block | null,
  ours: false,
  /** Tests that this summary was the first to name. */
  listed: [] as string[],
  conftest: null as Block | null,
  crash: null as Block | null,
  dying: beginDying(),
});
type PytestTextState = ReturnType<typeof beginPytestText>;

const note = (s: PytestTextState, id: string, what: string, message: string, offset: number): void => {
  const known = s.told.get(id) ?? { status: "skipped", failures: 0, passes: 0, message: "", offset };
  const failed = /^(?:FAILED|ERROR|SUBFAIL)/.test(what);
  // The summary repeats what -v has said.
  const again = known.status !== "skipped";
  if (what === "RERUN") known.failures += 1;
  else if (failed)
    Object.assign(known, {
      status: "failed",
      failures: Math.max(1, known.failures),
      // What passes and fails when it is cleared away was executed once.
      passes: what === "ERROR" ? 0 : known.passes,
      message: message || known.message,
      offset: again ? known.offset : offset,
    });
  else if (/^PASSED|^XPASS/.test(what))
    Object.assign(known, { status: known.status === "failed" ? "failed" : "passed", passes: 1 });
  s.told.set(id, known);
};

function begin(s: PytestTextState, name: string, offset: number, text: string): void {
  s.current = block(offset);
  add(s.current, text);
  s.blocks.set(name, [...(s.blocks.get(name) ?? []), { name, block: s.current, used: false }]);
}

function named(
  s: PytestTextState,
  id: string,
  [file = "", ...titles]: readonly string[],
  { message, offset, failures, passes }: Told,
): void {
  const short = titles.join(".");
  const names = [short, `ERROR at setup of ${short}`, `ERROR at teardown of ${short}`, `ERROR collecting ${file}`];
  // Subtests are told as "test_x [message] (i=1)".
  const kept =
    names.flatMap((name) => s.blocks.get(name) ?? []).find((each) => !each.used && mentions(each.block, file)) ??
    names.flatMap((name) => s.blocks.get(name) ?? []).find((each) => !each.used) ??
    (s.blocks.get(file) ?? []).find((each) => mentions(each.block, `crashed while running '${id}'`));
  if (kept) kept.used = true;
  tell(s, {
    file,
    titles,
    message,
    offset: kept?.block.offset ?? offset,
    kept: kept?.block ?? null,
    id,
    failures,
    passes,
  });
}

function tell(
  s: PytestTextState,
  one: {
    file: string | null;
    titles: readonly string[];
    message: string;
    offset: number;
    kept: Block | null;
    id: string;
    failures: number;
    passes: number;
  },
): void {
  const lines = one.kept ? textOf(one.kept).split("\n") : [];
  const marked = lines.filter((line) => /^E(?:\s|$)/.test(line)).map((line) => line.replace(/^E {0,3}/, ""));
  const place = lines.findLast((line) => /^[^\s:][^:]*\.pyx?:\d+: \S/.test(line));
  const [, at, number] = /^([^:]+):(\d+):/.exec(place ?? "") ?? [];
  const text = dedent(marked.join("\n")) || one.message || lines.slice(1, 8).join("\n") || "failed";
  const own = at !== undefined && one.file !== null && (at.endsWith(one.file) || one.file.endsWith(at));
  const whole = one.titles.length === 0;
  s.sink.found(
    failure({
      format: "pytest",
      kind: whole ? "file" : "test",
      file: one.file,
      line: number === undefined || !(own || one.file === null) ? lineIn(lines, one.file) : Number(number),
      titles: whole ? [NOT_LOADED] : one.titles,
      offset: one.offset,
      text: [text, ...lines.slice(1)].join("\n"),
      message: text,
      stack: lines.filter((line) => /^[^\s:][^:]*\.pyx?:\d+: /.test(line)).join("\n"),
      failures: Math.max(1, one.failures),
      passes: one.passes,
      excerpt: one.kept ? textOf(one.kept) : `${one.id}${one.message ? ` - ${one.message}` : ""}`,
    }),
  );
}

function count(s: PytestTextState, text: string): void {
  s.ours = true;
  const of = (word: string): number => Number(new RegExp(`(\\d+) ${word}`).exec(text)?.[1] ?? 0);
  s.sink.tally({ passed: of("passed"), failed: of("failed") + of("error"), skipped: of("skipped") });
}

function linePytestText(s: PytestTextState, text: string, offset: number): void {
  if (text.startsWith("INTERNALERROR>")) {
    s.crash ??= block(offset);
    add(s.crash, text.replace(/^INTERNALERROR> ?/, ""));
    return;
  }
  const heading = section.exec(text)?.[1];
  if (heading !== undefined) {
    if (/^test session starts$|^FAILURES$|^ERRORS$|short test summary info/.test(heading)) s.ours = true;
    if (/\b\d+ (?:passed|failed|error|errors|skipped)\b/.test(heading)) count(s, heading);
    // What a test printed may look like a summary: the last one is pytest's.
    if (/short test summary info/.test(heading)) for (const id of s.listed) s.told.delete(id);
    s.listed = [];
    s.where = heading;
    [s.current, s.conftest] = [null, null];
    return;
  }
  dying(s.dying, text, offset);
  if (text.startsWith("ImportError while loading conftest ")) s.conftest = block(offset);
  if (s.conftest) {
    if (text === "") s.conftest.size = Infinity;
    else if (s.conftest.size < 4000) add(s.conftest, text);
  }
  if (/^\d+ (?:failed|passed|error|errors)\b.* in [\d.]+s/.test(text)) count(s, text);
  const names = /^(?:FAILURES|ERRORS)$/.test(s.where) ? title.exec(text)?.[1] : undefined;
  if (names !== undefined && !/^(?:_ )+_?$/.test(text)) begin(s, names.replace(/^_+ | _+$/g, ""), offset, text);
  else if (s.current) add(s.current, text);
  if (s.current && !/short test summary/.test(s.where)) return;
  if (/^(?:FAILURES|ERRORS)$/.test(s.where)) return;
  const short = summary.exec(text);
  if (short && (s.ours || /::/.test(text) || /short test summary/.test(s.where))) {
    const [, what = "", file = "", rest, message = ""] = short;
    const id = [file, ...(rest === undefined ? [] : splitNode(rest))].join("::");
    if (!s.told.has(id) && /short test summary/.test(s.where)) s.listed.push(id);
    note(s, id, what, message, offset);
    return;
  }
  const folder = /short test summary/.test(s.where) ? /^ERROR ([\w./-]+)(?: - (.*))?$/.exec(text) : null;
  if (folder) return note(s, folder[1] ?? "", "ERROR", folder[2] ?? "", offset);
  const long = text.includes("::") ? verbose.exec(text) : null;
  if (long) {
    const file = long[2] ?? long[4] ?? "";
    const rest = long[3] ?? long[5] ?? "";
    note(s, [file, ...splitNode(rest)].join("::"), long[1] ?? long[6] ?? "", "", offset);
  }
}

function endPytestText(s: PytestTextState): void {
  for (const [id, one] of s.told) {
    if (one.status === "failed" || (one.failures > 0 && one.passes > 0))
      named(
        s,
        id,
        id.split("::").length > 1 ? [id.split("::")[0] ?? "", ...splitNode(id.slice(id.indexOf("::") + 2))] : [id],
        one,
      );
  }
  const rest = [...s.blocks.values()].flat().filter(({ used }) => !used);
  // Without a summary, or for failures it does not name.
  if (s.told.size === 0 || [...s.told.values()].every(({ status }) => status !== "failed"))
    for (const { name, block: kept } of rest) {
      const collected = /^ERROR collecting (.+)$/.exec(name)?.[1];
      const plain = name.replace(/^ERROR at (?:setup|teardown) of /, "");
      const place = textOf(kept)
        .split("\n")
        .findLast((line) => /^[^\s:][^:]*\.pyx?:\d+: /.test(line));
      tell(s, {
        file: collected ?? place?.split(":")[0] ?? null,
        titles: collected ? [] : plain.split(/\.(?![^[]*\])/),
        message: "",
        offset: kept.offset,
        kept,
        id: name,
        failures: 1,
        passes: 0,
      });
    }
  tellDeath(s.dying, s.sink, (id) => s.told.has(id));
  if (s.conftest)
    s.sink.found(
      failure({
        format: "pytest",
        kind: "build",
        titles: ["(conftest does not load)"],
        offset: s.conftest.offset,
        text: textOf(s.conftest).replace(/^E {0,3}/gm, ""),
        message: /^E +(.*)$/m.exec(textOf(s.conftest))?.[1] ?? null,
        file: /'([^']+)'/.exec(s.conftest.head[0] ?? "")?.[1] ?? null,
      } as Parameters<typeof failure>[0]),
    );
  if (s.crash)
    s.sink.found(
      failure({
        format: "pytest",
        kind: "build",
        titles: ["(pytest itself)"],
        offset: s.crash.offset,
        text: textOf(s.crash),
      }),
    );
}

/** pytest as it prints: sections of failures and errors, the short summary, and the lines of -v and of xdist. */
export const pytestText: Dialect = {
  name: "pytest",
  open(sink) {
    const s = beginPytestText(sink);
    return { line: (text, offset) => linePytestText(s, text, offset), end: () => endPytestText(s) };
  },
};

const mentions = (kept: Block, file: string): boolean =>
  kept.head.concat(kept.tail).some((line) => line.includes(file));

/** The last line of the file itself that the traceback names. */
function lineIn(lines: readonly string[], file: string | null): number | null {
  if (file === null) return null;
  const found = lines.findLast((line) => line.includes(`${file}:`) || line.includes(`${file}", line`));
  const [, number] = /(?:\.pyx?:|", line )(\d+)/.exec(found ?? "") ?? [];
  return number === undefined ? null : Number(number);
}
