import { type Marks, spotted } from "./spotted-text.ts";

/** Karma's dots and progress reporters. */
const karmaText: Marks = {
  name: "karma",
  sign: " FAILED",
  head: /^\S.* \d+(?:\.\d+)+ \(.*?\) (?<name>.+) FAILED$/,
  more: /^\s/,
  totalSign: "TOTAL: ",
  total: /^TOTAL: (?:(?<failed>\d+) FAILED, )?(?<passed>\d+) SUCCESS/,
};

/** Jasmine's console: "1) suite test", then "Message:" and "Stack:". */
const jasmineText: Marks = {
  name: "jasmine",
  sign: ") ",
  head: /^\d+\) (?<name>\S.*[^:])$/,
  more: /^\s{2,}/,
  confirm: /^ {2}Message:$/m,
  frame: /^\s*(?:Message|Stack):\n/gm,
  timedOut: /Timeout - Async function did not complete/,
};

/** AVA: a heading by name, then where, what and the difference. */
const avaText: Marks = {
  name: "ava",
  sign: "✘ [",
  head: /^\s*✘ \[(?:fail|unexpected pass)\]: (?<name>.+?)(?: (?<message>(?:Error thrown in|Test (?:was|finished|timeout|ended)|Assertion|Rejected|Timeout).*))?$/u,
  between: / › /,
  timedOut: /Test timeout exceeded/,
};

/** What AVA says of each below its list: its place first. */
const avaDetails: Marks = {
  name: "ava-details",
  sign: " › ",
  head: /^ {2}(?![●✘✔✖›◯]|\d+\) )(?<name>\S.* › .+)$/u,
  more: /^ {2}(?!✘)|^$/u,
  confirm: /^\s+\S+\.[cm]?[jt]sx?:\d+$/m,
  frame: /^\s+\d+: .*\n/gm,
  between: / › /,
};

/** A file of AVA's that ends before its tests. */
const avaLoad: Marks = {
  name: "ava",
  sign: "Uncaught exception in ",
  head: /^\s*Uncaught exception in (?<file>\S+)$/,
  more: /^ {2}(?!✘)/u,
  whole: true,
};

/** `deno test`: its list of errors. */
const denoText: Marks = {
  name: "deno",
  sign: " => ",
  head: /^(?<name>\S.*) => (?<file>\.?\/?\S+?):(?<line>\d+):\d+$/,
  more: /^(?!\s*(?:FAILURES|ERRORS)\b)/,
  until: /^(?:FAILURES|FAILED \|)|^\s*FAILURES\s*$/,
  between: / \.\.\. /,
  totalSign: " failed",
  total: /^(?:FAILED|ok) \| (?<passed>\d+) passed[^|]*\| (?<failed>\d+) failed(?: \| (?<skipped>\d+) ignored)?/,
};

/** Flutter and Dart: "00:02 +1 -1: name [E]". */
const dartText: Marks = {
  name: "dart",
  sign: " [E]",
  head: /^\d\d:\d\d(?:\.\d+)? (?:\+\d+ ?)?(?:~\d+ ?)?-\d+: (?<name>.+) \[E\]$/,
  more: /^\s/,
};

/** ScalaTest, in sbt's frame or not. */
const scalatestText: Marks = {
  name: "scalatest",
  sign: "*** FAILED ***",
  head: /^(?:\[info\] )?\s*- (?<name>.+) \*\*\* FAILED \*\*\*(?: \(.*\))?$/,
  more: /^(?:\[info\] )?\s{2,}\S/,
  frame: /^\[info\] /gm,
  until: /^$/,
  totalSign: "Tests: succeeded ",
  total: /^(?:\[info\] )?Tests: succeeded (?<passed>\d+), failed (?<failed>\d+), canceled \d+, ignored (?<skipped>\d+)/,
};

/** XCTest, on macOS and on Linux. */
const xctestText: Marks = {
  name: "xctest",
  sign: ": error: ",
  head: /^(?<file>\S+\.(?:swift|m|mm)):(?<line>\d+): error: -\[(?:\w+\.)?(?<suite>\w+) (?<name>\w+)\] : (?<message>.+)$/,
};

/** The same with a dotted name, which is how XCTest prints it on Linux. */
const xctestDotted: Marks = {
  name: "xctest",
  sign: ": error: ",
  head: /^(?<file>\S+\.swift):(?<line>\d+): error: (?<suite>\w+)\.(?<name>\w+) : (?<message>.+)$/,
};

/** Swift Testing. */
const swiftTestingText: Marks = {
  name: "swift-testing",
  sign: "recorded an issue",
  head: /^\S+\s+Test (?<name>.+?)(?: with .*?)? recorded an issue.*? at (?<file>\S+?):(?<line>\d+):\d+: (?<message>.+)$/,
};

/** Bazel's list at the end; a target is a test here. */
const bazelText: Marks = {
  name: "bazel",
  sign: "//",
  head: /^(?<name>(?:@[\w.~+-]*)?\/\/\S*)\s+(?<message>(?:FAILED|TIMEOUT)\b.*? in [\d.]+s)/,
  timedOut: /\bTIMEOUT\b/,
  more: /^ {2}\//,
  until: /^$/,
};

/** behave: the scenario stands above its step that failed. */
const behaveText: Marks = {
  name: "behave",
  sign: "ssertion Failed:",
  titled: /^\s*Scenario(?: Outline)?: (.+?)\s+#\s\S+$/,
  head: /^\s+Assertion Failed: (?<message>.+)$/,
};

/** Cucumber in JavaScript and Ruby. */
const cucumberText: Marks = {
  name: "cucumber",
  sign: ") Scenario",
  head: /^\d+\) Scenario: (?<name>.+?)(?: \(attempt.*?\))? # (?<file>\S+?):(?<line>\d+)$/,
  more: /^\s/,
  until: /^$/,
};

/** Robot Framework's console; of a suite only its tests. */
const robotText: Marks = {
  name: "robot",
  sign: "| FAIL |",
  head: /^(?<name>\S.*?)\s+\| FAIL \|$/,
  confirm: /\n\s*\S/,
  more: /^(?!-{20,}|={20,}|\d+ tests?,)/,
  until: /^(?:-{20,}|={20,})/,
};

/** Catch2: the test case in a frame, then the place and the expression. */
const catchText: Marks = {
  name: "catch2",
  sign: ": FAILED:",
  titled: /^([A-Za-z_].{0,120}[\w)])$/,
  head: /^(?<file>\S+?):(?<line>\d+): FAILED:$/,
  more: /^(?![=-]{20,})/,
  until: /^[=-]{20,}/,
  totalSign: "test cases: ",
  total: /^test cases: \d+ \|(?: (?<passed>\d+) passed)?(?: \|? ?(?<failed>\d+) failed)?/,
};

/** PHPUnit's --testdox. */
const testdoxText: Marks = {
  name: "testdox",
  sign: "✘ ",
  head: /^ ✘ (?<name>.+?)(?: \[[\d.]+ ms\])?$/u,
  more: /^\s+[│├┐┊]/u,
  frame: /^\s+[│├┐┊] ?/gmu,
  until: /^$/,
};

/** What a step tells GitHub Actions to show at a line, where its title names a test: vitest, pytest, go, and others. */
const annotations: Marks = {
  name: "annotation",
  sign: "::error ",
  head: /^::error (?=[^:]*title=[^:,]* > )(?=[^:]*file=(?<file>[^,:]+))(?=[^:]*title=(?<name>[^,:]+))(?:(?=[^:]*line=(?<line>\d+)))?.*?::(?<message>.+)$/,
  between: / > /,
};

/** All of them. */
export const spottedText = spotted([
  karmaText,
  jasmineText,
  avaText,
  avaDetails,
  avaLoad,
  denoText,
  dartText,
  scalatestText,
  xctestText,
  xctestDotted,
  swiftTestingText,
  bazelText,
  behaveText,
  cucumberText,
  robotText,
  catchText,
  testdoxText,
  annotations,
]);
