import { describe, expect, test } from "vitest";
import { UsageError } from "../../src/errors.ts";
import { readRoleFile } from "../../src/policy/role-file.ts";
import { narrowedTools, roles } from "../../src/policy/roles.ts";

/** The agent file of a fleet of local models, as it was published. */
const extraction = `agent:
  name: data-extraction
  description: "Extracts structured fields from unstructured documents"
  model: mistralai/Mistral-7B-Instruct-v0.3
  max_context_tokens: 6144
  timeout_seconds: 120
  retry_policy:
    max_retries: 2
    backoff_multiplier: 1.5
  tools:
    - name: pdf_parser
      endpoint: http://toolserver:9001/parse
    - name: schema_validator
      endpoint: http://toolserver:9001/validate
  guardrails:
    max_tool_calls_per_task: 10
    allow_external_network: false
`;

/** The tool policy of a hardened agent, as it was published. */
const hardened = `tools:
  security: allowlist
  allowed:
    - read
    - write
    - edit
    - web_fetch
  denied:
    - exec  # No shell access for this agent
`;

test("the published agent file loads unchanged, with every key in it", () => {
  const role = readRoleFile(extraction, "agent.yaml");
  expect(role).toEqual({
    name: "data-extraction",
    description: "Extracts structured fields from unstructured documents",
    model: "mistralai/Mistral-7B-Instruct-v0.3",
    maxContextTokens: 6144,
    timeoutMs: 120_000,
    maxRetries: 2,
    backoffMultiplier: 1.5,
    tools: [],
    denied: [],
    unknown: [],
    served: [
      { name: "pdf_parser", endpoint: "http://toolserver:9001/parse" },
      { name: "schema_validator", endpoint: "http://toolserver:9001/validate" },
    ],
    maxCalls: 10,
    externalNetwork: false,
    workspace: null,
    hosts: null,
    policy: null,
  });
  expect(narrowedTools(roles.patch.tools, role)).toEqual(["finish", "pdf_parser", "schema_validator"]);
});

test("an allow-list without exec leaves no shell, and deny wins over allow", () => {
  const role = readRoleFile(hardened, "agent.yaml");
  expect(role).toMatchObject({ tools: ["read", "edit"], denied: ["bash"], unknown: ["web_fetch"] });
  expect(narrowedTools(roles.patch.tools, role)).toEqual(["edit", "finish", "read"]);
  expect(narrowedTools(roles.propose.tools, role)).toEqual(["read", "finish"]);
  const both = readRoleFile("tools: { security: allowlist, allowed: [exec, read], denied: [shell] }\n", "a.yaml");
  expect(narrowedTools(roles.patch.tools, both)).toEqual(["finish", "read"]);
});

test("a file that says nothing of tools narrows none", () => {
  expect(narrowedTools(roles.patch.tools, readRoleFile("name: plain\n", "a.yaml"))).toEqual(roles.patch.tools);
});

describe("a mistake names its line and what was meant:", () => {
  test.each([
    ["agent:\n  nmae: x\n", 'a.yaml:2: unknown key "agent.nmae"', 'did you mean "name"?'],
    [
      "guardrails:\n  max_calls: 1\n",
      'a.yaml:2: unknown key "guardrails.max_calls"',
      "known here: max_tool_calls_per_task, allow_external_network",
    ],
    [
      "tools:\n  security: allowlist\n  alowed: [read]\n",
      'a.yaml:3: unknown key "tools.alowed"',
      'did you mean "allowed"?',
    ],
    [
      "tools:\n  security: open\n",
      'a.yaml:2: tools.security: must be "allowlist": nothing else is safe',
      "change that value",
    ],
    [
      "tools:\n  security: allowlist\n  allowed:\n    - raed\n",
      'a.yaml:4: tools.allowed.0: no tool is called "raed"; did you mean "read"?',
      "change that value",
    ],
    [
      "tools:\n  - name: x\n    url: http://a\n",
      "a.yaml:2: tools.0.endpoint: must be an http or https address",
      "change that value",
    ],
    [
      "tools:\n  - name: bash\n    endpoint: http://a\n",
      "a.yaml:2: tools.0.name: is the name of a tool of claw's own: call the server's otherwise",
      "change that value",
    ],
    [
      "sandbox: { hosts: [127.0.0.1] }\n",
      "a.yaml:1: sandbox.hosts.0: it is an address, and only names can be declared",
      "change that value",
    ],
    ["agent:\n  name: x\nother: 1\n", 'a.yaml:3: unknown key "other"', "known here: agent"],
    ["timeout_seconds: -1\n", "a.yaml:1: timeout_seconds: Too small: expected number to be >0", "change that value"],
  ])("%j", (text, message, hint) => {
    const refused = (): unknown => {
      try {
        return readRoleFile(text, "a.yaml");
      } catch (error) {
        return error instanceof UsageError ? [error.message, error.hint] : error;
      }
    };
    expect(refused()).toEqual([message, hint]);
  });
});
