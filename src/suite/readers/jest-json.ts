import { objects, parseObject, relativePath, text, withoutStack, type Reader, type Reported } from "./reader.ts";

const statuses: Readonly<Record<string, Reported["status"]>> = { passed: "passed", failed: "failed" };

/** A file that failed without a failed test did not load, or a hook of it failed. */
function fileItself(file: string, message: string, empty: boolean): Reported {
  const title = empty ? "(file does not load)" : "(hook or file)";
  return { file, titles: [title], status: "failed", loadError: empty, message: message || "failed outside its tests" };
}

/** The format of `jest --json`, which vitest's json reporter writes too. */
export const jestJson: Reader = (report, root) =>
  objects(parseObject(report)?.["testResults"]).flatMap((entry) => {
    const file = relativePath(text(entry["name"]), root);
    const tests = objects(entry["assertionResults"]).map((test): Reported => {
      const parents = Array.isArray(test["ancestorTitles"]) ? test["ancestorTitles"].map(String) : [];
      const failures = Array.isArray(test["failureMessages"]) ? test["failureMessages"].map(String) : [];
      return {
        file,
        titles: [...parents, text(test["title"])],
        status: statuses[text(test["status"])] ?? "skipped",
        message: failures.length > 0 ? withoutStack(failures.join("\n\n"), root) : null,
      };
    });
    const alone = entry["status"] === "failed" && tests.every((test) => test.status !== "failed");
    return alone ? [...tests, fileItself(file, withoutStack(text(entry["message"]), root), tests.length === 0)] : tests;
  });
