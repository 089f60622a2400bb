import { z } from "zod";
import { UsageError } from "../../errors.ts";
import { lift } from "../../models/drift/standing.ts";
import type { CommandDesk } from "../command.ts";

const Input = z.object({ model: z.string(), json: z.boolean().default(false) });

/** `claw models lift`. */
export const liftCommand = {
  arguments: "<model>",
  options: [["--json", "print the result as a line of JSON"]] as const,
  more: `A model whose figures drifted away from what was usual here is in quarantine: no run begins with it. This takes it out; what is
usual for it is learnt anew. <model> is <endpoint>/<model>, as claw models list shows it.

Example:
  claw models lift local/qwen3-coder

Exit codes: 0 taken out; 2 it was in no quarantine`,
  input: Input,
  async run({ model, json }: z.infer<typeof Input>, desk: CommandDesk): Promise<void> {
    const { change } = await (await desk.app()).ledger();
    if (!(await lift(change, model)))
      throw new UsageError(`${model} is in no quarantine`, "see which are: claw models list");
    desk.out(json ? JSON.stringify({ type: "lift", version: 1, model }) : `${model} may be used again`);
  },
};
