import { z } from "zod";
import { readStrictYaml } from "../strict-yaml.ts";
import { nearest } from "../text.ts";
import { declaredHost } from "./host-rules.ts";
import { policyName } from "./sandbox-file.ts";

/** Names that agent files give to tools, and claw's own tool for each; null for one that claw does not have. */
const toolNames: Readonly<Record<string, string | null>> = {
  bash: "bash",
  exec: "bash",
  shell: "bash",
  read: "read",
  search: "read",
  edit: "edit",
  plan: "plan",
  write: "edit",
  finish: "finish",
  web_fetch: null,
  web_search: null,
};

const toolName = z.string().superRefine((name, context) => {
  if (Object.hasOwn(toolNames, name)) return;
  const meant = nearest(name, Object.keys(toolNames));
  const hint = meant ? `did you mean "${meant}"?` : `there are ${Object.keys(toolNames).join(", ")}`;
  context.addIssue({ code: "custom", message: `no tool is called "${name}"; ${hint}` });
});

const allowlist = z.strictObject({
  security: z.literal("allowlist", { error: 'must be "allowlist": nothing else is safe' }),
  allowed: z.array(toolName).default([]),
  denied: z.array(toolName).default([]),
});
/** A server's tool of such a name would bring claw's own with it. */
const ownTools = ["apply_patch", ...Object.values(toolNames)];
const served = z.array(
  z.strictObject({
    name: z
      .string()
      .regex(/^[a-z][a-z0-9_]{0,40}$/, "must be lower-case letters, digits and _")
      .refine((name) => !ownTools.includes(name), "is the name of a tool of claw's own: call the server's otherwise"),
    endpoint: z.url({ protocol: /^https?$/, error: "must be an http or https address" }),
  }),
);

const agent = <Tools extends z.ZodType>(tools: Tools) =>
  z.strictObject({
    name: z.string().min(1).optional(),
    description: z.string().optional(),
    model: z.string().min(1).optional(),
    max_context_tokens: z.int().min(1).optional(),
    timeout_seconds: z.number().positive().optional(),
    retry_policy: z
      .strictObject({
        max_retries: z.int().min(0).max(20).optional(),
        backoff_multiplier: z.number().min(1).max(10).optional(),
      })
      .prefault({}),
    tools: tools.optional(),
    sandbox: z
      .strictObject({
        workspace: z.enum(["rw", "ro"]).optional(),
        hosts: z.array(declaredHost).optional(),
        policy: policyName.optional(),
      })
      .prefault({}),
    guardrails: z
      .strictObject({
        max_tool_calls_per_task: z.int().min(1).optional(),
        allow_external_network: z.boolean().optional(),
      })
      .prefault({}),
  });

/** A tool that a server offers over HTTP. */
export interface ServedTool {
  readonly name: string;
  readonly endpoint: string;
}

/** What a role file says, in claw's own words. Absent: nothing is narrowed. */
export interface RoleFile {
  readonly name: string | null;
  readonly description: string | null;
  /** The model that sessions must be held with, as its server calls it. */
  readonly model: string | null;
  readonly maxContextTokens: number | null;
  readonly timeoutMs: number | null;
  readonly maxRetries: number | null;
  readonly backoffMultiplier: number | null;
  /** claw's own tools that the role may have; null for those of the session it narrows. */
  readonly tools: readonly string[] | null;
  /** claw's own tools that it may not have, whatever else is said. */
  readonly denied: readonly string[];
  /** Names it allows that claw has no tool for. */
  readonly unknown: readonly string[];
  readonly served: readonly ServedTool[];
  readonly maxCalls: number | null;
  /** False: its commands reach no host, and its tools' servers are of a private network. Null: nothing was said. */
  readonly externalNetwork: boolean | null;
  readonly workspace: "rw" | "ro" | null;
  readonly hosts: readonly string[] | null;
  /** A sandbox policy of the user's. */
  readonly policy: string | null;
}

/** Reads a role file: the keys at the top, or below `agent:`. Throws UsageError with the line and a suggestion. */
export function readRoleFile(text: string, file: string): RoleFile {
  const body = /^[ \t]*tools:[ \t]*(?:#.*)?\n\s*-|^[ \t]*tools:[ \t]*\[/m.test(text) ? agent(served) : agent(allowlist);
  const schema: z.ZodType = /^agent:/m.test(text) ? z.strictObject({ agent: body }) : body;
  const read = readStrictYaml(text, { file, schema, published: () => z.toJSONSchema(schema, { io: "input" }) });
  const said = (typeof read === "object" && read !== null && "agent" in read ? read.agent : read) as Said;
  return inOwnWords(said);
}

type Said = z.infer<ReturnType<typeof agent<z.ZodType<Tools>>>>;
type Tools = z.infer<typeof allowlist> | z.infer<typeof served>;

function inOwnWords({ tools, guardrails, sandbox, retry_policy: retry, ...said }: Said): RoleFile {
  const list = tools === undefined ? null : Array.isArray(tools) ? { allowed: [], denied: [] } : tools;
  const own = (names: readonly string[]): string[] => [...new Set(names.flatMap((name) => toolNames[name] ?? []))];
  return {
    name: said.name ?? null,
    description: said.description ?? null,
    model: said.model ?? null,
    maxContextTokens: said.max_context_tokens ?? null,
    timeoutMs: said.timeout_seconds === undefined ? null : said.timeout_seconds * 1000,
    maxRetries: retry.max_retries ?? null,
    backoffMultiplier: retry.backoff_multiplier ?? null,
    tools: list && own(list.allowed),
    denied: own(list?.denied ?? []),
    unknown: (list?.allowed ?? []).filter((name) => toolNames[name] === null),
    served: Array.isArray(tools) ? tools : [],
    maxCalls: guardrails.max_tool_calls_per_task ?? null,
    externalNetwork: guardrails.allow_external_network ?? null,
    workspace: sandbox.workspace ?? null,
    hosts: sandbox.hosts ?? null,
    policy: sandbox.policy ?? null,
  };
}
