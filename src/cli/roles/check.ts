import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { z } from "zod";
import { UsageError } from "../../errors.ts";
import { readRoleFile, type RoleFile } from "../../policy/role-file.ts";
import { narrowedTools, roles } from "../../policy/roles.ts";
import { command } from "../command.ts";

export const check = command({
  arguments: "<file>",
  options: [["--json", "print one JSON object"]],
  more: `A role file narrows the sessions of a role: which tools they have, how many calls, how long, how much context, which hosts.
claw.yaml names it (roles: { patch: agents/patch.yaml }); it is read from the base commit. An unknown key is an error.

  agent:
    name: patcher
    model: qwen3-coder                  # a run with another model is refused
    max_context_tokens: 32000
    timeout_seconds: 900
    retry_policy: { max_retries: 2, backoff_multiplier: 1.5 }
    tools: { security: allowlist, allowed: [read, write, edit], denied: [exec] }
    sandbox: { workspace: rw, hosts: [], policy: strict }   # a sandbox policy of yours that you offer
    guardrails: { max_tool_calls_per_task: 40, allow_external_network: false }

tools may also be a list of { name, endpoint }: tools that a server offers over HTTP, which config.yaml must grant.

Examples:
  claw roles check agents/patch.yaml

Exit codes: 0 it can be used; 2 it cannot, and the line is named`,
  input: z.object({ file: z.string().min(1, "must not be empty"), json: z.boolean().default(false) }),
  async run({ file, json }, { cwd, out }) {
    const text = await readFile(resolve(cwd, file), "utf8").catch((error: unknown) => {
      throw new UsageError(`${file} cannot be read`, "name a role file", error);
    });
    const role = readRoleFile(text, file);
    const tools = Object.values(roles).map(({ kind, tools: own }) => ({ kind, tools: narrowedTools(own, role) }));
    if (json) out(JSON.stringify({ type: "role", version: 1, file, role, tools }));
    else
      for (const line of [...tools.map((each) => `${each.kind.padEnd(10)} ${each.tools.join(", ")}`), ...bounds(role)])
        out(line);
  },
});

function bounds(role: RoleFile): string[] {
  const { model, maxContextTokens, timeoutMs, maxRetries, backoffMultiplier, maxCalls } = role;
  const network = role.externalNetwork === false ? "no host, and tool servers of a private network only" : null;
  const rows: (readonly [string, string | number | null])[] = [
    ["name", role.name],
    ["model", model],
    ["context", maxContextTokens && `at most ${maxContextTokens} tokens a request`],
    ["time", timeoutMs && `at most ${timeoutMs / 1000} s a session`],
    [
      "retries",
      maxRetries === null
        ? null
        : `at most ${maxRetries}${backoffMultiplier ? `, each wait ${backoffMultiplier} times the one before` : ""}`,
    ],
    ["calls", maxCalls && `at most ${maxCalls} a session`],
    ["network", network ?? (role.hosts && `at most ${role.hosts.join(", ") || "no host"}`)],
    ["workspace", role.workspace],
    ["missing", role.unknown.length > 0 ? `claw has no ${role.unknown.join(", ")}: nothing is granted by that` : null],
  ];
  return [
    ...rows.flatMap(([name, value]) => (value === null || value === 0 ? [] : [`${name.padEnd(10)} ${value}`])),
    ...role.served.map(({ name, endpoint }) => `${"server".padEnd(10)} ${name} at ${endpoint}`),
  ];
}
