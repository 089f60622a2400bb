import { failure } from "../explain.ts";
import type { Sink } from "./dialect.ts";
import { isObject, objects, parseObject, text } from "./reader.ts";

type Json = Record<string, unknown>;
interface JsonReport {
  readonly name: string;
  recognise(report: Json): boolean;
  read(report: Json, sink: Sink): void;
}

const strings = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);
const numberOf = (value: unknown): number | null => (typeof value === "number" ? value : null);
const tallyOf = (sink: Sink, status: string): void => {
  if (/^pass|^expected$|^ok$/.test(status)) sink.tally({ passed: 1 });
  else if (/^(?:fail|error|unexpected|broken|timedOut)/.test(status)) sink.tally({ failed: 1 });
  else sink.tally({ skipped: 1 });
};

/** jest and vitest. https://jestjs.io/docs/cli#--json */
const jest: JsonReport = {
  name: "jest-json",
  recognise: (report) => Array.isArray(report["testResults"]),
  read(report, sink) {
    if (typeof report["startTime"] === "number") sink.made(report["startTime"]);
    for (const entry of objects(report["testResults"])) {
      const file = text(entry["name"], text(entry["testFilePath"])) || null;
      const tests = objects(entry["assertionResults"] ?? entry["testResults"]);
      for (const test of tests) {
        const status = text(test["status"]);
        tallyOf(sink, status);
        const invocations = numberOf(test["invocations"]) ?? 1;
        const retried = status === "passed" && (invocations > 1 || strings(test["retryReasons"]).length > 0);
        if (status !== "failed" && !retried) continue;
        const said = strings(test["failureMessages"]).concat(strings(test["retryReasons"])).join("\n\n");
        const place = isObject(test["location"]) ? numberOf(test["location"]["line"]) : null;
        sink.found(
          failure({
            format: "jest-json",
            file,
            titles: [...strings(test["ancestorTitles"]), text(test["title"])],
            offset: 0,
            text: said || "failed",
            ms: numberOf(test["duration"]),
            failures: retried ? Math.max(1, invocations - 1) : Math.max(1, invocations),
            passes: retried ? 1 : 0,
            ...(place !== null && !said.includes(".") && { line: place }),
          }),
        );
      }
      const alone = entry["status"] === "failed" && tests.every((test) => test["status"] !== "failed");
      const said = text(
        entry["message"],
        text(isObject(entry["testExecError"]) ? entry["testExecError"]["message"] : ""),
      );
      if (alone)
        sink.found(
          failure({
            format: "jest-json",
            kind: "file",
            file,
            titles: [tests.length === 0 ? "(file does not load)" : "(hook or file)"],
            offset: 0,
            text: said || "failed outside its tests",
          }),
        );
    }
  },
};

/** mocha's json reporter. https://mochajs.org/#json */
const mocha: JsonReport = {
  name: "mocha-json",
  recognise: (report) =>
    isObject(report["stats"]) && Array.isArray(report["failures"]) && Array.isArray(report["passes"]),
  read(report, sink) {
    sink.tally({
      passed: objects(report["passes"]).length,
      failed: objects(report["failures"]).length,
      skipped: objects(report["pending"]).length,
    });
    const start = Date.parse(text(isObject(report["stats"]) ? report["stats"]["start"] : ""));
    if (!Number.isNaN(start)) sink.made(start);
    for (const test of objects(report["failures"])) {
      const error = isObject(test["err"]) ? test["err"] : {};
      const own = text(test["title"]);
      const full = text(test["fullTitle"], own);
      const parent = full.endsWith(` ${own}`) ? full.slice(0, -own.length - 1) : "";
      const words = { expected: shown(error["expected"]), actual: shown(error["actual"]) };
      sink.found(
        failure({
          format: "mocha-json",
          file: text(test["file"]) || null,
          titles: [parent, own].filter(Boolean),
          offset: 0,
          text: text(error["stack"], text(error["message"], "failed")),
          ...words,
          ms: numberOf(test["duration"]),
        }),
      );
    }
    for (const test of objects(report["passes"])) {
      const retries = numberOf(test["currentRetry"]) ?? 0;
      if (retries > 0)
        sink.found(
          failure({
            format: "mocha-json",
            file: text(test["file"]) || null,
            titles: [text(test["fullTitle"])],
            offset: 0,
            text: `passed at try ${retries + 1}`,
            failures: retries,
            passes: 1,
          }),
        );
    }
  },
};

const shown = (value: unknown): string | null =>
  value === undefined ? null : typeof value === "string" ? value : JSON.stringify(value);

/** Playwright. https://playwright.dev/docs/test-reporters#json-reporter */
const playwright: JsonReport = {
  name: "playwright-json",
  recognise: (report) => Array.isArray(report["suites"]) && isObject(report["config"]),
  read(report, sink) {
    const walk = (suite: Json, titles: readonly string[]): void => {
      for (const spec of objects(suite["specs"]))
        for (const test of objects(spec["tests"])) {
          const results = objects(test["results"]);
          const status = text(test["status"]);
          tallyOf(sink, status === "flaky" ? "passed" : status);
          if (status !== "unexpected" && status !== "flaky") continue;
          const failed = results.filter((result) => !["passed", "skipped"].includes(text(result["status"])));
          const error = failed.flatMap((result) =>
            objects(result["errors"]).concat(isObject(result["error"]) ? [result["error"]] : []),
          )[0];
          sink.found(
            failure({
              format: "playwright-json",
              suite: text(test["projectName"]) || null,
              file: text(spec["file"]) || null,
              line: numberOf(spec["line"]),
              titles: [...titles, text(spec["title"])],
              offset: 0,
              text: text(error?.["stack"], text(error?.["message"], "failed")),
              ms: numberOf(results.at(-1)?.["duration"]),
              failures: Math.max(1, failed.length),
              passes: results.length - failed.length,
              timedOut: failed.some((result) => result["status"] === "timedOut"),
            }),
          );
        }
      for (const inner of objects(suite["suites"])) walk(inner, [...titles, text(inner["title"])]);
    };
    for (const suite of objects(report["suites"])) walk(suite, []);
    for (const error of objects(report["errors"]))
      sink.found(
        failure({
          format: "playwright-json",
          kind: "build",
          titles: ["(configuration)"],
          offset: 0,
          text: text(error["stack"], text(error["message"])),
        }),
      );
  },
};

/** pytest-json-report. */
const pytest: JsonReport = {
  name: "pytest-json",
  recognise: (report) => Array.isArray(report["tests"]) && isObject(report["summary"]) && "exitcode" in report,
  read(report, sink) {
    for (const test of objects(report["tests"])) {
      const status = text(test["outcome"]);
      tallyOf(sink, status);
      if (!["failed", "error"].includes(status)) continue;
      const [file = "", ...titles] = text(test["nodeid"]).split("::");
      const phase = ["setup", "call", "teardown"]
        .map((name) => test[name])
        .filter(isObject)
        .find((each) => each["outcome"] === "failed");
      const crash = isObject(phase?.["crash"]) ? phase["crash"] : {};
      sink.found(
        failure({
          format: "pytest-json",
          file,
          titles,
          line: numberOf(crash["lineno"]) ?? numberOf(test["lineno"]),
          offset: 0,
          text: text(phase?.["longrepr"], text(crash["message"], "failed")),
          message: text(crash["message"]) || (null as never),
          ms: numberOf(phase?.["duration"]) === null ? null : Math.round(Number(phase?.["duration"]) * 1000),
        }),
      );
    }
    for (const one of objects(report["collectors"]).filter((each) => each["outcome"] === "failed"))
      sink.found(
        failure({
          format: "pytest-json",
          kind: "file",
          file: text(one["nodeid"]),
          titles: ["(file does not load)"],
          offset: 0,
          text: text(one["longrepr"]),
        }),
      );
  },
};

/** rspec --format json. */
const rspec: JsonReport = {
  name: "rspec-json",
  recognise: (report) => Array.isArray(report["examples"]) && "summary_line" in report,
  read(report, sink) {
    for (const one of objects(report["examples"])) {
      tallyOf(sink, text(one["status"]));
      if (one["status"] !== "failed") continue;
      const error = isObject(one["exception"]) ? one["exception"] : {};
      const stack = strings(error["backtrace"])
        .map((line) => `# ${line}`)
        .join("\n");
      sink.found(
        failure({
          format: "rspec-json",
          file: text(one["file_path"]).replace(/^\.\//, ""),
          line: numberOf(one["line_number"]),
          titles: [text(one["full_description"])],
          offset: 0,
          text: `${text(error["message"], "failed").trim()}\n${stack}`,
          ms: numberOf(one["run_time"]) === null ? null : Math.round(Number(one["run_time"]) * 1000),
        }),
      );
    }
  },
};

/** Common Test Report Format. https://ctrf.io */
const ctrf: JsonReport = {
  name: "ctrf",
  recognise: (report) => isObject(report["results"]) && Array.isArray(report["results"]["tests"]),
  read(report, sink) {
    for (const test of objects(isObject(report["results"]) ? report["results"]["tests"] : [])) {
      const status = text(test["status"]);
      tallyOf(sink, status);
      const flaky = test["flaky"] === true;
      if (status !== "failed" && !flaky) continue;
      const retries = numberOf(test["retries"]) ?? 0;
      sink.found(
        failure({
          format: "ctrf",
          suite: Array.isArray(test["suite"]) ? strings(test["suite"]).join(" > ") : text(test["suite"]) || null,
          file: text(test["filePath"]) || null,
          line: numberOf(test["line"]),
          titles: [text(test["name"])],
          offset: 0,
          text: [text(test["message"]), text(test["trace"])].filter(Boolean).join("\n") || "failed",
          ms: numberOf(test["duration"]),
          failures: flaky ? Math.max(1, retries) : retries + 1,
          passes: flaky ? 1 : 0,
        }),
      );
    }
  },
};

const kinds: readonly JsonReport[] = [jest, mocha, playwright, pytest, rspec, ctrf];

/** Reads a report that is one JSON document; the name of its format, or null when it is none that is known. */
export function readJsonReport(source: string, sink: Sink): string | null {
  const report = parseObject(source.replace(/^\ufeff/, ""));
  const kind = report && kinds.find((each) => each.recognise(report));
  if (!report || !kind) return null;
  kind.read(report, sink);
  return kind.name;
}
