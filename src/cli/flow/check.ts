import { z } from "zod";
import { conditionsOf, conditionWords } from "../../policy/flow-condition.ts";
import type { Flow, FlowStep } from "../../policy/flow-file.ts";
import { readInputs } from "../../policy/flow-inputs.ts";
import { bodyOf } from "../../policy/flow-steps.ts";
import { printable } from "../../text.ts";
import { command } from "../command.ts";
import { readFlowFile, readLineFiles } from "./read-flow.ts";

export const check = command({
  arguments: "<file>",
  options: [
    ["--input <name=value...>", "check these values too, and the files that they name"],
    ["--json", "print one JSON object"],
  ],
  more: `Reads the file as claw flow run would, runs nothing, and names the first mistake with its line: an unknown key, a reference
to a step that does not come before, a value of the wrong type.

Examples:
  claw flow check mend.yaml
  claw flow check batch.yaml --input file=feedback.jsonl

Exit codes: 0 it can be run; 2 it cannot, and the line is named`,
  input: z.object({
    file: z.string().min(1, "must not be empty"),
    input: z.array(z.string()).optional(),
    json: z.boolean().default(false),
  }),
  async run({ file, input, json }, { cwd, out }) {
    const { flow } = await readFlowFile(cwd, file);
    if (input) await readLineFiles(cwd, flow, readInputs(flow, input));
    if (json) return out(JSON.stringify({ type: "flow", version: 1, file, flow }));
    for (const line of flowLines(flow)) out(printable(line));
  },
});

/** What a flow takes and does, in lines. */
function flowLines({ name, about, inputs, steps }: Flow): string[] {
  const taken = Object.entries(inputs).map(
    ([input, { type, default: value, values, about: text }]) =>
      `  --input ${input}=${values?.join("|") ?? type}${value === undefined ? "" : `  (default: ${JSON.stringify(value)})`}${text ? `  ${text}` : ""}`,
  );
  return [
    about ? `${name}: ${about}` : name,
    ...taken,
    ...steps.map((step, index) => `  ${index + 1}. ${stepLine(step)}`),
  ];
}

function itemWords(each: NonNullable<FlowStep["for_each"]>): string {
  if (typeof each === "string") return each;
  return "lines" in each ? each.lines : `the items of ${each.again} that ended as ${each.outcome.join(" or ")}`;
}

function stepLine(step: FlowStep): string {
  const { id, when, for_each: each, at_most: most, continue_on: more, model, engine, budget_usd: usd } = step;
  const { kind } = bodyOf(step);
  const conditions = conditionsOf(when).map(conditionWords).join(" and ");
  return [
    `${id}: ${kind}`,
    ...(engine || model ? [`with ${[engine, model].filter(Boolean).join(" ")}`] : []),
    ...(each === undefined ? [] : [`for each of ${itemWords(each)}, ${most} at most`]),
    ...(conditions === "" ? [] : [`when ${conditions}`]),
    ...(usd === undefined ? [] : [`for $${usd} at most`]),
    ...(more.length === 0 ? [] : [`and on after ${more.join(", ")}`]),
  ].join(", ");
}
