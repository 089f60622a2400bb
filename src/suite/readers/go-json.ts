import { failure } from "../explain.ts";
import { add, type Block, block, type Dialect, type Sink, textOf } from "./dialect.ts";
import { goMessage } from "./go-text.ts";
import { parseObject, text as word } from "./reader.ts";

interface Told {
  readonly block: Block;
  failures: number;
  passes: number;
  /** It runs, and has not ended. */
  open: boolean;
  ms: number | null;
}

/** What has been begun and not told yet. */
const beginGoJson = (sink: Sink) => ({
  sink,
  tests: new Map<string, Told>(),
  builds: new Map<string, Block>(),
});
type GoJsonState = ReturnType<typeof beginGoJson>;

const at = (s: GoJsonState, key: string, offset: number): Told => {
  const known = s.tests.get(key) ?? { block: block(offset), failures: 0, passes: 0, open: false, ms: null };
  s.tests.set(key, known);
  return known;
};

function lineGoJson(s: GoJsonState, text: string, offset: number): void {
  if (!text.startsWith("{") || !text.includes('"Action"')) return;
  const event = parseObject(text);
  if (!event) return;
  const action = word(event["Action"]);
  const output = word(event["Output"]).replace(/\n$/, "");
  if (action === "build-output") {
    const name = word(event["ImportPath"]);
    const kept = s.builds.get(name) ?? block(offset);
    s.builds.set(name, kept);
    add(kept, output);
    return;
  }
  const key = `${word(event["Package"])}\n${word(event["Test"])}`;
  const own = at(s, key, offset);
  if (action === "output") add(own.block, output);
  if (action === "run") own.open = true;
  if (/^(?:fail|pass|skip)$/.test(action)) own.open = false;
  if (action === "fail") own.failures += 1;
  if (action === "pass") own.passes += 1;
  if (word(event["Test"]) !== "" && action === "pass") s.sink.tally({ passed: 1 });
  if (action === "skip" && word(event["Test"]) !== "") s.sink.tally({ skipped: 1 });
  if (typeof event["Elapsed"] === "number") own.ms = Math.round(event["Elapsed"] * 1000);
  // What passed need not be kept.
  if ((action === "pass" || action === "skip") && own.failures === 0)
    s.tests.set(key, { ...own, block: block(offset) });
}

function endGoJson(s: GoJsonState): void {
  const failed = [...s.tests].filter(([, { failures }]) => failures > 0);
  const within = new Set(failed.map(([key]) => key));
  const packages = new Set(failed.flatMap(([key]) => (key.endsWith("\n") ? [] : [key.split("\n")[0] ?? ""])));
  for (const [key, { block: kept, failures, passes, ms }] of failed) {
    const [suite = "", name = ""] = key.split("\n");
    if ([...within].some((other) => other.startsWith(`${key}/`))) continue;
    const text = textOf(kept);
    if (name === "") {
      if (packages.has(suite)) continue;
      const built = [...s.builds].find(([path]) => path === suite || path.startsWith(`${suite} `))?.[1];
      const isBuild = built !== undefined || /\[(?:build|setup) failed\]/.test(text);
      const hung = /panic: test timed out after/.test(text);
      // The process ended in it: it has no end of its own.
      const within = [...s.tests].find(([other, { open }]) => open && other.startsWith(`${suite}\n`));
      if (built === undefined && within) {
        tellTest(s, suite, within[0].split("\n")[1] ?? "", { ...within[1], ms, failures: 1, passes: 0 });
        continue;
      }
      const waits = /running tests:\s*\n\s*(Test\S+)/.exec(text)?.[1];
      s.sink.found(
        failure({
          format: "go-json",
          kind: isBuild ? "build" : waits ? "test" : "file",
          suite,
          titles: isBuild ? [`${suite} (build)`] : waits ? waits.split("/") : ["(package)"],
          offset: kept.offset,
          text: built ? textOf(built) : text,
          excerpt: built ? textOf(built) : text,
          ms,
          timedOut: hung,
        }),
      );
      continue;
    }
    tellTest(s, suite, name, { block: kept, failures, passes, ms, open: false });
  }
}

function tellTest(s: GoJsonState, suite: string, name: string, { block: kept, failures, passes, ms }: Told): void {
  const text = textOf(kept);
  const place = /^\s*(\S+\.go):(\d+): /m.exec(text);
  const panic = /^panic: (.+)$/m.exec(text)?.[1];
  s.sink.found(
    failure({
      format: "go-json",
      suite,
      titles: name.split("/"),
      offset: kept.offset,
      text,
      message: panic ? `panic: ${panic}` : goMessage(text),
      file: place?.[1] ?? null,
      line: place ? Number(place[2]) : null,
      ms,
      failures,
      passes,
      timedOut: /panic: test timed out after/.test(text),
      excerpt: text,
    }),
  );
}

/** `go test -json`: one event a line. https://pkg.go.dev/cmd/test2json */
export const goJson: Dialect = {
  name: "go-json",
  open(sink) {
    const s = beginGoJson(sink);
    return { line: (text, offset) => lineGoJson(s, text, offset), end: () => endGoJson(s) };
  },
};
