import { z } from "zod";
import { exitCodes } from "../../errors.ts";
import { serveCheck } from "../../models/probe/serve-check.ts";
import type { CommandDesk } from "../command.ts";
import { hasColours, styleFor } from "../style.ts";
import { findingLines } from "./lines.ts";
import { targetOf } from "./target.ts";

const Input = z.object({
  endpoint: z.string().optional(),
  model: z.string().trim().min(1, "must not be empty").optional(),
  json: z.boolean().default(false),
});

/** `claw models serve-check`. */
export const serveCheckCommand = {
  arguments: "[endpoint]",
  working: "looking at the server",
  options: [
    ["--model <name>", "the model that is meant, where the server has several"],
    ["--json", "print each check, and last what the server says, as lines of JSON"],
  ] as const,
  more: `Reads what a server of your own says about itself (its models, /metrics, /props, /get_server_info, /api/ps) and names the
setting to change: vLLM, SGLang, llama.cpp, Ollama, LM Studio and TGI are known. No model is asked anything.

Examples:
  claw models serve-check local
  claw models serve-check http://192.168.1.20:8000/v1 --json

Exit codes: 0 no problem; 20 a problem; 2 no such endpoint`,
  input: Input,
  async run({ endpoint, model, json }: z.infer<typeof Input>, desk: CommandDesk): Promise<number> {
    const { config } = await desk.app();
    const target = await targetOf(config, endpoint, model);
    desk.err(`… asking ${target.baseUrl} about itself`);
    const { findings, facts } = await serveCheck(target, desk.signal);
    const style = styleFor(hasColours(config, desk.terminal.stdout && desk.terminal.colour));
    for (const finding of findings)
      desk.out(json ? JSON.stringify({ type: "check", ...finding }) : findingLines(finding, style));
    const good = findings.every(({ level }) => level !== "problem");
    if (json)
      desk.out(JSON.stringify({ type: "serve-check", version: 1, endpoint: target.name, ok: good, server: facts }));
    return good ? 0 : exitCodes["model-unavailable"];
  },
};
