import { failure } from "../explain.ts";
import { add, type Block, block, dedent, type Dialect, type Found, NOT_LOADED, type Sink, textOf } from "./dialect.ts";

/** How a runner marks a failing test, where a line that begins it and lines that belong to it say all. */
export interface Marks {
  readonly name: string;
  /** What the first line of each failure contains: other lines are not looked at more closely. */
  readonly sign: string;
  /** The first line of a failure, with groups `name`, and where it tells them `suite`, `file`, `line`, `ms`, `message`. */
  readonly head: RegExp;
  /** Lines that belong to it; empty ones do, unless `until` says otherwise. Absent where the first line is all. */
  readonly more?: RegExp;
  readonly until?: RegExp;
  /** What separates the titles in its name. */
  readonly between?: RegExp;
  /** A line that names the test whose failure follows, for formats that tell the name first. */
  readonly titled?: RegExp;
  /** The runner's totals, with groups `passed`, `failed`, `skipped`. */
  readonly total?: RegExp;
  /** What the line of the totals contains. */
  readonly totalSign?: string;
  readonly timedOut?: RegExp;
  /** What a failure's lines must hold to be one of this format. */
  readonly confirm?: RegExp;
  /** Frames and headings that are no part of what was said. */
  readonly frame?: RegExp;
  /** A whole file that did not load. */
  readonly whole?: boolean;
}

interface Begun {
  readonly groups: Readonly<Record<string, string | undefined>>;
  readonly title: string | undefined;
  readonly block: Block;
}

function found(marks: Marks, { groups, title, block: kept }: Begun): Found {
  const text = textOf(kept);
  const lines = text.split("\n").slice(1).join("\n");
  const body = dedent(marks.frame ? lines.replace(marks.frame, "") : lines).trim();
  const name = (groups["name"] ?? title ?? "(test)").trim();
  const line = Number(groups["line"]);
  const said = [groups["message"]?.trim().replaceAll("%0A", "\n") ?? "", body].filter((part) => part !== "").join("\n");
  return failure({
    format: marks.name,
    suite: groups["suite"] ?? null,
    kind: marks.whole ? "file" : "test",
    titles: marks.whole
      ? [NOT_LOADED]
      : [...(groups["suite"] === undefined ? [] : [groups["suite"]]), ...name.split(marks.between ?? "\n")],
    file: groups["file"]?.replace(/^\.\//, "") ?? null,
    line: line > 0 ? line : null,
    offset: kept.offset,
    text: said || "failed",
    excerpt: text,
    ...(marks.timedOut?.test(text) && { timedOut: true }),
  });
}

/** Tallies what a total's groups say. */
function tally(sink: Sink, groups: Readonly<Record<string, string | undefined>>): void {
  const of = (name: string): number => Number(groups[name] ?? 0);
  sink.tally({ passed: of("passed"), failed: of("failed"), skipped: of("skipped") });
}

/** One format's reading of a log. A test that is told twice is told once. */
function reading(marks: Marks, sink: Sink, before: () => readonly string[]) {
  const told = new Set<string>();
  let begun: Begun | null = null;
  const close = (): void => {
    if (begun && (marks.confirm?.test(textOf(begun.block)) ?? true)) {
      const one = found(marks, begun);
      const key = `${one.file}\n${one.titles.join("\n")}`;
      if (!told.has(key)) sink.found(one);
      told.add(key);
    }
    begun = null;
  };
  const titleOf = (): string | undefined => {
    const line = marks.titled && before().findLast((each) => marks.titled?.test(each));
    return line === undefined ? undefined : marks.titled?.exec(line)?.[1];
  };
  return {
    busy: () => begun !== null,
    close,
    line(text: string, offset: number): void {
      const groups = text.includes(marks.sign) ? marks.head.exec(text)?.groups : undefined;
      if (groups) {
        close();
        begun = { groups, title: titleOf(), block: block(offset) };
        add(begun.block, text);
        return;
      }
      if (begun) {
        const belongs = text === "" ? !marks.until?.test(text) : marks.more?.test(text) && !marks.until?.test(text);
        if (belongs) return add(begun.block, text);
        close();
      }
      const total = marks.total?.exec(text)?.groups;
      if (total) tally(sink, total);
    },
  };
}

/** Lines before a failure among which its title stands. */
const REMEMBERED = 16;
const literal = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");

/** Formats that need no more than their marks, as one dialect: a line without any of their signs costs one look. */
export function spotted(formats: readonly Marks[]): Dialect {
  const signs = formats.flatMap(({ sign, totalSign }) => [sign, ...(totalSign === undefined ? [] : [totalSign])]);
  const hint = new RegExp([...new Set(signs)].map(literal).join("|"));
  return {
    name: "spotted",
    open(sink) {
      let recent: string[] = [];
      const all = formats.map((marks) => reading(marks, sink, () => recent.slice(-REMEMBERED)));
      let busy = false;
      return {
        line(text, offset) {
          const hinted = hint.test(text);
          if (hinted || busy) {
            for (const one of all) if (hinted || one.busy()) one.line(text, offset);
            busy = all.some((one) => one.busy());
          }
          recent.push(text);
          if (recent.length > 8 * REMEMBERED) recent = recent.slice(-REMEMBERED);
        },
        end() {
          for (const one of all) one.close();
        },
      };
    },
  };
}
