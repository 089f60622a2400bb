import { z } from "zod";
import { systemClock } from "../../clock.ts";
import { exitCodes } from "../../errors.ts";
import { keepCapabilities } from "../../models/capabilities.ts";
import { probe } from "../../models/probe/probe.ts";
import type { CommandDesk } from "../command.ts";
import { numberOption } from "../number-option.ts";
import { hasColours, styleFor } from "../style.ts";
import { findingLines } from "./lines.ts";
import { targetOf } from "./target.ts";

const Input = z.object({
  endpoint: z.string().optional(),
  model: z.string().trim().min(1, "must not be empty").optional(),
  context: numberOption({ min: 4_000, max: 2_000_000, whole: true }),
  timeout: numberOption({ min: 0.1, max: 3_600 }),
  json: z.boolean().default(false),
});

/** `claw models probe`. */
export const probeCommand = {
  arguments: "[endpoint]",
  working: "trying the server out",
  options: [
    ["--model <name>", "the model to try, where the server has several"],
    ["--context <tokens>", "how much context to try out (default: 32000 on a server of your own, none where it costs)"],
    ["--timeout <seconds>", "the longest that one request may take (default: 120)"],
    ["--json", "print each check, and last what was learned, as lines of JSON"],
  ] as const,
  more: `Asks a handful of short questions, and on a server of your own one long one: is it reached, does it stream to the end,
does it call tools with valid JSON, also two at once, how much context does it really read, how fast is it, is its price
known. What it learns is kept, and used by every later run with that model.

<endpoint> is a name from config.yaml, <endpoint>/<model>, or an address.

Examples:
  claw models probe local
  claw models probe local/qwen3-coder --context 131072
  claw models probe http://192.168.1.20:8000/v1
  claw models probe openai/gpt-5.6-terra --json

Exit codes: 0 no problem; 20 a problem; 2 no such endpoint`,
  input: Input,
  async run(
    { endpoint, model, context, timeout = 120, json }: z.infer<typeof Input>,
    desk: CommandDesk,
  ): Promise<number> {
    const { config } = await desk.app();
    const target = await targetOf(config, endpoint, model);
    const style = styleFor(hasColours(config, desk.terminal.stdout && desk.terminal.colour));
    const { findings, capabilities } = await probe(target, {
      clock: systemClock,
      signal: desk.signal,
      patienceMs: timeout * 1000,
      context: context ?? null,
      onStep: (what) => desk.err(`… ${what}`),
      onFinding: (finding) =>
        desk.out(json ? JSON.stringify({ type: "check", ...finding }) : findingLines(finding, style)),
    });
    const record = capabilities && (await keepCapabilities(config.home, capabilities));
    const good = findings.every(({ level }) => level !== "problem");
    if (json) {
      const named = { endpoint: target.name, model: capabilities?.model ?? target.model };
      desk.out(JSON.stringify({ type: "probe", version: 1, ...named, ok: good, capabilities, record }));
    } else if (record) desk.err(`kept for later runs: ${record}`);
    return good ? 0 : exitCodes["model-unavailable"];
  },
};
