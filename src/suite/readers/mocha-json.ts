import {
  isObject,
  objects,
  parseObject,
  relativePath,
  text,
  withoutStack,
  type Reader,
  type Reported,
} from "./reader.ts";

/** mocha gives titles joined by blanks only; failed hooks appear among the failures, not among the tests. */
export const mochaJson: Reader = (report, root) => {
  const parsed = parseObject(report);
  const pending = new Set(objects(parsed?.["pending"]).map(key));
  const failures = objects(parsed?.["failures"]);
  const failed = new Set(failures.map(key));
  const tests = objects(parsed?.["tests"]);
  const known = new Set(tests.map(key));
  const hooks = failures.filter((failure) => !known.has(key(failure)));
  return [...tests, ...hooks].map((test): Reported => {
    const error = isObject(test["err"]) ? text(test["err"]["stack"], text(test["err"]["message"])) : "";
    return {
      file: typeof test["file"] === "string" ? relativePath(test["file"], root) : null,
      titles: [text(test["fullTitle"], text(test["title"]))],
      status: failed.has(key(test)) ? "failed" : pending.has(key(test)) ? "skipped" : "passed",
      message: error === "" ? null : withoutStack(error, root),
    };
  });
};

function key(test: Record<string, unknown>): string {
  return `${text(test["file"])}\n${text(test["fullTitle"])}`;
}
