import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { repairCall } from "../../src/models/repair.ts";
import { rescueCalls } from "../../src/models/text-rescue.ts";
import { recoverable, texts, traps, type CorpusCase } from "./call-corpus.ts";
import { tools } from "./desk.ts";

const repair = ({ name = "bash", args, cut }: CorpusCase) =>
  repairCall({ name, args }, tools, { truncated: cut === true, maxOutputTokens: 100 });

describe("a call that can be read without doubt is recovered", () => {
  test.each(recoverable.map((item) => [item.about, item] as const))("%s", (_about, item) => {
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
        json.replaceAll("\\n", "\n"),
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
  const started = performance.now();
  for (const piece of ['{"a":', "<tool_call>{", "```bash\n", '"', "\\", "<function=a>", "<think>", "[[[["]) {
    repairCall({ name: "bash", args: piece.repeat(1_900_000 / piece.length) }, tools, { truncated: false });
    rescueCalls(piece.repeat(190_000 / piece.length));
  }
  repairCall({ name: "bash", args: `{"command":"${"x\n".repeat(900_000)}",}` }, tools, { truncated: false });
  expect(performance.now() - started).toBeLessThan(10_000);
});
