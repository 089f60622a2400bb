import { z } from "zod";
import { systemClock } from "../../clock.ts";
import { exitCodes } from "../../errors.ts";
import { askCanaries } from "../../models/drift/ask-canaries.ts";
import { revise, withCanaries } from "../../models/drift/standing.ts";
import { known } from "../../models/probe/known-model.ts";
import type { CommandDesk } from "../command.ts";
import { targetOf } from "./target.ts";

const Input = z.object({
  endpoint: z.string().optional(),
  model: z.string().trim().min(1, "must not be empty").optional(),
  json: z.boolean().default(false),
});

/** `claw models canary`. */
export const canaryCommand = {
  arguments: "[endpoint]",
  working: "asking",
  options: [
    ["--model <name>", "the model that is asked, where the server has several"],
    ["--json", "print the result as a line of JSON"],
  ] as const,
  more: `Asks twenty short questions whose answers are known: ten tool calls with what breaks in them, ten in words. The first time
tells what is usual; two right answers fewer than then put the model in quarantine, and no run begins with it until
claw models lift. After the first time a server of your own is asked again when a run begins, at most every six hours, or when
its version, its templates or its installation changed. In the cloud it is asked only by this command: about 3,000 tokens in,
and what the model writes.

Examples:
  claw models canary local
  claw models canary openai/gpt-5.6-terra --json
  0 */6 * * *  claw models canary local        (a line for cron)

Exit codes: 0 as usual; 20 in quarantine, or no answer; 2 no such endpoint`,
  input: Input,
  async run({ endpoint, model, json }: z.infer<typeof Input>, desk: CommandDesk): Promise<number> {
    const app = await desk.app();
    const target = await known(await targetOf(app.config, endpoint, model), desk.signal);
    const name = `${target.name}/${target.model}`;
    desk.err(`… asking ${name} twenty questions`);
    const wrong: number[] = [];
    const onAnswer = (index: number, right: boolean): void => void (right || wrong.push(index + 1));
    const result = await askCanaries(target, { clock: systemClock, signal: desk.signal, onAnswer });
    const standing = await revise((await app.ledger()).change, name, (now) =>
      withCanaries(now, result, systemClock.now()),
    );
    const { canaries, quarantine } = standing;
    const numbers = wrong.toSorted((a, b) => a - b);
    if (json)
      desk.out(
        JSON.stringify({
          type: "canary",
          version: 1,
          model: name,
          ...result,
          wrong: numbers,
          first: canaries?.first,
          quarantine,
        }),
      );
    else {
      const missed = numbers.length === 0 ? "" : `; not ${numbers.join(", ")}`;
      desk.out(`${name}: ${result.passed} of ${result.of} right, ${canaries?.first} the first time${missed}`);
      if (quarantine)
        desk.out(`in quarantine: ${quarantine.why}\n  look at its server, then: claw models lift ${name}`);
    }
    return quarantine ? exitCodes["model-unavailable"] : 0;
  },
};
