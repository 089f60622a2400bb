import { expect, test } from "vitest";
import { readManifest } from "../../src/policy/manifest.ts";
import { roles } from "../../src/policy/roles.ts";
import { agentFor } from "../../src/workflows/fix/agent-for.ts";
import { checkMayPropose, checkRoles, roleFor, roleRoom } from "../../src/workflows/role-for.ts";
import type { WorkDesk } from "../../src/workflows/workflow.ts";

/** A run in a repository whose patch role has this file. */
function desk(file: string | undefined, network: Partial<WorkDesk["network"]> = {}): WorkDesk {
  const manifest = readManifest("roles: { patch: agent.yml }\nnetwork: { hosts: [a.example.org, b.example.org] }\n");
  const clone = {
    base: { tree: "tree", commit: "0123456789abcdef" },
    read: (_tree: string, path: string) =>
      Promise.resolve(file !== undefined && path === "agent.yml" ? Buffer.from(file) : null),
  };
  const info = { model: "small", label: "local/small" };
  return {
    clone,
    manifest,
    log: { put: () => "sha" },
    network: { hosts: ["*.example.org"], install: null, ...network },
    policies: { directories: [], cwd: "/", userHome: "/nonexistent", variable: () => undefined },
    model: () => Promise.resolve({ info }),
  } as unknown as WorkDesk;
}

test("allow_external_network: false leaves commands no host, whatever claw.yaml declares; hosts leaves those it names", async () => {
  const room = (file: string) => roleRoom(desk(file), roles.patch);
  expect(await room("guardrails: { allow_external_network: false }\n")).toEqual({ hosts: [] });
  expect(await room("name: x\n")).toEqual({ hosts: ["a.example.org:443", "b.example.org:443"] });
  expect(await room("sandbox: { hosts: [b.example.org], workspace: ro }\n")).toEqual({
    hosts: ["b.example.org:443"],
    workspaceMode: "ro",
  });
  await expect(room("sandbox: { hosts: [c.example.org] }\n")).rejects.toThrow("does not declare");
  await expect(room("sandbox: { policy: strict }\n")).rejects.toThrow("there is no sandbox policy called strict");
});

test("model: a session with another one does not begin", async () => {
  const begin = (model: string) =>
    agentFor(desk(`model: ${model}\n`), roles.patch, {} as Parameters<typeof agentFor>[2]);
  await expect(begin("large")).rejects.toThrow("agent.yml is written for the model large, and the run has local/small");
  // Beyond that point there is more to a run than this desk has.
  await expect(begin("small")).rejects.toThrow(TypeError);
});

test("tools and their endpoints: only what the file allows, and only servers that the user grants", async () => {
  const served = "tools:\n  - name: parse\n    endpoint: http://tools:9001/parse\n";
  await expect(roleFor(desk(served), roles.patch)).rejects.toThrow("your config.yaml does not grant it");
  const granted = await roleFor(desk(served, { tools: ["http://tools:9001"] }), roles.patch);
  expect(granted.tools).toEqual(["finish", "parse"]);
  await expect(checkRoles(desk(undefined))).rejects.toThrow("there is no such file");
});

test("a role without a shell is not asked for a test command, which would be run", async () => {
  const manifest = readManifest("roles: { propose: agent.yml }\n");
  const asked = (file: string) => checkMayPropose({ ...desk(file), manifest });
  const without = (key: string) => `tools: { security: allowlist, allowed: [read, exec], denied: [${key}] }\n`;
  await asked(without("edit"));
  await expect(asked(without("exec"))).rejects.toThrow("agent.yml lets the session that finds out run no command");
});
