import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { ClawError } from "../../src/errors.ts";
import { flowSchema, readFlow } from "../../src/policy/flow-file.ts";
import { readInputs } from "../../src/policy/flow-inputs.ts";
import { stepKinds } from "../../src/policy/flow-steps.ts";
import { filledBody } from "../../src/policy/flow-values.ts";

const mend = `name: mend
inputs:
  reruns: { type: integer, default: 5 }
  with: { type: enum, values: [search, native], default: search }
steps:
  - id: look
    triage: { reruns: "{{inputs.reruns}}" }
    continue_on: [regression]
  - id: ask
    when: { step: look, output: regressions, above: 0 }
    approval: { ask: "Mend {{steps.look.failures}} failures?" }
  - id: mend
    for_each: "{{steps.look.regressions}}"
    fix: { regression: "{{item}}" }
    engine: search
`;

/** What is told, in two lines; "" where nothing is wrong. */
function told(read: () => unknown): string {
  try {
    read();
    return "";
  } catch (error) {
    if (error instanceof ClawError) return `${error.message}\n${error.hint}`;
    throw error;
  }
}

test.each([
  ["for_each:", "foreach:", 'f.yaml:13: unknown key "steps.2.foreach"\ndid you mean "for_each"?'],
  ['{ reruns: "', '{ rerun: "', 'f.yaml:7: unknown key "steps.0.triage.rerun"\ndid you mean "reruns"?'],
  [
    "inputs.reruns",
    "inputs.rerun",
    'f.yaml:7: steps.0.triage.reruns: no input is called rerun\ndid you mean "reruns"?',
  ],
  ["inputs.reruns", "inputs.with", "{{inputs.with}} is a text\nhere must be a whole number"],
  ["steps.look.failures", "steps.look.regressions", "{{steps.look.regressions}} is a list\nhere must be a text"],
  ["steps.look.failures", "steps.mend.good", "no earlier step is called mend\nthere are: look"],
  ["steps.look.failures", "item", "there is no item without for_each\ngive the step for_each"],
  ["steps.look.failures", "env.HOME", "{{env.HOME}} names nothing"],
  ['"{{item}}"', '"{{item.file}}"', "{{item.file}} is a text\nhere must be a regression"],
  ['"{{item}}"', '"{{item.fil}}"', 'an item here has no fil\ndid you mean "file"?'],
  ["fix: {", "fix: { text: x,", "says text and regression to work on\ngive it exactly one of issue, file"],
  ["regression: ", "file: ", "may name inputs only: what is worked on must not decide it"],
  [
    '"{{steps.look.regressions}}"',
    "{ again: look, outcome: [no-patch] }",
    "no earlier step with for_each is called look",
  ],
  ["engine: search", 'model: "{{item.tests}}"', "f.yaml:15: steps.2.model: may name inputs only"],
  ["approval: {", "localise: {}\n    approval: {", "says localise and approval of fix, triage, localise, approval"],
  ["above: 0", "", "steps.1.when: is no comparison"],
  ["above: 0", "is: 3", "a list is compared with 3\nits length is compared with above or below"],
  ["output: regressions, above: 0", "output: outcome, is: regresion", 'be "regresion"\ndid you mean "regression"?'],
  [
    "output: regressions, above: 0",
    "outcome: red",
    "f.yaml:10: steps.1.when.outcome: must be one or several of: proven,",
  ],
  ["output: regr", "outpt: regr", 'unknown key "steps.1.when.outpt"\ndid you mean "output"?'],
  ["{ step: look, output: regressions, above: 0 }", "[{ outpt: 1 }]", '"steps.1.when.0.outpt"\ndid you mean "output"?'],
  ["output: regressions, above: 0", "output: failures, is: two", '"two"\nit must be a whole number'],
  ["step: look, output: regressions, above: 0", "input: with, is: seach", 'did you mean "search"?'],
  [
    "step: look, output: regressions, above: 0",
    "input: with, above: 1",
    "a text is compared with 1\ncompare it with is",
  ],
  ["step: look", "step: lok", 'no earlier step is called lok\ndid you mean "look"?'],
  ["inputs.reruns", "inputs.constructor", "no input is called constructor"],
  ["output: regressions", "output: constructor", "look gives no constructor"],
  ["id: ask", "id: look", "f.yaml:9: steps.1.id: look is there already"],
  ["continue_on: [regression]", "continue_on: [waiting]", "continue_on.0: must be some of: usage, not-reproduced"],
  ["default: 5", "default: five", 'f.yaml:3: inputs.reruns: its default is "five"\nit must be a whole number'],
  ['"{{inputs.reruns}}"', "2000", "must be a whole number from 0 to 1000"],
])("a flow file in which %j is %j instead", (from, to, words) => {
  expect(mend).toContain(from);
  expect(told(() => readFlow(mend.replace(from, to), "f.yaml"))).toContain(words);
});

test("a flow without a mistake is read", () => {
  expect(readFlow(mend, "f.yaml").steps.map(({ id }) => id)).toEqual(["look", "ask", "mend"]);
});

test("inputs have the type that is declared, or are refused by name", () => {
  const flow = readFlow(
    `name: f
inputs:
  text: { type: string }
  count: { type: integer, default: 3 }
  on: { type: boolean, default: false }
  list: { type: list, default: [] }
  one: { type: enum, values: [a, b], default: a }
  constructor: { type: string, default: own }
steps: [{ id: x, localise: { test: "{{inputs.text}}" } }]
`,
    "f.yaml",
  );
  expect(readInputs(flow, ["text=a=b", "count=7", "on=true", "list=1,2", "one=b"])).toEqual({
    text: "a=b",
    count: 7,
    on: true,
    list: ["1", "2"],
    one: "b",
    constructor: "own",
  });
  expect(readInputs(flow, ["text=", 'list=[{"a":1}]'])["list"]).toEqual([{ a: 1 }]);
  const refused = (...given: string[]): string => told(() => readInputs(flow, given));
  expect(refused()).toBe("the flow f needs the input text: a text\ngive it: --input text=VALUE");
  expect(refused("text=x", "count=7.5")).toContain('--input count must be a whole number, not "7.5"');
  expect(refused("text=x", "one=c")).toContain("must be one of a, b");
  expect(refused("text=x", "on=yes")).toContain("must be true or false");
  expect(refused("text=x", "list=[1")).toContain("must be a list");
  expect(refused("text=x", "coun=1")).toContain('did you mean "count"?');
  expect(refused("text=x", "__proto__=1")).toContain('the flow has no input "__proto__"');
  expect(refused("text")).toContain("--input text has no value");
});

test("values of items keep their type, and what a stranger wrote is never a reference", () => {
  const scope = {
    inputs: {},
    steps: new Map(),
    item: { text: "{{inputs.secret}}", pr: "true", attempts: 3 },
    index: 2,
  };
  const filled = (body: Record<string, unknown>) => filledBody(stepKinds.fix, body, scope);
  expect(filled({ text: "{{index}}: {{item.text}}", attempts: "{{item.attempts}}" })).toEqual({
    text: "2: {{inputs.secret}}",
    attempts: 3,
  });
  expect(filled({ text: "x", pr: "{{item.pr}}" })).toBe('pr must be true or false, not "true"');
  expect(filled({ text: "{{item.none}}" })).toBe("exactly one of issue, file, text, regression must have a value");
  expect(filled({ text: "{{item}}" })).toContain("text must be a text, not {");
  expect(filled({ text: "{{item.constructor}}" })).toContain("exactly one of");
});

test("docs/flows.md tells of every kind of step, what it takes and what it gives, and the published schema is this one", () => {
  const docs = readFileSync(new URL("../../docs/flows.md", import.meta.url), "utf8");
  const rows = Object.entries(stepKinds).flatMap(([kind, { takes, gives }]) => [
    ...Object.entries(takes).map(
      ([name, { type, about }]) => `| \`${kind}\` | takes | \`${name}\` | ${type} | ${about} |`,
    ),
    ...Object.entries(gives)
      .filter(([name]) => !["outcome", "reason", "run", "cost_usd"].includes(name))
      .map(([name, { type, about }]) => `| \`${kind}\` | gives | \`${name}\` | ${type} | ${about} |`),
  ]);
  expect(docs).toContain(rows.join("\n"));
  const published = readFileSync(new URL("../../schema/flow.schema.json", import.meta.url), "utf8");
  expect(JSON.parse(published)).toEqual(flowSchema());
});
