import { failure } from "../explain.ts";
import { add, type Block, block, type Dialect, type Sink, seconds, textOf } from "./dialect.ts";

interface Failed {
  readonly name: string;
  readonly ms: number | null;
  readonly block: Block;
  suite: string | null;
}

const done = /^(\s*)--- (FAIL|PASS|SKIP): (\S.*?) \((\d+(?:\.\d+)?)s\)$/;
const boilerplate = /^=== (?:RUN|PAUSE|CONT|NAME)\s/;

/** Tells the tests of one package; of a test with failing subtests only those. */
function tell(sink: Sink, tests: readonly Failed[], suite: string | null): void {
  const names = new Set(tests.map(({ name }) => name));
  const leaves = tests.filter(({ name }) => ![...names].some((other) => other.startsWith(`${name}/`)));
  for (const { name, ms, block: kept, suite: own } of leaves) {
    const text = textOf(kept);
    const body = text
      .split("\n")
      .slice(1)
      .filter((line) => !boilerplate.test(line))
      .join("\n");
    const place = /^\s*(\S+\.go):(\d+): /m.exec(body);
    const panic = /^panic: (.+)$/m.exec(body)?.[1];
    sink.found(
      failure({
        format: "go",
        suite: own ?? suite,
        titles: name.split("/"),
        offset: kept.offset,
        text: body.trim() || "failed without a word",
        message: panic ? `panic: ${panic}` : goMessage(body),
        file: place?.[1] ?? null,
        line: place ? Number(place[2]) : null,
        ms,
        excerpt: text,
      }),
    );
  }
}

/** What testify says is wrong, without the trace in front of it. */
function testify(body: string): string {
  const said = /^\s*Error:\s+([^]*?)(?=^\s*(?:Test|Messages):\s|$(?![^]))/m.exec(body)?.[1];
  const more = /^\s*Messages:\s+(.*)$/m.exec(body)?.[1];
  if (said === undefined || !/^\s*Error Trace:/m.test(body)) return "";
  const lines = said
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  return [...lines.slice(0, 20), ...(more === undefined ? [] : [more.trim()])].join("\n");
}

/** What was logged, without the places in front of it. */
export const goMessage = (body: string): string =>
  testify(body) ||
  body
    .split("\n")
    .filter((line) => line.trim() !== "" && !done.test(line) && !boilerplate.test(line))
    .slice(0, 30)
    .map((line) => line.trim().replace(/^\S+\.go:\d+: /, ""))
    .join("\n")
    .trim() ||
  "failed without a word";

/** What has been begun and not told yet. */
const beginGoText = (sink: Sink) => ({
  sink,
  failed: [] as Failed[],
  current: null as Failed | null,
  logs: new Map<string, Block>(),
  running: "",
  /** Tests that -v tells to run, and that have not ended. */
  open: new Set<string>(),
  /** The last lines of the package that is told now. */
  tail: [] as { readonly text: string; readonly offset: number }[],
  builds: new Map<string, Block>(),
  building: null as Block | null,
  panic: null as {
    readonly block: Block;
    readonly tests: { name: string; ms: number | null }[];
    overtime: boolean;
  } | null,
  told: false,
});
type GoTextState = ReturnType<typeof beginGoText>;

function package_(s: GoTextState, suite: string, how: string, offset: number): void {
  const last = s.tail.slice(-MOST_TAIL);
  const said = last
    .map(({ text }) => text)
    .join("\n")
    .trim();
  const [inTest = null] = s.open.size === 1 ? s.open : [];
  if (/\[(?:build|setup) failed\]/.test(how)) {
    const kept = s.builds.get(suite) ?? [...s.builds].find(([name]) => name.startsWith(suite))?.[1] ?? block(offset);
    const text = textOf(kept) || `${suite} ${how}`;
    s.sink.found(
      failure({
        format: "go",
        kind: "build",
        suite,
        titles: [`${suite} (build)`],
        offset: kept.offset,
        text,
        excerpt: text,
        message: text.split("\n").slice(1, 12).join("\n") || text,
      }),
    );
  } else if (s.panic && s.failed.length === 0) {
    const { block: kept, tests, overtime } = s.panic;
    const text = textOf(kept);
    for (const { name, ms } of tests.length > 0 ? tests : [{ name: inTest ?? "(package)", ms: null }])
      s.sink.found(
        failure({
          format: "go",
          suite,
          titles: name.split("/"),
          offset: kept.offset,
          text,
          message: text.split("\n")[0] ?? "",
          ms,
          timedOut: overtime,
          excerpt: text,
        }),
      );
  } else if (s.failed.length === 0 && !s.told) {
    s.sink.found(
      failure({
        format: "go",
        kind: inTest === null ? "file" : "test",
        suite,
        titles: inTest?.split("/") ?? ["(package)"],
        offset: said === "" ? offset : (last[0]?.offset ?? offset),
        text: said || "the package failed and no test says why",
        ...(s.logs.size > 0 && { excerpt: [...s.logs.values()].map(textOf).join("\n").slice(-4000) }),
      }),
    );
  }
  tell(s.sink, s.failed, suite);
  reset(s);
}

function reset(s: GoTextState): void {
  [s.failed, s.current, s.panic, s.building, s.told, s.running] = [[], null, null, null, false, ""];
  s.logs.clear();
  s.open.clear();
  s.tail = [];
}

function lineGoText(s: GoTextState, text: string, offset: number): void {
  const summed = /^=== FAIL: (\S+) (\S.*?) \(([\d.]+)s\)$/.exec(text);
  if (summed) {
    const [, suite = "", name = "", took] = summed;
    tell(s.sink, s.current && s.current.suite !== null ? [s.current] : [], null);
    s.current = { name, ms: seconds(took), block: block(offset), suite };
    add(s.current.block, text);
    s.told = true;
    return;
  }
  const end = /^(ok|FAIL|---|\?)\s+\t?\s*([\w.~@/-]+)\t?\s*(.*)$/.exec(text);
  if (
    end &&
    /^(?:ok|FAIL)\s/.test(text) &&
    (/^FAIL\t|^ok\s+\t?/.test(text) || /\[(?:build|setup) failed\]/.test(text)) &&
    /\d+(?:\.\d+)?s\b|\[(?:build|setup) failed\]|\(cached\)/.test(end[3] ?? "")
  ) {
    if (end[1] === "FAIL") package_(s, end[2] ?? "", end[3] ?? "", offset);
    else reset(s);
    return;
  }
  if (/^DONE \d+ tests/.test(text) && s.current?.suite) {
    tell(s.sink, [s.current], null);
    reset(s);
    return;
  }
  // The verdict on the whole package is no test's.
  if (/^(?:FAIL|PASS|exit status \d+)$/.test(text)) {
    [s.current, s.running] = [null, ""];
    if (text.startsWith("exit")) keepTail(s, text, offset);
    return;
  }
  if (ending(s, text, offset)) return;
  saying(s, text, offset);
  if (s.current === null && s.panic === null && !boilerplate.test(text)) keepTail(s, text, offset);
}

/** Lines of a package that are kept. */
const MOST_TAIL = 30;

/** What a package said of which no test tells why it failed. */
function keepTail(s: GoTextState, text: string, offset: number): void {
  s.tail.push({ text: text.slice(0, 1000), offset });
  if (s.tail.length > 8 * MOST_TAIL) s.tail = s.tail.slice(-MOST_TAIL);
}

/** "--- FAIL: TestX (0.01s)" */
function ending(s: GoTextState, text: string, offset: number): boolean {
  const found = done.exec(text);
  if (found) {
    s.building = null;
    const [, , how, name = "", took] = found;
    s.open.delete(name);
    if (how === "PASS") s.sink.tally({ passed: 1 });
    if (how === "SKIP") s.sink.tally({ skipped: 1 });
    if (how !== "FAIL") {
      s.logs.delete(name);
      s.current = null;
      return true;
    }
    // In -v what a test said stands before its end.
    const said = s.logs.get(name);
    const kept = block(said?.offset ?? offset);
    add(kept, text);
    for (const line of said ? [...said.head, ...said.tail] : []) add(kept, line);
    s.current = { name, ms: seconds(took), block: kept, suite: null };
    s.failed.push(s.current);
    return true;
  }
  return false;
}

/** What tests, the compiler and a panic say. */
function saying(s: GoTextState, text: string, offset: number): void {
  const run = /^=== (?:RUN|NAME|CONT)\s+(\S.*)$/.exec(text);
  if (run) {
    s.running = run[1] ?? "";
    if (text.startsWith("=== RUN")) {
      // Of a test with subtests only those run.
      s.open.delete(s.running.slice(0, s.running.lastIndexOf("/")));
      s.open.add(s.running);
    }
    if (!s.logs.has(s.running)) s.logs.set(s.running, block(offset));
    s.current = null;
    return;
  }
  if (/^# \S+(?: \[\S+\])?$/.test(text)) {
    s.building = block(offset);
    s.builds.set(text.slice(2).split(" ")[0] ?? "", s.building);
    add(s.building, text);
    return;
  }
  if (/^(?:panic|fatal error): /.test(text) && !s.panic) {
    s.panic = { block: block(offset), tests: [], overtime: /test timed out after/.test(text) };
  }
  if (s.panic) {
    s.building = null;
    add(s.panic.block, text);
    const waiting = /^\t\t?(Test\S*) \(((?:\d+[hms.]?)+)\)$/.exec(text);
    if (waiting) s.panic.tests.push({ name: waiting[1] ?? "", ms: null });
    const framed = /^\S*?\.(Test\w+)\(0x/.exec(text);
    if (framed && s.panic.tests.length === 0) s.panic.tests.push({ name: framed[1] ?? "", ms: null });
  }
  if (s.current) add(s.current.block, text);
  else if (s.running !== "" && !boilerplate.test(text)) add(s.logs.get(s.running) ?? block(offset), text);
  else if (s.building && !text.startsWith("{") && (/^\S+\.\w+:\d+|: signal: killed$/.test(text) || /^\s/.test(text)))
    add(s.building, text);
  else s.building = null;
}

function endGoText(s: GoTextState): void {
  if (s.current?.suite) tell(s.sink, [s.current], null);
  tell(s.sink, s.failed, null);
}

/** `go test`, with and without -v, and what gotestsum makes of it. */
export const goText: Dialect = {
  name: "go",
  open(sink) {
    const s = beginGoText(sink);
    return { line: (text, offset) => lineGoText(s, text, offset), end: () => endGoText(s) };
  },
};
