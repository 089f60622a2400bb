import { failure } from "../explain.ts";
import type { Sink } from "./dialect.ts";
import { seconds } from "./dialect.ts";
import { type XmlHandler, xmlScanner, type XmlTag } from "./xml-scanner.ts";

interface Case {
  readonly titles: readonly string[];
  readonly suite: string | null;
  readonly file: string | null;
  readonly line: number | null;
  readonly ms: number | null;
  readonly offset: number;
  failures: number;
  passes: number;
  skipped: boolean;
  failed: boolean;
  message: string;
  body: string;
  type: string;
}

const cases = /^(?:testcase|test-case|test|UnitTestResult)$/;
const suites = /^(?:testsuite|test-suite|collection|assembly)$/;
/** Elements whose words tell of a failure. */
const telling =
  /^(?:failure|error|flakyFailure|flakyError|rerunFailure|rerunError|message|stack-trace|Message|StackTrace|stackTrace)$/;
const MOST_BODY = 20_000;

interface State {
  readonly sink: Sink;
  readonly suites: { readonly name: string; readonly file: string | null }[];
  current: Case | null;
  /** Words of a whole suite are being told, rather than of a test. */
  ofSuite: boolean;
  inside: string;
  count: number;
  refused: boolean;
}

function open(s: State, tag: XmlTag, offset: number): void {
  const { name, attributes: at } = tag;
  if (suites.test(name)) {
    const stamp = Date.parse((at["timestamp"] ?? "").replace(/(T[\d:.]+)$/, "$1Z"));
    if (!Number.isNaN(stamp)) s.sink.made(stamp);
    if (!tag.empty) s.suites.push({ name: at["name"] ?? "", file: at["file"] ?? at["filepath"] ?? null });
    return;
  }
  if (cases.test(name) && (name !== "test" || at["result"] !== undefined)) {
    s.count += 1;
    s.current = caseOf(s, tag, offset);
    if (tag.empty) close(s);
    return;
  }
  // A suite that failed as a whole: a hook, a fixture, a file that did not load.
  if (!s.current && /^(?:failure|error)$/.test(name) && s.suites.length > 0) {
    const { name: title = "", file = null } = s.suites.at(-1) ?? {};
    const plain = { suite: title || null, file, line: null, ms: null, offset, message: "", body: "", type: "" };
    s.current = { ...plain, titles: [title || "(suite)"], failures: 0, passes: 0, skipped: false, failed: false };
    s.ofSuite = true;
  }
  if (!s.current) return;
  word(s.current, name, at);
  s.inside = tag.empty ? "" : name;
  if (tag.empty && s.ofSuite) close(s);
}

/** What an element inside a test says of its result. */
function word(current: Case, name: string, at: XmlTag["attributes"]): void {
  if (/^(?:skipped|disabled|ignored)$/.test(name)) current.skipped = true;
  if (/^(?:failure|error)$/.test(name)) {
    // NUnit and xUnit.net: the result is an attribute of the test, and this holds its words.
    if (!current.failed) current.failures += 1;
    current.failed = true;
  }
  if (/^flaky(?:Failure|Error)$/.test(name)) {
    current.failures += 1;
    current.passes = 1;
  }
  if (/^rerun(?:Failure|Error)$/.test(name)) current.failures += 1;
  if (/^(?:failure|error|flaky\w+)$/.test(name)) {
    current.message ||= at["message"] ?? "";
    current.type ||= at["type"] ?? at["exception-type"] ?? "";
  }
}

function caseOf({ suites: around }: State, { name, attributes: at }: XmlTag, offset: number): Case {
  const title = at["name"] ?? at["testName"] ?? at["fullname"] ?? "(unnamed)";
  const result = at["result"] ?? at["outcome"] ?? at["status"] ?? "";
  const full = at["fullname"] ?? "";
  const classname =
    at["classname"] ??
    at["class"] ??
    at["type"] ??
    (full.endsWith(`.${title}`) ? full.slice(0, -title.length - 1) : "");
  const place = placed(at["file"] ?? around.findLast(({ file }) => file)?.file ?? null, classname, title);
  const failed = name === "testcase" ? /^fail$/i.test(result) : /^(?:fail|failed|failure|error)$/i.test(result);
  return {
    titles: place.titles,
    suite: around.at(-1)?.name || classname || null,
    file: place.file,
    line: Number(at["line"] ?? at["lineno"]) || null,
    ms: seconds((at["time"] ?? at["duration"] ?? "").replace(/,/g, "")),
    offset,
    failures: failed ? 1 : 0,
    passes: 0,
    skipped: /^(?:skip|skipped|notexecuted|ignored|disabled|notrun)$/i.test(result),
    failed,
    message: "",
    body: "",
    type: "",
  };
}

function close(s: State): void {
  const done = s.current;
  s.current = null;
  s.inside = "";
  s.ofSuite = false;
  if (!done) return;
  if (done.skipped) return s.sink.tally({ skipped: 1 });
  if (done.failures === 0) return s.sink.tally({ passed: 1 });
  s.sink.tally(done.failed ? { failed: 1 } : { passed: 1 });
  tell(s.sink, done);
}

function handlerOf(s: State): XmlHandler {
  return {
    open: (tag, offset) => open(s, tag, offset),
    close(name) {
      if (suites.test(name)) s.suites.pop();
      if (cases.test(name) || (s.ofSuite && s.inside === name)) close(s);
      else if (telling.test(name)) s.inside = "";
    },
    text(text) {
      if (!s.current || !telling.test(s.inside) || s.current.body.length > MOST_BODY) return;
      if (/^[mM]essage$/.test(s.inside) && s.current.message === "") s.current.message = text.trim();
      else s.current.body += text;
    },
    refuse(why) {
      s.refused = true;
      s.current = null;
      s.sink.cut(`refused: ${why}`);
    },
  };
}

/**
 * JUnit XML in all its dialects, as it comes: surefire, gradle, pytest, jest-junit, mocha's xunit, node:test, nextest,
 * PHPUnit, gtest, and the formats of xUnit.net, NUnit and Visual Studio. Feed pieces of text with their byte offsets;
 * `end` is true when there were tests. A document that declares entities or names an external definition is refused.
 */
export function junitStream(sink: Sink): { piece(text: string, offset: number): void; end(): boolean } {
  const s: State = { sink, suites: [], current: null, ofSuite: false, inside: "", count: 0, refused: false };
  const scanner = xmlScanner(handlerOf(s));
  return {
    piece(text, offset) {
      if (!s.refused) scanner.piece(text, offset);
    },
    end() {
      const whole = scanner.end();
      if (s.current && s.current.failures > 0) close(s);
      const none = "cut short, or no XML: no test is told in it";
      if (!s.refused && !whole) sink.cut(s.count === 0 ? none : "cut short: the tests after that are unknown");
      return s.count > 0;
    },
  };
}

function tell(sink: Sink, done: Case): void {
  const body = done.body.trim();
  const attribute = done.message.trim();
  const node = /failureType: '|ERR_TEST_FAILURE/.test(body);
  const cause = node ? /cause: ([^]*)$/.exec(body)?.[1] : undefined;
  const text =
    [attribute && !body.includes(attribute) ? attribute : "", cause ?? body].filter(Boolean).join("\n") || "failed";
  const marked = body
    .split("\n")
    .filter((line) => /^E\s/.test(line))
    .map((line) => line.replace(/^E\s{0,3}/, ""));
  const [title = ""] = done.titles;
  const isFile =
    done.titles.length === 1 &&
    done.file !== null &&
    (done.file === title || done.file.endsWith(`/${title}`)) &&
    /\.\w+$/.test(title);
  const lost =
    isFile ||
    (attribute.startsWith("collection failure") && done.titles.length <= 1) ||
    title === "(file does not load)";
  const plain = attribute || marked.join("\n");
  sink.found(
    failure({
      format: "junit",
      kind: lost || done.titles.at(-1)?.startsWith("Test suite failed to run") ? "file" : "test",
      suite: done.suite,
      titles: isFile ? ["(file)"] : done.titles,
      file: done.file,
      line: done.line,
      ms: done.ms,
      offset: done.offset,
      text: marked.length > 0 ? `${marked.join("\n")}\n${text}` : text,
      ...(plain !== "" && {
        message: (marked.length > 0 && attribute === "" ? marked.join("\n") : plain).slice(0, 2000),
      }),
      failures: done.failures,
      passes: done.passes,
      timedOut: done.type === "testTimeoutFailure" || /timeout/i.test(done.type) ? true : (undefined as never),
      excerpt: [attribute, body].filter(Boolean).join("\n"),
    }),
  );
}

/** Where a test lies and what it is called, by what this dialect puts into class and name. */
function placed(
  file: string | null,
  classname: string,
  title: string,
): { readonly file: string | null; readonly titles: readonly string[] } {
  const isPath = /\.(?:[cm]?[jt]sx?|py|rb|go|php)$/.test(classname);
  // vitest: the class is the file, the name the path of titles. pytest: the class is the module, dotted.
  if (isPath) return { file: file ?? classname, titles: title.split(" > ") };
  if (file === null && /^(?:[\w-]+\.)*(?:test_\w+|\w+_test|tests?)(?:\.[A-Z]\w*)*$/.test(classname)) {
    const parts = classname.split(".");
    const at = parts.findIndex((part) => /^[A-Z]/.test(part));
    const module = at === -1 ? parts : parts.slice(0, at);
    return { file: `${module.join("/")}.py`, titles: [...(at === -1 ? [] : parts.slice(at)), title] };
  }
  if (file !== null && file.endsWith(".py")) {
    const classes = classname.split(".").slice(file.replace(/\.py$/, "").split("/").length);
    return { file, titles: [...classes, title] };
  }
  if (classname === "" || classname === "test" || title.startsWith(classname)) return { file, titles: [title] };
  return { file, titles: [classname, title] };
}
