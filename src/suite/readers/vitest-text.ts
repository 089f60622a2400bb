import { failure } from "../explain.ts";
import { add, type Block, block, type Dialect, type Sink, textOf } from "./dialect.ts";

/** What has been begun and not told yet. */
const beginVitestText = (sink: Sink) => ({
  sink,
  heads: [] as { readonly name: string; readonly offset: number }[],
  current: null as Block | null,
  told: new Set<string>(),
  lines: new Map<string, { readonly offset: number; readonly ms: number | null; readonly message: string[] }>(),
  inline: null as string[] | null,
});
type VitestTextState = ReturnType<typeof beginVitestText>;

function close(s: VitestTextState): void {
  if (!s.current) return;
  const text = textOf(s.current);
  const body = text.trim();
  for (const { name, offset } of s.heads) tell(s, name, offset, body, null);
  [s.heads, s.current] = [[], null];
}

function tell(s: VitestTextState, name: string, offset: number, body: string, ms: number | null): void {
  const parts = name.split(" > ");
  const [first = "", ...titles] = parts;
  const file = first.replace(/ \[ .* \]$/, "").trim();
  const lost = titles.length === 0;
  const key = [file, ...titles].join(" > ");
  if (s.told.has(key)) return;
  s.told.add(key);
  const place = /❯ (?:.* )?(\S+?):(\d+):\d+$/m.exec(body);
  const said = body.split(/\n\s*❯ |\n⎯⎯/)[0]?.trim() ?? "";
  const [expected, actual] = diffOf(said);
  s.sink.found(
    failure({
      format: "vitest",
      kind: lost ? "file" : "test",
      file,
      titles: lost ? ["(file does not load)"] : titles,
      offset,
      text: body || "failed",
      message: said || "failed",
      expected,
      actual,
      line: place ? Number(place[2]) : null,
      ms: ms ?? s.lines.get(key)?.ms ?? null,
      excerpt: body,
    }),
  );
}

function lineVitestText(s: VitestTextState, text: string, offset: number): void {
  const found =
    /^\s*FAIL\s+(?:\|[^|]+\| )?((?:\.{0,2}\/)?[\w@./\\[\]()+-]+\.[cm]?[jt]sx?)((?: \[ .* \])?(?: > .+)?)\s*$/.exec(
      text,
    );
  if (found && (/ > /.test(text) || / \[ .* \]\s*$/.test(text))) {
    if (s.current && s.current.head.length > 0) close(s);
    s.current ??= block(offset);
    s.heads.push({ name: `${found[1]}${(found[2] ?? "").replace(/ <[\w/.-]+>$/, "")}`, offset });
    return;
  }
  const total = /^\s*Tests\s+(.*\d+ (?:failed|passed).*)\(\d+\)$/.exec(text);
  if (total) {
    const of = (word: string): number => Number(new RegExp(`(\\d+) ${word}`).exec(total[1] ?? "")?.[1] ?? 0);
    s.sink.tally({ passed: of("passed"), failed: of("failed"), skipped: of("skipped") + of("todo") });
  }
  if (s.current && /^⎯+(?:\[\d+\/\d+\])?⎯+\s*$|^⎯+ (?:Failed|Unhandled) |^\s*Test Files\s/.test(text)) {
    if (/^⎯+$/.test(text.trim())) return;
    close(s);
    return;
  }
  const row =
    /^\s*(?:×|✗|❌)\s+(?:\|[^|]+\| )?((?:\.{0,2}\/)?[\w@./\\[\]()+-]+\.[cm]?[jt]sx? > .+?)(?:\s+(\d+) ?ms)?(?: \(retry x\d+\))?$/.exec(
      text,
    );
  if (row) {
    s.inline = [];
    s.lines.set(row[1] ?? "", { offset, ms: row[2] === undefined ? null : Number(row[2]), message: s.inline });
    return;
  }
  const because = s.inline && /^\s*→ (.*)$/.exec(text);
  if (because) s.inline?.push(because[1] ?? "");
  else s.inline = null;
  if (s.current) add(s.current, text);
}

function endVitestText(s: VitestTextState): void {
  close(s);
  for (const [name, { offset, ms, message }] of s.lines) tell(s, name, offset, message.join("\n"), ms);
}

/** What vitest prints below "Failed Tests" and "Failed Suites"; several tests may share one error. */
export const vitestText: Dialect = {
  name: "vitest",
  open(sink) {
    const s = beginVitestText(sink);
    return { line: (text, offset) => lineVitestText(s, text, offset), end: () => endVitestText(s) };
  },
};

/** What stands behind "-" and "+" in the difference that vitest prints. */
function diffOf(text: string): [string | null, string | null] {
  const at = text.indexOf("- Expected");
  if (at === -1) return [null, null];
  const lines = text.slice(at).split("\n").slice(2);
  const of = (sign: string): string | null =>
    lines
      .filter((line) => line.startsWith(sign))
      .map((line) => line.slice(1).trim())
      .join("\n")
      .trim() || null;
  return [of("-"), of("+")];
}
