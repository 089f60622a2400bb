import { spotted } from "./spotted-text.ts";

/** Karma's dots and progress reporters. */
export const karmaText = spotted({
  name: "karma",
  sign: " FAILED",
  head: /^\S.* \d+(?:\.\d+)+ \(.*?\) (?<name>.+) FAILED$/,
  more: /^\s/,
  total: /^TOTAL: (?:(?<failed>\d+) FAILED, )?(?<passed>\d+) SUCCESS/,
});

/** Jasmine's console: "1) suite test", then "Message:" and "Stack:". */
export const jasmineText = spotted({
  name: "jasmine",
  sign: ") ",
  head: /^\d+\) (?<name>\S.*[^:])$/,
  more: /^\s{2,}/,
  confirm: /^ {2}Message:$/m,
  frame: /^\s*(?:Message|Stack):\n/gm,
  timedOut: /Timeout - Async function did not complete/,
});

/** AVA: a heading by name, then where, what and the difference. */
export const avaText = spotted({
  name: "ava",
  sign: "✘ [",
  head: /^\s*✘ \[(?:fail|unexpected pass)\]: (?<name>.+?)(?: (?<message>(?:Error thrown in|Test (?:was|finished|timeout|ended)|Assertion|Rejected|Timeout).*))?$/u,
  between: / › /,
  timedOut: /Test timeout exceeded/,
});

/** What AVA says of each below its list: its place first. */
export const avaDetails = spotted({
  name: "ava-details",
  sign: " › ",
  head: /^ {2}(?![●✘✔✖›◯]|\d+\) )(?<name>\S.* › .+)$/u,
  more: /^ {2}(?!✘)|^$/u,
  confirm: /^\s+\S+\.[cm]?[jt]sx?:\d+$/m,
  frame: /^\s+\d+: .*\n/gm,
  between: / › /,
});

/** A file of AVA's that ends before its tests. */
export const avaLoad = spotted({
  name: "ava",
  sign: "Uncaught exception in ",
  head: /^\s*Uncaught exception in (?<file>\S+)$/,
  more: /^ {2}(?!✘)/u,
  whole: true,
});

/** `deno test`: its list of errors. */
export const denoText = spotted({
  name: "deno",
  sign: " => ",
  head: /^(?<name>\S.*) => (?<file>\.?\/?\S+?):(?<line>\d+):\d+$/,
  more: /^(?!\s*(?:FAILURES|ERRORS)\b)/,
  until: /^(?:FAILURES|FAILED \|)|^\s*FAILURES\s*$/,
  between: / \.\.\. /,
  total: /^(?:FAILED|ok) \| (?<passed>\d+) passed[^|]*\| (?<failed>\d+) failed(?: \| (?<skipped>\d+) ignored)?/,
});

/** Flutter and Dart: "00:02 +1 -1: name [E]". */
export const dartText = spotted({
  name: "dart",
  sign: " [E]",
  head: /^\d\d:\d\d(?:\.\d+)? (?:\+\d+ ?)?(?:~\d+ ?)?-\d+: (?<name>.+) \[E\]$/,
  more: /^\s/,
});

/** ScalaTest, in sbt's frame or not. */
export const scalatestText = spotted({
  name: "scalatest",
  sign: "*** FAILED ***",
  head: /^(?:\[info\] )?\s*- (?<name>.+) \*\*\* FAILED \*\*\*(?: \(.*\))?$/,
  more: /^(?:\[info\] )?\s{2,}\S/,
  frame: /^\[info\] /gm,
  until: /^$/,
  total: /^(?:\[info\] )?Tests: succeeded (?<passed>\d+), failed (?<failed>\d+), canceled \d+, ignored (?<skipped>\d+)/,
});

/** XCTest, on macOS and on Linux. */
export const xctestText = spotted({
  name: "xctest",
  sign: ": error: ",
  head: /^(?<file>\S+\.(?:swift|m|mm)):(?<line>\d+): error: -\[(?:\w+\.)?(?<suite>\w+) (?<name>\w+)\] : (?<message>.+)$/,
});

/** The same with a dotted name, which is how XCTest prints it on Linux. */
export const xctestDotted = spotted({
  name: "xctest",
  sign: ": error: ",
  head: /^(?<file>\S+\.swift):(?<line>\d+): error: (?<suite>\w+)\.(?<name>\w+) : (?<message>.+)$/,
});

/** Swift Testing. */
export const swiftTestingText = spotted({
  name: "swift-testing",
  sign: "recorded an issue",
  head: /^\S+\s+Test (?<name>.+?)(?: with .*?)? recorded an issue.*? at (?<file>\S+?):(?<line>\d+):\d+: (?<message>.+)$/,
});

/** Bazel's list at the end; a target is a test here. */
export const bazelText = spotted({
  name: "bazel",
  sign: "//",
  head: /^(?<name>(?:@[\w.~+-]*)?\/\/\S*)\s+(?<message>(?:FAILED|TIMEOUT)\b.*? in [\d.]+s)/,
  timedOut: /\bTIMEOUT\b/,
  more: /^ {2}\//,
  until: /^$/,
});

/** behave: the scenario stands above its step that failed. */
export const behaveText = spotted({
  name: "behave",
  sign: "ssertion Failed:",
  titled: /^\s*Scenario(?: Outline)?: (.+?)\s+#\s\S+$/,
  head: /^\s+Assertion Failed: (?<message>.+)$/,
});

/** Cucumber in JavaScript and Ruby. */
export const cucumberText = spotted({
  name: "cucumber",
  sign: ") Scenario",
  head: /^\d+\) Scenario: (?<name>.+?)(?: \(attempt.*?\))? # (?<file>\S+?):(?<line>\d+)$/,
  more: /^\s/,
  until: /^$/,
});

/** Robot Framework's console; of a suite only its tests. */
export const robotText = spotted({
  name: "robot",
  sign: "| FAIL |",
  head: /^(?<name>\S.*?)\s+\| FAIL \|$/,
  confirm: /\n\s*\S/,
  more: /^(?!-{20,}|={20,}|\d+ tests?,)/,
  until: /^(?:-{20,}|={20,})/,
});

/** Catch2: the test case in a frame, then the place and the expression. */
export const catchText = spotted({
  name: "catch2",
  sign: ": FAILED:",
  titled: /^([A-Za-z_].{0,120}[\w)])$/,
  head: /^(?<file>\S+?):(?<line>\d+): FAILED:$/,
  more: /^(?![=-]{20,})/,
  until: /^[=-]{20,}/,
  total: /^test cases: \d+ \|(?: (?<passed>\d+) passed)?(?: \|? ?(?<failed>\d+) failed)?/,
});

/** PHPUnit's --testdox. */
export const testdoxText = spotted({
  name: "testdox",
  sign: "✘ ",
  titled: /^([A-Z][\w\\ ]*(?: \([\w\\]+\))?)$/,
  head: /^ ✘ (?<name>.+?)(?: \[[\d.]+ ms\])?$/u,
  more: /^\s+[│├┐┊]/u,
  frame: /^\s+[│├┐┊] ?/gmu,
  until: /^$/,
});

/** What a step tells GitHub Actions to show at a line, where its title names a test: vitest, pytest, go, and others. */
export const annotations = spotted({
  name: "annotation",
  sign: "::error ",
  head: /^::error (?=[^:]*title=[^:,]* > )(?=[^:]*file=(?<file>[^,:]+))(?=[^:]*title=(?<name>[^,:]+))(?:(?=[^:]*line=(?<line>\d+)))?.*?::(?<message>.+)$/,
  between: / > /,
});
