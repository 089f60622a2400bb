import type { z } from "zod";
import { ofType } from "../views/run.ts";
import type { WorkDesk } from "./workflow.ts";

/** One durable step: done once and recorded; a resumed run gets the recorded output instead. */
export async function stage<Output extends z.ZodType>(
  desk: WorkDesk,
  name: string,
  output: Output,
  work: () => Promise<z.infer<Output>>,
): Promise<z.infer<Output>> {
  const done = ofType(desk.log.events, "stage.finished").find((event) => event.stage === name);
  if (done) return output.parse(done.output);
  desk.signal.throwIfAborted();
  await desk.log.append({ type: "stage.started", stage: name });
  const result = await work();
  const [finished] = await desk.log.appendTogether([
    { type: "stage.finished", stage: name, output: result as z.core.util.JSONType },
  ]);
  // As it was recorded, without secrets: the same that a resumed run gets.
  return finished?.type === "stage.finished" ? output.parse(finished.output) : result;
}
