import { z } from "zod";
import { readInputs } from "../../policy/flow-inputs.ts";
import { command } from "../command.ts";
import { fixLimits } from "../fix-limits.ts";
import { FixFlags, given } from "../fix-work.ts";
import { notifyOptions } from "../notify-options.ts";
import { watchRun } from "../watch-run.ts";
import { readFlowFile, readLineFiles } from "./read-flow.ts";

const more = `A flow file has steps, done one after the other, each a run of its own: fix, triage, localise, and approval, which waits
for claw approve. A step may have a condition (when), be done for each item of a list or line of a file (for_each), and have
a model, an engine and a budget of its own; values go from step to step as {{steps.look.regressions}}. See docs/flows.md.

  name: mend
  inputs:
    reruns: { type: integer, default: 10 }
  steps:
    - id: look
      triage: { reruns: "{{inputs.reruns}}" }
      continue_on: [regression, flaky]
    - id: mend
      for_each: "{{steps.look.regressions}}"
      fix: { regression: "{{item}}" }

Whatever ends its process, claw resume <run> goes on with the first step that is not finished; a finished one is never
repeated. claw tree <run> lists the runs of its steps.

Examples:
  claw flow run mend.yaml
  claw flow run mend.yaml --input reruns=5 --budget-usd 10
  claw flow run batch.yaml --input file=feedback.jsonl --json

Exit code: 0 when each step came to what was asked for, or a later one dealt with what it did not come to; otherwise that of
the first step that did not (claw help outcomes); 11 when no step had anything to do`;

export const run = command({
  arguments: "<file>",
  options: [
    ["--input <name=value...>", "a value for an input of the flow; a list as a,b,c or in JSON"],
    ["--base <ref>", "commit, branch or tag that its steps start from (default: HEAD)"],
    ["--budget-usd <n>", "most money for all steps together, in US dollars (default: from config.yaml, 2)"],
    ["--max-tokens <n>", "most tokens for all steps together (default: from config.yaml, 5000000)"],
    ["--timeout <minutes>", "most time, waits for people left out (default: as the flow says, 480)"],
    ...notifyOptions,
    ["--json", "print events and, last, the result as lines of JSON"],
    ["--yes", "ask nothing: install packages from their registry when they are needed"],
  ],
  more,
  times: true,
  input: FixFlags.pick({ budgetUsd: true, maxTokens: true, timeout: true }).extend({
    file: z.string().min(1, "must not be empty"),
    input: z.array(z.string()).default([]),
    base: given,
    json: z.boolean().default(false),
    yes: z.boolean().default(false),
    notify: z.boolean().optional(),
  }),
  async run({ file, input, base, json, yes, notify, ...flags }, desk) {
    const app = await desk.app();
    const { text, flow } = await readFlowFile(desk.cwd, file);
    const inputs = readInputs(flow, input);
    const files = await readLineFiles(desk.cwd, flow, inputs);
    const { user } = app.config;
    const granted = fixLimits({ ...flags, timeout: flags.timeout ?? flow.minutes, attempts: 1 }, user);
    const own = flow.budget_usd === undefined ? null : Math.round(flow.budget_usd * 1e9);
    if (own !== null && granted.usdNano !== null && own > granted.usdNano)
      desk.err(
        `${file} would spend up to $${flow.budget_usd}; you grant $${granted.usdNano / 1e9}: more with --budget-usd ${flow.budget_usd}`,
      );
    const usdNano =
      own === null || granted.usdNano === null ? (granted.usdNano ?? own) : Math.min(granted.usdNano, own);
    const { flow: workflow } = await import("../../workflows/flow/flow.ts");
    return watchRun(desk, { json, yes, notify }, (_, watch) =>
      app.start({
        ...watch,
        workflow,
        cwd: desk.cwd,
        baseRef: base,
        model: { label: null },
        limits: { ...granted, usdNano },
        input: (put) => ({
          title: flow.name,
          file,
          flow: put(text),
          inputs,
          lines: Object.fromEntries(
            Object.entries(files).map(([id, { source, items }]) => [id, { source, items: put(JSON.stringify(items)) }]),
          ),
        }),
      }),
    );
  },
});
