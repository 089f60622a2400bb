import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { repairCall } from "../../src/models/repair.ts";
import { rescueCalls } from "../../src/models/text-rescue.ts";
import { recoverable, texts, traps, type CorpusCase } from "./call-corpus.ts";
import { tools } from "./desk.ts";
import { misspoken, spoken } from "./dialect-corpus.ts";
import { processorTime } from "../support/processor-time.ts";

const repair = ({ name = "bash", args, cut }: CorpusCase) =>
  repairCall({ name, args }, tools, { truncated: cut === true, maxOutputTokens: 100 });

describe("a call that can be read without doubt is recovered", () => {
  test.each([...recoverable, ...spoken].map((item) => [item.about, item] as const))("%s", (_about, item) => {
    const { args, repairs } = repair(item);
    expect({ args, repairs }).toEqual({ args: item.gives, repairs: item.repairs });
  });
});

describe("a call that may mean something else never runs", () => {
  test.each(traps.map((item) => [item.about, item] as const))("%s", (_about, item) => {
    const repaired = repair(item);
    expect(repaired.args).toBeNull();
    if (!("error" in repaired)) throw new Error("no error");
    expect(repaired.error.slice(0, item.refused?.length)).toBe(item.refused);
    expect(repaired.error.length).toBeLessThanOrEqual(400);
  });

  test.each(misspoken.map((item) => [item.about, item] as const))("in another harness's words: %s", (_about, item) => {
    expect(repair(item)).toMatchObject({ args: null, error: item.refused });
  });
});

test("no error shows a code, or says again that nothing was run", () => {
  for (const item of [...traps, ...misspoken]) {
    const repaired = repair(item);
    expect("error" in repaired ? repaired.error : "").toMatch(/^(?!\w+_\w+:|\w+: )(?!.*[Tt]he call was not).+[^.]$/);
  }
});

test("whatever an editor is sent, it writes a whole file only when told to create one", () => {
  const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
  const text = fc.constantFrom("", "x", "y", null);
  const call = fc.record({
    command: optional(fc.constantFrom("view", "create", "str_replace", "insert", "undo_edit", "", "save")),
    path: fc.constant("a.ts"),
    file_text: optional(text),
    old_str: optional(text),
    oldText: optional(text),
    new_str: optional(text),
    insert_line: optional(fc.constantFrom(0, 3, null)),
    view_range: optional(fc.constantFrom([], [3, 9], null)),
  });
  fc.assert(
    fc.property(call, fc.constantFrom("str_replace_editor", "edit", "read"), fc.boolean(), (sent, name, deep) => {
      const asked = Object.fromEntries(Object.entries(sent).filter(([, value]) => value !== undefined));
      const repaired = repairCall({ name, args: deep ? { arguments: asked } : asked }, tools, { truncated: false });
      const plainEdit = (sent.command ?? "") === "" && !sent.file_text && (sent.insert_line ?? null) === null;
      const wanted = sent.command === "create" ? sent.file_text : plainEdit ? sent.new_str : "not this";
      const whole = repaired.name === "edit" && repaired.args?.["old_string"] === "";
      expect(whole ? repaired.args["new_string"] : wanted).toBe(wanted);
      expect([name, repaired.name]).not.toEqual(["read", "edit"]);
    }),
    { numRuns: 5_000 },
  );
});

test("of a call that is not run the names of its arguments are kept, never their values", () => {
  const sent = (args: unknown, name = "bash") => {
    const repaired = repairCall({ name, args }, tools, { truncated: false });
    return repaired.args === null ? repaired.sent : undefined;
  };
  expect(sent('{"command": "rm -rf b')).toEqual(["command"]);
  expect(sent('"command": "rm \\"a\\": b')).toEqual(["command"]);
  expect(sent('{"path":"a","old_string":"{\\"x\\":1', "edit")).toEqual(["path", "old_string"]);
  expect(sent({ command: 7, cwd: "/tmp", "strange name": { inner: 1 } })).toEqual(["command", "cwd"]);
  expect(sent({ at: "moon" }, "launch")).toEqual(["at"]);
  expect(sent(Object.fromEntries(Array.from({ length: 50 }, (_, n) => [`k${n}`, n])))).toHaveLength(8);
  for (const nothing of ["", "no JSON: at all", '["command:", {"a": {"b": 1}}]', null, 42])
    expect(sent(nothing)).toEqual([]);
});

describe("calls in the text of a reply", () => {
  test.each(texts.map((item) => [item.about, item] as const))("%s", (_about, { text, calls, before = "" }) => {
    const rescued = rescueCalls(text);
    expect(rescued?.calls ?? []).toEqual(calls);
    expect(rescued?.text ?? before).toBe(before);
  });
});

test("whatever the arguments, a cut of their JSON never runs as something else", () => {
  const edit = fc.record({
    path: fc.string(),
    old_string: fc.string(),
    new_string: fc.string(),
    replace_all: fc.option(fc.boolean()),
  });
  fc.assert(
    fc.property(edit, fc.nat(), (args, at) => {
      const json = JSON.stringify(args);
      const repaired = repairCall({ name: "edit", args: json.slice(0, at % json.length) }, tools, { truncated: false });
      expect([null, args]).toContainEqual(repaired.args);
    }),
    { numRuns: 2_000 },
  );
});

test("whatever the arguments, raw line breaks, fences and doubled encoding do not change them", () => {
  const edit = fc.record({
    path: fc.string(),
    old_string: fc.string({ unit: "grapheme" }),
    new_string: fc.string(),
    replace_all: fc.boolean(),
  });
  fc.assert(
    fc.property(edit, (args) => {
      const json = JSON.stringify(args);
      for (const text of [
        `\`\`\`json\n${json}\n\`\`\``,
        JSON.stringify(json),
        `${json}${json}`,
        // A backslash before a raw line break could also be a shell's line that goes on.
        json.replace(/(?<!\\)((?:\\\\)*)\\n/g, "$1\n"),
        json.slice(1),
        json.slice(0, -1),
      ]) {
        expect(repairCall({ name: "edit", args: text }, tools, { truncated: false }).args).toEqual(args);
      }
    }),
    { numRuns: 500 },
  );
});

test("text that is no JSON never makes it throw or dawdle", () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...Array.from("{}[]\"':,\\ \n`<>abc1null")) }), (text) => {
      repairCall({ name: "bash", args: text }, tools, { truncated: false });
      rescueCalls(text);
    }),
    { numRuns: 3_000 },
  );
  const spent = processorTime();
  for (const piece of ['{"a":', "<tool_call>{", "```bash\n", '"', "\\", "<function=a>", "<think>", "[[[["]) {
    repairCall({ name: "bash", args: piece.repeat(1_900_000 / piece.length) }, tools, { truncated: false });
    rescueCalls(piece.repeat(190_000 / piece.length));
  }
  repairCall({ name: "bash", args: `{"command":"${"x\n".repeat(900_000)}",}` }, tools, { truncated: false });
  expect(spent()).toBeLessThan(10);
});
