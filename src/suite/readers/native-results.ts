import { failure } from "../explain.ts";
import { cases } from "./junit.ts";
import { splitListing } from "./listing.ts";
import { isObject, objects, parseObject, relativePath, text as word, type Reader, type Reported } from "./reader.ts";
import { parseXml } from "./xml.ts";

const passing: Readonly<Record<string, Reported["status"]>> = { pass: "passed", fail: "failed", skip: "skipped" };

/** Which file holds a test of Go, by what was listed: "dir/x_test.go:func TestX". */
function goFiles(lines: readonly string[]): (suite: string, test: string) => string | null {
  const modules = lines.flatMap((line) => {
    const [, dir = "", path] = /^(?:(.*)\/)?go\.mod:module (\S+)/.exec(line) ?? [];
    return path === undefined ? [] : [{ dir, path: path.replaceAll('"', "") }];
  });
  const files = new Map<string, string>();
  for (const line of lines) {
    const [, file = "", name] = /^(.+_test\.go):func (\w+)$/.exec(line) ?? [];
    if (name !== undefined)
      files.set(`${file.includes("/") ? file.slice(0, file.lastIndexOf("/")) : ""}\n${name}`, file);
  }
  return (suite, test) => {
    const own = modules
      .filter(({ path }) => suite === path || suite.startsWith(`${path}/`))
      .toSorted((a, b) => b.path.length - a.path.length)[0];
    const below = own ? suite.slice(own.path.length + 1) : "";
    const dir = [own?.dir ?? "", below].filter((part) => part !== "").join("/");
    return files.get(`${dir}\n${test.split("/")[0]}`) ?? null;
  };
}

interface GoTest {
  readonly suite: string;
  readonly test: string;
  status: Reported["status"] | null;
  output: string;
}

/** `go test -json`: every test by name. A package that did not build, or ended without a failing test, is one that did not load. */
export const goTests: Reader = (whole, root) => {
  const { report, lines } = splitListing(whole);
  const fileOf = goFiles(lines);
  const found = new Map<string, GoTest>();
  const builds = new Map<string, string>();
  let heading = "";
  for (const line of report.split("\n")) {
    const event = line.startsWith("{") ? parseObject(line) : null;
    if (!event) {
      heading = /^# (\S+)/.exec(line)?.[1] ?? (/^FAIL\b/.test(line) ? "" : heading);
      // Before Go 1.24 what the compiler says is no event.
      if (heading !== "") builds.set(heading, `${builds.get(heading) ?? ""}${line}\n`);
      const lost = /^FAIL\t(\S+) (\[(?:build|setup) failed\])$/.exec(line);
      if (lost) found.set(`${lost[1]}\n`, { suite: lost[1] ?? "", test: "", status: "failed", output: lost[2] ?? "" });
      continue;
    }
    heading = "";
    const [action, suite, test] = [word(event["Action"]), word(event["Package"]), word(event["Test"])];
    if (action === "build-output") {
      const path = word(event["ImportPath"]).split(" ")[0] ?? "";
      builds.set(path, `${builds.get(path) ?? ""}${word(event["Output"])}`);
    }
    if (suite === "") continue;
    const known = found.get(`${suite}\n${test}`) ?? { suite, test, status: null, output: "" };
    found.set(`${suite}\n${test}`, known);
    if (action === "output" && known.output.length < 20_000) known.output += word(event["Output"]);
    known.status = passing[action] ?? known.status;
  }
  const all = [...found.values()];
  return all.flatMap((one): Reported[] => {
    const { suite, test, output } = one;
    const inside = all.filter((other) => other.suite === suite && other.test !== "");
    if (test === "") {
      // Of a package that failed, its tests say why.
      const told = inside.some(({ status }) => status === "failed" || status === null);
      if (one.status !== "failed" || told) return [];
      const said = `${builds.get(suite) ?? ""}${output}`.replaceAll(`${root}/`, "").trim();
      return [{ file: null, titles: [`${suite} (package)`], status: "failed", loadError: true, message: said }];
    }
    // A test whose subtest failed says no more than that.
    const parent = inside.some((other) => other.test.startsWith(`${test}/`) && other.status === "failed");
    if (parent) return [];
    // The process ended in it.
    const status = one.status ?? "failed";
    const said = output
      .replace(/^(?:=== .*|\s*--- .*)\n/gm, "")
      .replaceAll(`${root}/`, "")
      .trim();
    const message = status === "failed" ? said || "failed without a word" : null;
    return [{ file: fileOf(suite, test), titles: test.split("/"), status, message }];
  });
};

/** Where a test of a crate stands: its target, then the module that is a file of its own. */
function rustFile(lines: readonly string[], target: string, binary: string, name: string): string | null {
  const files = new Set(lines.filter((line) => line.endsWith(".rs")));
  const crates = lines.flatMap((line) => {
    const [, dir = "", crate] = /^(?:(.*)\/)?Cargo\.toml:name\s*=\s*"([^"]+)"/.exec(line) ?? [];
    return crate === undefined ? [] : [{ dir, crate: crate.replaceAll("-", "_") }];
  });
  const prefix = crates.find(({ crate }) => crate === binary)?.dir;
  const ends = [...files].filter((file) => file === target || file.endsWith(`/${target}`));
  const main =
    prefix === undefined ? (ends.length === 1 ? ends[0] : undefined) : [prefix, target].filter(Boolean).join("/");
  if (main === undefined || !files.has(main)) return null;
  const folder = main.slice(0, main.lastIndexOf("/") + 1);
  const modules = name.split("::").slice(0, -1);
  for (let count = modules.length; count > 0; count--) {
    const path = `${folder}${modules.slice(0, count).join("/")}`;
    for (const file of [`${path}.rs`, `${path}/mod.rs`]) if (files.has(file)) return file;
  }
  return main;
}

/** What a panic says, then where it was. */
function rustMessage(said: string): string {
  const [head = "", place = "", rest = ""] =
    /thread '.*' (?:\(\d+\) )?panicked at (\S+:\d+):\d+:\n([^]*)/.exec(said) ?? [];
  const text =
    head === "" ? said.trim() : `${said.slice(0, said.indexOf(head)).trim()}\n${rest.trim()}\nat ${place}`.trim();
  return text || "failed without a word";
}

/** What libtest prints: every test by name, with what the failing ones said. */
export const cargoTests: Reader = (whole, root) => {
  const { report, lines } = splitListing(whole);
  const tests: { file: string | null; name: string; status: Reported["status"]; said: string }[] = [];
  const lost: Reported[] = [];
  let [target, binary, from] = ["", "", 0];
  let saying: string | null = null;
  for (const line of report.split("\n")) {
    const runs = /^\s+Running (?:unittests )?(\S+)(?: \(.*?\/([\w-]+)-[\da-f]+(?:\.exe)?\))?$/.exec(line);
    const docs = /^\s+Doc-tests (\S+)$/.exec(line);
    if (runs || docs)
      [target, binary, from, saying] = [runs?.[1] ?? "", runs?.[2] ?? docs?.[1] ?? "", tests.length, null];
    const [, name, how] = /^test (.+?)(?: - should panic)? \.\.\. (ok|FAILED|ignored)\b/.exec(line) ?? [];
    if (name !== undefined) {
      const doc = /^(\S+\.rs) - /.exec(name)?.[1];
      const status = how === "ok" ? "passed" : how === "ignored" ? "skipped" : "failed";
      tests.push({ file: doc ?? rustFile(lines, target, binary, name), name, status, said: "" });
    }
    const head = /^---- (.+?)(?: - should panic)? stdout ----$/.exec(line)?.[1];
    if (head !== undefined || /^(?:failures:|test result: )/.test(line)) saying = head ?? null;
    else if (saying !== null) {
      const test = tests.slice(from).find((each) => each.name === saying);
      if (test && test.said.length < 6000) test.said += `${line}\n`;
    }
    const died = /process didn't exit successfully: `\S+.*\((.+)\)$/.exec(line)?.[1];
    if (died !== undefined && !/exit (?:status|code): 101/.test(died))
      lost.push({
        file: null,
        titles: [`${binary} (test binary)`],
        status: "failed",
        loadError: true,
        message: `the test binary ended with ${died}`,
      });
  }
  const compiled = /^error: could not compile `([\w-]+)`/m.exec(report);
  if (compiled)
    lost.push({
      file: null,
      titles: [`${compiled[1]} (build)`],
      status: "failed",
      loadError: true,
      message: /^error(?:\[E\d+\])?: (?!could not compile)[^]*?(?=\n\n|$)/m.exec(report)?.[0] ?? "does not compile",
    });
  const told = tests.map(({ file, name, status, said }): Reported => {
    const titles = name.split("::");
    const text = said.replace(/^stack backtrace:\n(?:\s+.*\n)*/m, "").replace(/^note: .*$/gm, "");
    const message = status === "failed" ? rustMessage(text.replaceAll(`${root}/`, "")) : null;
    return { file, titles, status, message };
  });
  return [...told, ...lost];
};

/** RSpec's JSON. What failed around its examples is one that did not load. */
export const rspecTests: Reader = (report, root) => {
  const document = parseObject(report);
  if (!document) return [];
  const tests = objects(document["examples"]).map((example): Reported => {
    const status = word(example["status"]);
    const problem = isObject(example["exception"]) ? example["exception"] : {};
    const place = `${relativePath(word(example["file_path"]), root)}:${String(example["line_number"])}`;
    return {
      file: relativePath(word(example["file_path"]), root),
      titles: [word(example["full_description"])],
      status: status === "passed" ? "passed" : status === "failed" ? "failed" : "skipped",
      message:
        status === "failed" ? `${word(problem["class"])}: ${word(problem["message"]).trim()}\nat ${place}` : null,
    };
  });
  const summary = isObject(document["summary"]) ? document["summary"] : {};
  const errors = Number(summary["errors_outside_of_examples_count"] ?? 0);
  if (errors === 0) return tests;
  const said = objects(document["messages"])
    .map((each) => word(each))
    .join("\n");
  const texts = Array.isArray(document["messages"]) ? document["messages"].map((each) => word(each)) : [said];
  const message = texts.join("\n").replaceAll(`${root}/`, "").trim();
  const file = /(?:while loading |# )\.\/(\S+?_spec\.rb)/.exec(message)?.[1] ?? null;
  return [...tests, { file, titles: ["(outside of the examples)"], status: "failed", loadError: true, message }];
};

/** Surefire's files one after the other, each a document. */
export const surefireXml: Reader = (whole) => {
  const { report, lines } = splitListing(whole);
  return report.split(/(?=<\?xml\b)/).flatMap((part) => {
    const document = parseXml(part);
    if (document === null) return [];
    const root = document.name === "testsuite" ? { ...document, name: "testsuites", children: [document] } : document;
    return cases(root).map(({ element, problem, status }): Reported => {
      const { classname = "", name = "" } = element.attributes;
      const path = `${(classname.split("$")[0] ?? "").replaceAll(".", "/")}.`;
      const file = lines.find((line) => line.includes(`/${path}`)) ?? null;
      const said = `${problem?.attributes["type"] ?? ""}: ${problem?.attributes["message"] ?? ""}`.replace(
        /^: |: $/g,
        "",
      );
      const place = failure({ format: "", titles: [], offset: 0, text: problem?.text ?? "" });
      const at = place.file === null ? "" : `\nat (${place.file}:${place.line})`;
      const whole = name === "" || name === classname;
      return {
        file,
        titles: [classname, whole ? "(class)" : name],
        status,
        message: status === "failed" ? `${said || (problem?.text ?? "").split("\n")[0]}${at}` : null,
      };
    });
  });
};
