import { z } from "zod";
import { Flow } from "../../policy/flow-file.ts";
import { count, line, texts } from "./line.ts";

export const PolicyLine = line("policy", {
  what: z.string(),
  kind: z.enum(["path", "command", "host"]),
  source: z.string(),
  answers: z.array(
    z.strictObject({ question: z.string(), verdict: z.enum(["allow", "ask", "deny"]), rule: z.string() }),
  ),
});

export const PolicyTestLine = line("policy-test", {
  run: z.string(),
  source: z.string(),
  looked: count,
  changed: z.array(z.strictObject({ what: z.string(), past: z.string(), today: z.string(), rule: z.string() })),
});

export const RoleLine = line("role", {
  file: z.string(),
  role: z.strictObject({
    name: z.string().nullable(),
    description: z.string().nullable(),
    model: z.string().nullable(),
    maxContextTokens: z.number().nullable(),
    timeoutMs: z.number().nullable(),
    maxRetries: z.number().nullable(),
    backoffMultiplier: z.number().nullable(),
    tools: texts.nullable(),
    denied: texts,
    unknown: texts,
    served: z.array(z.strictObject({ name: z.string(), endpoint: z.string() })),
    maxCalls: z.number().nullable(),
    externalNetwork: z.boolean().nullable(),
    workspace: z.enum(["rw", "ro"]).nullable(),
    hosts: texts.nullable(),
    policy: z.string().nullable(),
  }),
  tools: z.array(z.strictObject({ kind: z.string(), tools: texts })),
});

/** A flow file as it was read, with its defaults. */
export const FlowLine = line("flow", { file: z.string(), flow: Flow });

const prompt = {
  name: z.string(),
  sha: z.string(),
  state: z.enum(["approved", "changed", "never approved"]),
  by: z.string().nullable(),
  at: z.string().nullable(),
  approved: z.string().nullable(),
};

export const PromptsLine = line("prompts", { commit: z.string(), prompts: z.array(z.strictObject(prompt)) });
export const PromptDiffLine = line("prompt-diff", { ...prompt, diff: z.string() });
export const PromptsApprovedLine = line("prompts-approved", {
  by: z.string(),
  at: z.string(),
  prompts: z.record(z.string(), z.strictObject({ sha256: z.string(), by: z.string(), at: z.string() })),
});

/** What models were told in two runs, by session. */
export const ToldDiffLine = line("prompt-diff", {
  session: z.string(),
  turn: count,
  verdict: z.string().meta({ description: "same, different, or the one run that has such a request." }),
  diff: z.string(),
});
