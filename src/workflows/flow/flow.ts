import { z } from "zod";
import { UsageError } from "../../errors.ts";
import { Sha } from "../../ledger/events.ts";
import { readFlow } from "../../policy/flow-file.ts";
import { type RunEnd, type WorkDesk, workflow } from "../workflow.ts";
import { flowEnd } from "./ends.ts";
import { doStep } from "./step.ts";
import { openTale } from "./tale.ts";

/** What `claw flow run` is asked. */
export const FlowInput = z.object({
  /** The flow's name: what the run is listed as. */
  title: z.string(),
  /** Where it was read from. */
  file: z.string(),
  /** The file as it was, a blob: a run goes on with it whatever becomes of the file. */
  flow: Sha,
  inputs: z.record(z.string(), z.json()),
  /** What was read for steps with `for_each: { lines: … }`, by their ids; each a blob of a JSON list. */
  lines: z.record(z.string(), z.object({ source: z.string(), items: Sha })).default({}),
});
export type FlowInput = z.infer<typeof FlowInput>;

/** What of a desk a flow works with: what it does is done by the runs it begins. */
export type FlowDesk = Pick<
  WorkDesk,
  "log" | "clock" | "signal" | "manifest" | "waitMs" | "limits" | "deadline" | "children"
>;

/** Steps that are runs, one after the other; a finished one is never repeated. */
export async function runFlow(input: FlowInput, desk: FlowDesk): Promise<RunEnd> {
  const children = await desk.children();
  if (!children) throw new UsageError("this claw cannot begin other runs here", "run it with: claw flow run");
  const flow = readFlow(await desk.log.text(input.flow), input.file);
  const tale = await openTale(desk, children, { flow, inputs: input.inputs, lines: input.lines });
  for (const step of flow.steps) {
    const end = await doStep(tale, step);
    if (end) return end;
  }
  return flowEnd(flow, tale.results);
}

/** A flow file: its steps are runs of the other workflows. */
export const flow = workflow({
  name: "flow",
  about: "do the steps of a flow file, each a run of its own",
  input: FlowInput,
  run: runFlow,
});
