import { relativePath, withoutStack, type Reader, type Reported } from "./reader.ts";
import { decodeEntities, parseXml, type XmlElement } from "./xml.ts";

interface Case {
  readonly element: XmlElement;
  /** Names of the enclosing suites that are more than containers. */
  readonly parents: readonly string[];
  /** The failure, error or skipped element. */
  readonly problem: XmlElement | undefined;
  readonly status: Reported["status"];
}

/** All test cases in document order. A skipped mark wins over a failure: node:test writes both for a failing todo. */
export function cases(element: XmlElement, parents: readonly string[] = []): Case[] {
  return element.children.flatMap((child) => {
    if (child.name === "testsuite") return cases(child, [...parents, child.attributes["name"] ?? ""]);
    if (child.name !== "testcase") return [];
    const having = (name: string): XmlElement | undefined => child.children.find((each) => each.name === name);
    const skipped = having("skipped");
    const problem = skipped ?? having("failure") ?? having("error");
    return [{ element: child, parents, problem, status: skipped ? "skipped" : problem ? "failed" : "passed" }];
  });
}

/**
 * What node:test counted as failed but did not list: tests that failed by themselves although they have subtests. Their
 * report carries only totals, so that they become one entry without a name.
 */
function unlisted(report: string, root: XmlElement, listed: readonly Case[]): Reported[] {
  const total = Number(/<!-- fail (\d+) -->/.exec(report)?.[1] ?? 0);
  const failed = listed.filter(
    (each) => each.status === "failed" && each.problem?.attributes["type"] !== "cancelledByParent",
  );
  const suites = (element: XmlElement): number =>
    element.children.reduce(
      (sum, child) => sum + suites(child) + Number(child.name === "testsuite" && child.attributes["failures"] !== "0"),
      0,
    );
  if (total <= failed.length + suites(root)) return [];
  return [
    {
      file: null,
      titles: ["(a test with subtests)"],
      status: "failed",
      message: "a test that has subtests failed by itself; see the output",
    },
  ];
}

/** The junit reporter of node:test. Node escapes quotes twice; before Node 22 it names no file. */
export const nodeJunit: Reader = (report, root) => {
  const document = parseXml(report);
  if (document === null) return [];
  const listed = cases(document);
  const tests = listed.map(({ element, parents, problem, status }): Reported => {
    const name = decodeEntities(element.attributes["name"] ?? "");
    const path = element.attributes["file"];
    const file = path === undefined ? null : relativePath(path, root);
    // node names a whole file as a test when it ended badly, or has no tests of its own.
    const whole = relativePath(name, root);
    const isFile = parents.length === 0 && (file === whole || (file === null && name.startsWith("/")));
    const message =
      status !== "failed" ? null : isFile ? "the file ended before its tests were known" : nodeMessage(problem, root);
    return {
      file: isFile ? whole : file,
      titles: isFile ? ["(file)"] : [...parents.map(decodeEntities), name],
      status,
      loadError: isFile && status === "failed",
      message,
    };
  });
  return [...tests, ...unlisted(report, document, listed)];
};

/** Message attribute, or the text where it is empty, and the place in the repository where the test failed. */
function nodeMessage(problem: XmlElement | undefined, root: string): string {
  const body = withoutStack(problem?.text ?? "", root);
  const place = /^at .*$/m.exec(withoutStack((problem?.text ?? "").replace(/[^]*?cause: /, ""), root))?.[0];
  const head = decodeEntities(problem?.attributes["message"] ?? "") || body;
  return place && !head.includes(place) ? `${head}\n${place}` : head;
}

/** The file a pytest class name stands for: leading parts up to the first that is a class. */
function pytestFile(classname: string): string {
  const parts = classname.split(".");
  const firstClass = parts.findIndex((part, index) => index > 0 && /^[A-Z]/.test(part));
  return `${(firstClass === -1 ? parts : parts.slice(0, firstClass)).join("/")}.py`;
}

/** pytest's report, in the family that names files (xunit1) or the default one that does not. */
export const pytestJunit: Reader = (report, root) => {
  const document = parseXml(report);
  if (document === null) return [];
  return cases(document).map(({ element, problem, status }): Reported => {
    const { classname = "", name = "", file: path } = element.attributes;
    const whole = classname === "";
    const file = relativePath(path ?? pytestFile(whole ? name : classname), root);
    const classes = classname.split(".").slice(file.replace(/\.py$/, "").split("/").length);
    const loadError = whole && status === "failed";
    return {
      file,
      titles: whole ? ["(file does not load)"] : [...classes, name],
      status,
      loadError,
      message: status === "failed" ? pytestMessage(problem, loadError, root) : null,
    };
  });
};

/** pytest's own message and the line it points at; of a collection error the lines that say what was wrong. */
function pytestMessage(problem: XmlElement | undefined, loadError: boolean, root: string): string {
  const lines = (problem?.text ?? "").replaceAll(`${root}/`, "").split("\n");
  const marked = lines.filter((line) => /^E\s/.test(line)).map((line) => line.replace(/^E\s+/, ""));
  if (loadError) return marked.join("\n") || lines.slice(0, 5).join("\n");
  const place = lines.findLast((line) => /^\S+\.py:\d+: /.test(line));
  return [problem?.attributes["message"] ?? "", ...(place ? [`at ${place}`] : [])].join("\n");
}
