import { failure } from "../explain.ts";
import { add, type Block, block, dedent, type Dialect, type Sink, textOf } from "./dialect.ts";

interface Begun {
  readonly name: string;
  readonly ms: number | null;
  readonly file: string | null;
  readonly line: number | null;
  readonly block: Block;
}

const head = /^✖ (.*?)(?: \(([\d.]+)ms\))?(?: # .*)?$/;

/** What has been begun and not told yet. */
const beginNodeSpec = (sink: Sink) => ({
  sink,
  parents: [] as string[],
  leaves: [] as { titles: readonly string[]; ms: number | null; offset: number }[],
  groups: [] as string[],
  listing: false,
  begun: null as Begun | null,
  at: null as { file: string; line: number } | null,
  ours: false,
  /** Lines that belong to no test, since the last test. */
  stray: [] as string[],
  lastWords: new Map<string, string>(),
});
type NodeSpecState = ReturnType<typeof beginNodeSpec>;

const full = (s: NodeSpecState, name: string): readonly string[] => {
  const found = s.leaves.findIndex(({ titles }) => titles.at(-1) === name);
  return found === -1 ? [name] : (s.leaves.splice(found, 1)[0]?.titles ?? [name]);
};

/** What a process said before it died: from its error on, without where Node was. */
function whyOf(stray: readonly string[]): string {
  const at = stray.findIndex((line) => /^(?:[\w.]*(?:Error|Exception)\b|FATAL ERROR: )/.test(line));
  return stray.slice(Math.max(0, at)).join("\n").trim() || "test failed";
}

function close(s: NodeSpecState): void {
  if (!s.begun) return;
  const { name, ms, file, line, block: kept } = s.begun;
  const text = dedent(kept.head.slice(1).concat(kept.tail).join("\n")).trim();
  const whole =
    (file === null
      ? /^\S+\/\S+$/.test(name)
      : name === file || file.endsWith(`/${name}`) || name.endsWith(`/${file}`)) && /\.\w+$/.test(name);
  const plain = /^'(.*)'$/s.exec(text)?.[1] ?? text;
  // A file that dies says why where it died, not in the list.
  const said = whole && plain === "test failed" ? (s.lastWords.get(name) ?? plain) : plain;
  s.sink.found(
    failure({
      format: "node-spec",
      kind: whole ? "file" : "test",
      titles: whole ? ["(file)"] : full(s, name),
      offset: kept.offset,
      text: said,
      ms,
      file: file ?? (whole ? name : null),
      line,
      excerpt: textOf(kept),
    }),
  );
  s.begun = null;
}

const MOST_STRAY = 100;

function stray(s: NodeSpecState, text: string): void {
  s.stray.push(text);
  if (s.stray.length > 4 * MOST_STRAY) s.stray = s.stray.slice(-MOST_STRAY);
}

function lineNodeSpec(s: NodeSpecState, text: string, offset: number): void {
  if (/^(?:✖ failing tests|Failed tests):$/.test(text)) {
    s.listing = s.ours = true;
    return;
  }
  if (/^ℹ (?:tests|suites|pass|fail|cancelled|skipped|todo) \d+$/.test(text)) {
    s.ours = true;
    const [, what, count] = /^ℹ (pass|skipped) (\d+)$/.exec(text) ?? [];
    if (what) s.sink.tally(what === "pass" ? { passed: Number(count) } : { skipped: Number(count) });
    return;
  }
  if (s.listing) {
    const place = /^test at (.+):(\d+):\d+$/.exec(text);
    if (place) {
      close(s);
      s.at = { file: place[1] ?? "", line: Number(place[2]) };
      return;
    }
    const found = head.exec(text);
    if (found || /^[⚠▶✔﹣ℹ]/u.test(text)) {
      close(s);
      if (!found) return;
      s.begun = {
        name: found[1] ?? "",
        ms: found[2] ? Number(found[2]) : null,
        file: s.at?.file ?? null,
        line: s.at?.line ?? null,
        block: block(offset),
      };
      s.at = null;
      add(s.begun.block, text);
    } else if (s.begun && /^(?:\s|$)/.test(text)) add(s.begun.block, text);
    else if (s.begun) {
      close(s);
      s.listing = false;
    }
    return;
  }
  const group = /^(\s*)▶ (.*?)(?: \([\d.]+ms\))?$/.exec(text);
  if (group) {
    s.parents.length = (group[1] ?? "").length / 2;
    s.parents.push(group[2] ?? "");
    return;
  }
  const leaf = /^(\s*)✖ (.*?) \(([\d.]+)ms\)$/.exec(text);
  if (!leaf) {
    if (!/^\s*[✔﹣⚠ℹ]/u.test(text)) stray(s, text);
    return;
  }
  if (/\.\w+$/.test(leaf[2] ?? "")) s.lastWords.set(leaf[2] ?? "", whyOf(s.stray.slice(-MOST_STRAY)));
  s.stray = [];
  const depth = (leaf[1] ?? "").length / 2;
  const path = [...s.parents.slice(0, depth), leaf[2] ?? ""];
  // A group is told again after what is in it.
  if (s.parents[depth] === leaf[2]) s.groups = [...s.groups, path.join(" > ")];
  else s.leaves.push({ titles: path, ms: Number(leaf[3]), offset });
}

function endNodeSpec(s: NodeSpecState): void {
  close(s);
  // Cut short before the list of failing tests.
  if (!s.listing && s.ours === false && s.leaves.length > 0 && s.leaves.length < 5000)
    for (const { titles, ms, offset } of s.leaves)
      if (!s.groups.includes(titles.join(" > ")))
        s.sink.found(
          failure({
            format: "node-spec",
            titles,
            offset,
            text: "failed; the log ends before its message",
            ms,
            excerpt: `✖ ${titles.join(" > ")}`,
          }),
        );
}

/** What `node --test` prints for people: the failing tests are told once more at its end, each with its error. */
export const nodeSpec: Dialect = {
  name: "node-spec",
  open(sink) {
    const s = beginNodeSpec(sink);
    return { line: (text, offset) => lineNodeSpec(s, text, offset), end: () => endNodeSpec(s) };
  },
};
