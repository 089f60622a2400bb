import { failure } from "../explain.ts";
import { add, type Block, block, type Dialect, textOf } from "./dialect.ts";

/** "test_x (pkg.module.Class)", since Python 3.11 "test_x (pkg.module.Class.test_x)". */
const head = /^(FAIL|ERROR|UNEXPECTED SUCCESS): (\S+|.+?) \(([\w.]+)\)(?: (.*))?$/;

/** What Python's unittest prints, and Django's runner with it. */
export const unittestText: Dialect = {
  name: "unittest",
  open(sink) {
    let ruled = 0;
    let begun: { readonly parts: RegExpExecArray; readonly block: Block; rules: number } | null = null;

    function close(): void {
      if (!begun) return;
      const [, , name = "", path = "", more] = begun.parts;
      const text = textOf(begun.block);
      const lost =
        path.endsWith("unittest.loader._FailedTest") ||
        /^(?:ImportError|ModuleNotFoundError): Failed to import test module/m.test(text);
      const parts = path.split(".").filter((part) => part !== "__main__");
      const classes = parts.at(-1) === name ? parts.slice(0, -1) : parts;
      const body = text.split("\n").slice(1).join("\n");
      sink.found(
        failure({
          format: "unittest",
          kind: lost ? "file" : "test",
          suite: classes.slice(0, -1).join(".") || null,
          titles: lost ? ["(file does not load)"] : [...classes.slice(-1), `${name}${more ? ` ${more}` : ""}`],
          file: lost ? `${name.replaceAll(".", "/")}.py` : null,
          offset: begun.block.offset,
          text: body,
          excerpt: text,
        }),
      );
      begun = null;
    }

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
          return;
        }
        ruled = Math.max(0, ruled - 1);
        const ran = /^Ran (\d+) tests? in [\d.]+s$/.exec(text);
        if (ran) sink.tally({ passed: 0 });
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
