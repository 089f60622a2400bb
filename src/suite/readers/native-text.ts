import { failure } from "../explain.ts";
import { add, type Block, block, dedent, type Dialect, seconds, type Sink, textOf } from "./dialect.ts";

interface Begun {
  readonly titles: readonly string[];
  readonly suite?: string | null;
  readonly ms?: number | null;
  readonly block: Block;
}

const tell = (sink: Sink, format: string, begun: Begun | null): null => {
  if (!begun) return null;
  const text = textOf(begun.block);
  const lines = text.split("\n").slice(1);
  const body = dedent(lines.filter((line) => !/^\s*(?:\d+: )?\[  FAILED  \] /.test(line)).join("\n")).trim();
  sink.found(
    failure({
      format,
      suite: begun.suite ?? null,
      titles: begun.titles,
      ms: begun.ms ?? null,
      offset: begun.block.offset,
      text: body || text.trim() || "failed",
      excerpt: text,
    }),
  );
  return null;
};

/** PHPUnit: "There was 1 failure:", then "1) Class::test", a message, and where. */
export const phpunitText: Dialect = {
  name: "phpunit",
  open(sink) {
    let current: Begun | null = null;
    let inside = false;
    return {
      line(text, offset) {
        if (/^There (?:was|were) \d+ (?:failure|error)s?:$/.test(text)) {
          current = tell(sink, "phpunit", current);
          inside = true;
          return;
        }
        if (/^(?:--|There (?:was|were) |FAILURES!|ERRORS!|OK\b|Tests: \d+, Assertions)/.test(text)) {
          current = tell(sink, "phpunit", current);
          if (!text.startsWith("--")) inside = false;
          const total = /^Tests: (\d+), Assertions: \d+(?:, Errors: (\d+))?(?:, Failures: (\d+))?/.exec(text);
          const failed = Number(total?.[2] ?? 0) + Number(total?.[3] ?? 0);
          if (total) sink.tally({ passed: Number(total[1]) - failed, failed });
          return;
        }
        const head = inside ? /^\d+\) ([\w\\]+)::(.+)$/.exec(text) : null;
        if (head) {
          tell(sink, "phpunit", current);
          current = { suite: head[1] ?? null, titles: [head[1] ?? "", head[2] ?? ""], block: block(offset) };
        }
        if (current) add(current.block, text);
      },
      end: () => void tell(sink, "phpunit", current),
    };
  },
};

/** `dotnet test`: "Failed Namespace.Class.Test [12 ms]", an error message and a stack trace. */
export const dotnetText: Dialect = {
  name: "dotnet",
  open(sink) {
    let current: Begun | null = null;
    return {
      line(text, offset) {
        const head =
          /^\s*(?:Failed|\[xUnit\.net [\d:.]+\]\s{4,})\s*([\w.+`]+(?:\(.*\))?)\s+\[(?:(<?\s*[\d.]+)\s*(ms|s)|FAIL).*\]$/.exec(
            text,
          );
        if (head) {
          tell(sink, "dotnet", current);
          const name = head[1] ?? "";
          const at = name.replace(/\(.*$/, "").lastIndexOf(".");
          const took = Number((head[2] ?? "").replace("<", ""));
          current = text.endsWith("[FAIL]")
            ? null
            : {
                suite: at === -1 ? null : name.slice(0, at),
                titles: at === -1 ? [name] : [name.slice(0, at), name.slice(at + 1)],
                ms: head[3] === "s" ? took * 1000 : took || null,
                block: block(offset),
              };
          if (current) add(current.block, text);
          return;
        }
        const total = /^(?:Failed|Passed)!\s+- Failed:\s*(\d+), Passed:\s*(\d+), Skipped:\s*(\d+)/.exec(text);
        if (total) sink.tally({ failed: Number(total[1]), passed: Number(total[2]), skipped: Number(total[3]) });
        if (!current) return;
        if (/^\s*(?:Failed!|Passed!|Passed |Skipped |Total tests:|Test Run Failed|Results File:)/.test(text))
          current = tell(sink, "dotnet", current);
        else if (!/^\s*(?:Error Message|Stack Trace):$/.test(text)) add(current.block, text);
      },
      end: () => void tell(sink, "dotnet", current),
    };
  },
};

/** GoogleTest: what stands between "[ RUN ]" and "[ FAILED ]". */
export const gtestText: Dialect = {
  name: "gtest",
  open(sink) {
    let current: { readonly name: string; readonly block: Block } | null = null;
    const told = new Set<string>();
    return {
      line(text, offset) {
        const run = /^\s*(?:\d+: )?\[ RUN      \] (\S+)$/.exec(text);
        if (run) current = { name: run[1] ?? "", block: block(offset) };
        else if (/\[       OK \] /.test(text)) {
          current = null;
          sink.tally({ passed: 1 });
        }
        if (current) add(current.block, text);
        const end = /^\s*(?:\d+: )?\[  FAILED  \] (\S+?)(?:, where .*?)?(?: \((\d+) ms\))?$/.exec(text);
        const name = end?.[1] ?? "";
        if (!end || !name.includes(".") || told.has(name)) return;
        told.add(name);
        const kept = current?.name === name ? current.block : block(offset);
        tell(sink, "gtest", {
          titles: name.split("."),
          suite: name.split(".")[0] ?? null,
          ms: end[2] === undefined ? null : Number(end[2]),
          block: kept,
        });
        current = null;
      },
      end() {
        // It ran and never ended: the process died in it.
        if (current && !told.has(current.name))
          tell(sink, "gtest", { titles: current.name.split("."), block: current.block });
      },
    };
  },
};

/** What a test of CTest printed, and how it ended. */
function wordsOf(said: Block | undefined, how: string): string {
  const text = said ? textOf(said).trim() : "";
  const ended = how === "Failed" ? "" : how === "Not Run" ? "not run: its program was not built" : `ended by ${how}`;
  return [ended, text].filter((part) => part !== "").join("\n") || "failed";
}

/** CTest: the list at its end, and what --output-on-failure prints before. */
export const ctestText: Dialect = {
  name: "ctest",
  open(sink) {
    let listing = false;
    let begun: { readonly name: string; readonly block: Block } | null = null;
    const said = new Map<string, Block>();
    return {
      line(text, offset) {
        const one = /^\s*\d+\/\d+ Test +#\d+: (.+?) \.{2,}/.exec(text);
        if (one) {
          begun = { name: one[1] ?? "", block: block(offset) };
          if (text.includes("***")) said.set(begun.name, begun.block);
        } else if (/^\s*(?:Start\s+\d+: |\d+% tests passed|Unable to find executable)/.test(text)) {
          begun = null;
        } else if (begun) add(begun.block, text);
        if (/^The following tests FAILED:$/.test(text)) {
          listing = true;
          return;
        }
        const total = /^\d+% tests passed, (\d+) tests? failed out of (\d+)/.exec(text);
        if (total) sink.tally({ failed: Number(total[1]), passed: Number(total[2]) - Number(total[1]) });
        const row = listing ? /^\s+\d+ - (.+?) \(([\w ]+)\)/.exec(text) : null;
        if (row)
          sink.found(
            failure({
              format: "ctest",
              titles: [row[1] ?? ""],
              offset: said.get(row[1] ?? "")?.offset ?? offset,
              text: wordsOf(said.get(row[1] ?? ""), row[2] ?? ""),
              timedOut: row[2] === "Timeout",
              ...(row[2] === "Not Run" && { kind: "build" as const }),
            }),
          );
        else if (text.trim() !== "") listing = false;
      },
      end() {},
    };
  },
};

/** `bun test` and `deno test`: "(fail) suite > test [1.2ms]", "name ... FAILED (1ms)". */
export const bunText: Dialect = {
  name: "bun",
  open(sink) {
    let before = block(0);
    let file: string | null = null;
    let seen = false;
    return {
      line(text, offset) {
        const heading = /^(\S+\.(?:test|spec)\.[cm]?[jt]sx?):$/.exec(text);
        if (heading) file = heading[1] ?? null;
        seen ||= heading !== null || text.startsWith("bun test ");
        // Nothing is kept of what other runners print.
        if (!seen && !text.startsWith("(fail) ")) return;
        const found = /^(?:\(fail\)|✗) (.+?)(?: \[([\d.]+)(ms|s)\])?$/.exec(text);
        if (heading || /^(?:\(pass\)|✓|\(skip\)|») /.test(text)) before = block(offset);
        else if (found && (text.startsWith("(fail)") || file !== null)) {
          const said = textOf(before).trim();
          sink.found(
            failure({
              format: "bun",
              file,
              titles: (found[1] ?? "").split(" > "),
              ms: found[3] === "s" ? seconds(found[2]) : Number(found[2] ?? 0),
              offset: before.head.length > 0 ? before.offset : offset,
              text: said || "failed",
              excerpt: `${said}\n${text}`,
            }),
          );
          before = block(offset);
        } else {
          if (before.head.length === 0) before = block(offset);
          add(before, text);
        }
      },
      end() {},
    };
  },
};

/** ExUnit: "1) test name (Module)", the place, and what was asserted. */
export const exunitText: Dialect = {
  name: "exunit",
  open(sink) {
    let current: Begun | null = null;
    return {
      line(text, offset) {
        const head = /^\s{2,}\d+\) (?:test|doctest|property) (.+) \(([A-Z][\w.]+)\)$/.exec(text);
        if (head) {
          tell(sink, "exunit", current);
          current = { suite: head[2] ?? null, titles: [head[2] ?? "", head[1] ?? ""], block: block(offset) };
        }
        const total = /^(\d+) tests?, (\d+) failures?/.exec(text);
        if (total) sink.tally({ passed: Number(total[1]) - Number(total[2]), failed: Number(total[2]) });
        if (total || text.startsWith("Finished in ")) current = tell(sink, "exunit", current);
        if (current) add(current.block, text);
      },
      end: () => void tell(sink, "exunit", current),
    };
  },
};
