import { failure } from "../explain.ts";
import { add, type Block, block, dedent, type Dialect, type Sink, textOf } from "./dialect.ts";

const point = /^(\s*)(not )?ok\b(?:\s+\d+)?(?:\s+-)?\s*(.*)$/;

const begin = /^\s*(?:[#}]|ok|not |1\.\.|TAP )/;

interface Point {
  readonly depth: number;
  readonly ok: boolean;
  readonly name: string;
  readonly parents: readonly string[];
  readonly ms: number | null;
  readonly block: Block;
  /** Failing tests inside it that were told already, or may follow. */
  children: boolean;
  opens: boolean;
  yaml: string[] | null;
}

/** Keys of the YAML below a test point, each with its text; what stands in "error" and "at" counts as if it stood outside. */
function diagnosis(lines: readonly string[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (let at = 0; at < lines.length; at++) {
    const [, indent = "", name = "", value = ""] = /^(\s*)([\w-]+):(?:\s+(.*))?$/.exec(lines[at] ?? "") ?? [];
    if (name === "") continue;
    const below: string[] = [];
    if (value.startsWith('"') && !/[^\\]"$|^""$/.test(value)) {
      // vitest writes strings over several lines, from the margin.
      while (at + 1 < lines.length) {
        below.push(lines[(at += 1)] ?? "");
        if (/(?:^|[^\\])"$/.test(below.at(-1) ?? "")) break;
      }
      found.set(name, unquote([value, ...below].join("\n")));
      continue;
    }
    while (
      at + 1 < lines.length &&
      (lines[at + 1]?.trim() === "" || (lines[at + 1]?.search(/\S/) ?? 0) > indent.length)
    )
      below.push(lines[(at += 1)] ?? "");
    const nested = value === "" && below.some((line) => /^\s*[\w-]+:(?:\s|$)/.test(line));
    const holder = nested && /^(?:error|at|diag)$/.test(name);
    if (holder) for (const [key, text] of diagnosis(below)) found.set(key, text);
    if (!holder)
      found.set(
        name,
        unquote(
          /^[|>][+-]?\d?$/.test(value)
            ? dedent(below.join("\n")).trim()
            : [value, dedent(below.join("\n"))].join("\n").trim(),
        ),
      );
  }
  return found;
}

const unquote = (text: string): string =>
  /^"[^]*"$/.test(text)
    ? text.slice(1, -1).replaceAll('\\"', '"')
    : /^'[^]*'$/.test(text)
      ? text.slice(1, -1).replaceAll("''", "'")
      : text;

const looksLikePath = (name: string): boolean => /^[\w@./\\-]+\.(?:[cm]?[jt]sx?|t|bats|sh|py|pl|rb)$/.test(name);

/** What has been begun and not told yet. */
const beginTap = (sink: Sink) => ({
  sink,
  names: [] as string[],
  open: [] as Point[],
  failedAt: [] as boolean[],
  remarks: [] as string[],
  last: null as Point | null,
  seen: false,
});
type TapState = ReturnType<typeof beginTap>;

function close(s: TapState): void {
  const done = s.last;
  s.last = null;
  if (!done || done.ok || done.children || done.opens) return;
  tell(s, done);
}

function tell(s: TapState, done: Point): void {
  const said = diagnosis(done.yaml ?? []);
  if (said.get("failureType") === "subtestsFailed") return;
  const whole = done.parents.length === 0 && (looksLikePath(done.name) || done.name.startsWith("/"));
  const stated = said.get("error") ?? said.get("message") ?? said.get("diff") ?? "";
  // Of tape, whose points are single checks, the heading above is the test.
  const operator = said.get("operator");
  const heading = operator === undefined ? undefined : s.remarks.at(-1);
  const compared =
    operator && said.has("expected") ? `${operator}: expected ${said.get("expected")}, got ${said.get("actual")}` : "";
  const remarks = heading === undefined ? s.remarks.join("\n") : compared;
  const message = stated === "" || stated === "test failed" ? remarks || stated : stated;
  const [, file, line] = /\(?([^\s('"]+):(\d+):\d+\)?['"]?$/.exec(said.get("location") ?? said.get("at") ?? "") ?? [];
  const titles = whole ? ["(file)"] : [...done.parents, ...(heading === undefined ? [] : [heading]), done.name];
  const text = [message, said.get("stack") ?? ""].filter(Boolean).join("\n");
  const [outer = ""] = done.parents;
  s.sink.found(
    failure({
      format: "tap",
      kind: whole ? "file" : "test",
      titles,
      offset: done.block.offset,
      text: text || textOf(done.block).replace(/^.*\n(?=\s*\S)/, ""),
      ...(message !== "" && { message }),
      file: whole ? done.name : (file?.replace(/^file:\/\//, "") ?? (looksLikePath(outer) ? outer : null)),
      line: line === undefined ? null : Number(line),
      expected: said.get("expected") ?? said.get("wanted") ?? null,
      actual: said.get("actual") ?? said.get("found") ?? null,
      ms: done.ms ?? number(said.get("duration_ms")),
      ...((said.get("failureType") === "testTimeoutFailure" || /timed out|timeout exceeded/i.test(stated)) && {
        timedOut: true,
      }),
      excerpt: textOf(done.block),
    }),
  );
  s.remarks = heading === undefined ? [] : [heading];
}

function lineTap(s: TapState, text: string, offset: number): void {
  if (s.last?.yaml && s.last.block.tail.length < 20) {
    add(s.last.block, text);
    if (/^\s*\.\.\.\s*$/.test(text)) close(s);
    else s.last.yaml.push(text);
    return;
  }
  if (s.last && /^\s*---\s*$/.test(text)) {
    s.last.yaml = [];
    add(s.last.block, text);
    return;
  }
  // All that TAP says begins so; what does not is somebody else's.
  if (!begin.test(text)) return told(s, text);
  const [, indent = "", no, rest = ""] = point.exec(text) ?? [];
  if (/^TAP version \d+|^\s*1\.\.\d+/.test(text)) s.seen = true;
  const subtest = /^(\s*)# Subtest: (.*)$/.exec(text);
  if (subtest) {
    s.seen = true;
    close(s);
    s.names.length = Math.floor((subtest[1] ?? "").length / 4);
    s.names.push(subtest[2] ?? "");
    return;
  }
  if (/^\s*\}\s*$/.test(text) && s.open.length > 0) {
    close(s);
    const done = s.open.pop();
    if (done && !done.ok && !s.failedAt[done.depth + 1]) tell(s, done);
    s.failedAt.length = (done?.depth ?? 0) + 1;
    s.names.length = done?.depth ?? 0;
    return;
  }
  const isPoint =
    /^\s*(?:not )?ok\b/.test(text) &&
    (/^\s*(?:not )?ok\s+\d+/.test(text) || (s.seen && /^\s*(?:not )?ok(?:\s+-|$)/.test(text)));
  if (!isPoint) {
    if (s.last && !s.last.ok && /^\s*#/.test(text)) add(s.last.block, text);
    else if (text.startsWith("# ") && !/^# (?:tests|suites|pass|fail|cancelled|skipped|todo|duration_ms)\b/.test(text))
      s.remarks = [...s.remarks, text.slice(2)].slice(-30);
    return;
  }
  s.seen = true;
  close(s);
  testPoint(s, { indent, failed: no !== undefined, rest, text, offset });
}

/** What stands below a failing point without a frame, as mocha prints it. */
function told(s: TapState, text: string): void {
  if (s.last && !s.last.ok && s.last.block.head.length < 30 && /^\s{2,}\S/.test(text)) add(s.last.block, text);
}

/** "ok 1 - name # SKIP" */
function testPoint(
  s: TapState,
  at: {
    readonly indent: string;
    readonly failed: boolean;
    readonly rest: string;
    readonly text: string;
    readonly offset: number;
  },
): void {
  const { rest, text, offset } = at;
  const depth = Math.floor(at.indent.length / 4);
  const [, name = "", mark = "", opens] = /^(.*?)(?:\s+#\s*((?:SKIP|TODO|time)\b.*?))?(\s*\{)?$/i.exec(rest) ?? [];
  const skipped = /^(?:SKIP|TODO)/i.test(mark);
  const ok = !at.failed || skipped;
  const children = Boolean(s.failedAt[depth + 1]);
  s.failedAt.length = depth + 1;
  if (!ok) s.failedAt[depth] = true;
  s.last = {
    depth,
    ok,
    name: name.trim().replace(/\\#/g, "#") || "(unnamed)",
    parents: s.names.slice(0, depth),
    ms: number(/time=([\d.]+)/.exec(mark)?.[1]),
    block: block(offset),
    children,
    opens: opens !== undefined,
    yaml: null,
  };
  add(s.last.block, text);
  if (opens !== undefined) {
    s.open.push(s.last);
    s.names.length = depth;
    s.names.push(s.last.name);
    s.failedAt.length = depth + 1;
  } else if (skipped) s.sink.tally({ skipped: 1 });
  else if (ok) s.sink.tally({ passed: 1 });
  if (ok) s.remarks = [];
}

function endTap(s: TapState): void {
  close(s);
}

/** TAP 12 to 14, with subtests told before or after their parent: node:test, node-tap, tape, vitest, bats, prove. */
export const tap: Dialect = {
  name: "tap",
  open(sink) {
    const s = beginTap(sink);
    return { line: (text, offset) => lineTap(s, text, offset), end: () => endTap(s) };
  },
};

const number = (text: string | undefined): number | null =>
  text === undefined || Number.isNaN(Number(text)) ? null : Number(text);
