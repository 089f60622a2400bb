import { failure } from "../explain.ts";
import { add, type Block, block, type Dialect, NOT_LOADED, type Sink, textOf } from "./dialect.ts";

/** "test_x (pkg.module.Class)", since Python 3.11 "test_x (pkg.module.Class.test_x)". */
const head = /^(FAIL|ERROR|UNEXPECTED SUCCESS): (\S+|.+?) \(([\w.]+)\)(?: (.*))?$/;

interface Begun {
  readonly parts: RegExpExecArray;
  readonly block: Block;
  rules: number;
}

function tell(sink: Sink, { parts, block: kept }: Begun): void {
  const [, , name = "", path = "", more] = parts;
  const text = textOf(kept);
  const lost =
    path.endsWith("unittest.loader._FailedTest") ||
    /^(?:ImportError|ModuleNotFoundError): Failed to import test module/m.test(text);
  const places = path.split(".").filter((part) => part !== "__main__");
  const classes = places.at(-1) === name ? places.slice(0, -1) : places;
  sink.found(
    failure({
      format: "unittest",
      kind: lost ? "file" : "test",
      suite: classes.slice(0, -1).join(".") || null,
      titles: lost ? [NOT_LOADED] : [...classes.slice(-1), `${name}${more ? ` ${more}` : ""}`],
      file: lost ? `${name.replaceAll(".", "/")}.py` : null,
      offset: kept.offset,
      text: text.split("\n").slice(1).join("\n"),
      excerpt: text,
    }),
  );
}

/** "FAILED (failures=1, errors=2)" of so many tests. */
function endOf(text: string, total: number): { passed: number; failed: number; skipped: number } | null {
  const parts = /^(?:FAILED|OK) ?\((.*)\)$|^OK$/.exec(text);
  if (!parts) return null;
  const of = (word: string): number => Number(new RegExp(`\\b${word}=(\\d+)`).exec(parts[1] ?? "")?.[1] ?? 0);
  const failed = of("failures") + of("errors") + of("unexpected successes");
  return { passed: Math.max(0, total - failed - of("skipped")), failed, skipped: of("skipped") };
}

/** What Python's unittest prints, and Django's runner with it. */
export const unittestText: Dialect = {
  name: "unittest",
  open(sink) {
    let ruled = 0;
    let total = 0;
    let begun: Begun | null = null;

    const close = (): void => {
      if (begun) tell(sink, begun);
      begun = null;
    };

    return {
      line(text, offset) {
        if (/^={50,}$/.test(text)) {
          close();
          ruled = 1;
          return;
        }
        const found = ruled > 0 ? head.exec(text) : null;
        if (found) {
          close();
          begun = { parts: found, block: block(offset), rules: 0 };
          add(begun.block, text);
          ruled = 0;
          if (found[1] === "UNEXPECTED SUCCESS") {
            add(begun.block, "unexpected success");
            close();
          }
          return;
        }
        ruled = Math.max(0, ruled - 1);
        const ran = /^Ran (\d+) tests? in [\d.]+s$/.exec(text);
        if (ran) total = Number(ran[1]);
        const sums = total > 0 ? endOf(text, total) : null;
        if (sums) {
          sink.tally(sums);
          total = 0;
        }
        if (!begun) return;
        if (/^-{50,}$/.test(text)) {
          begun.rules += 1;
          if (begun.rules > 1) close();
          return;
        }
        add(begun.block, text);
      },
      end: close,
    };
  },
};
