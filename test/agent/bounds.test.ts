import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { drive, type Opening } from "../../src/agent/loop.ts";
import type { Agent } from "../../src/agent/agent.ts";
import { readRoleFile } from "../../src/policy/role-file.ts";
import { narrowedTools, type Role, roles } from "../../src/policy/roles.ts";
import * as tools from "../../src/tools/all.ts";
import { servedTool } from "../../src/tools/served.ts";
import { change, type Desk, desks, done, failure, type Line, look, scripted, sh } from "../support/desk.ts";

const open = desks();
const opening: Opening = { kind: "patch", prompt: "0".repeat(64), system: "You mend code.", task: "Mend it." };
const sha = "a".repeat(64);

function roleOf(text: string): Role {
  const file = readRoleFile(text, "role.yaml");
  return { ...roles.patch, tools: narrowedTools(roles.patch.tools, file), bounds: { ...file, path: "role.yaml", sha } };
}

async function hold(desk: Desk, text: string, lines: readonly Line[], changes: Partial<Agent> = {}) {
  const role = roleOf(text);
  const allowed = Object.values(tools).filter(({ spec }) => role.tools.includes(spec.name));
  const model = scripted(lines);
  const agent = desk.agent(model, { role, tools: allowed, ...changes });
  return { ended: await drive("patch", opening, agent, new AbortController().signal), requests: model.requests };
}
const answers = async (desk: Desk): Promise<string[]> =>
  (await desk.transcript()).flatMap((message) => (message.role === "tool" ? [message.text] : []));

test("max_tool_calls_per_task: the call over it is not done, and ends the session", async () => {
  const desk = await open({ "a.txt": "0\n" });
  const lines: Line[] = [
    [look("a.txt"), sh("echo 1 > a.txt")],
    [sh("echo 2 > a.txt"), sh("echo 3 > a.txt"), sh("echo 4 > a.txt")],
    [done()],
  ];
  const { ended } = await hold(desk, "guardrails: { max_tool_calls_per_task: 3 }\n", lines);
  expect(ended).toMatchObject({
    reason: "over-budget",
    detail: "tool_limit: role.yaml allows 3 calls (max_tool_calls_per_task)",
  });
  expect(desk.file("a.txt")).toBe("2\n");
});

test("max_context_tokens: a request over it is not sent", async () => {
  const desk = await open({ "a.txt": "some words\n".repeat(900) });
  const { ended, requests } = await hold(desk, "max_context_tokens: 2000\n", [
    [look("a.txt")],
    [look("a.txt")],
    [done()],
  ]);
  expect(ended).toMatchObject({
    reason: "over-budget",
    detail: expect.stringContaining("role.yaml allows 2000 (max_context_tokens)"),
  });
  expect(requests.length).toBeLessThan(3);
});

test("timeout_seconds: what runs is stopped, and the session ends", async () => {
  const desk = await open();
  const { ended } = await hold(desk, "timeout_seconds: 2\n", [[sh("sleep 50")], [done()]]);
  expect(ended).toMatchObject({ reason: "over-budget", detail: "role.yaml gives it 2 s (timeout_seconds)" });
});

test("retry_policy: as many retries, and each wait so many times the one before", async () => {
  const desk = await open();
  const waits: number[] = [];
  const clock = { ...desk.agent(scripted([])).clock, sleep: (ms: number) => Promise.resolve(void waits.push(ms)) };
  const text = "retry_policy: { max_retries: 2, backoff_multiplier: 1.5 }\n";
  const lines = [failure("server"), failure("server"), failure("server"), [done()]] as const;
  await expect(hold(desk, text, lines, { clock })).rejects.toThrow("it failed: server");
  expect(waits).toHaveLength(2);
  expect((waits[1] ?? 0) / (waits[0] ?? 1)).toBeCloseTo(1.5);
});

test("the role file's hash is on record where the session begins", async () => {
  const desk = await open();
  await hold(desk, "name: x\n", [[done()]]);
  expect(desk.log.events[0]).toMatchObject({ type: "session.started", role: sha });
});

test("without exec no tool runs a shell: not bash, and nothing smuggled into another tool's arguments", async () => {
  const desk = await open({ "a.txt": "one\n" });
  const smuggled = [
    "$(touch planted)",
    "a.txt; touch planted",
    "`touch planted`",
    "a.txt\ntouch planted",
    "-exec touch planted",
  ];
  const lines: Line[] = [
    [sh("touch planted")],
    ...smuggled.map((path): Line => [look(path)]),
    ...smuggled.map((text): Line => [change(text, "one", text)]),
    [change("a.txt", "one", "$(touch planted)")],
    [done()],
  ];
  const { ended, requests } = await hold(
    desk,
    "tools: { security: allowlist, allowed: [read, write, edit], denied: [exec] }\n",
    lines,
  );
  expect(ended.reason).toBe("finished");
  expect(requests[0]?.tools.map(({ name }) => name)).toEqual(["edit", "finish", "read"]);
  expect((await answers(desk))[0]).toBe("not run: there is no tool named bash; there are edit, finish, read");
  expect(() => desk.file("planted")).toThrow("ENOENT");
  expect(desk.file("a.txt")).toBe("$(touch planted)\n");
});

test("a tool that is on offer by mistake is still refused by the role", async () => {
  const desk = await open();
  const denied = "tools: { security: allowlist, allowed: [read] }\n";
  await hold(desk, denied, [[sh("touch planted")], [done()]], { tools: Object.values(tools) });
  expect((await answers(desk))[0]).toBe("not run: denied: role patch has no bash");
});

describe("a tool that a server offers", () => {
  /** A server on loopback that answers by path, and the paths it was asked for. */
  async function toolServer() {
    const asked: string[] = [];
    const server = createServer((request, response) => {
      asked.push(`${request.method} ${request.url} ${request.headers.authorization ?? "no credential"}`);
      if (request.url === "/away") return void response.writeHead(307, { Location: "http://127.0.0.1:1/" }).end();
      request.pipe(response);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    return { asked, origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
  }
  const use = async (endpoint: string, options: Parameters<typeof servedTool>[1]) =>
    (await open()).use(servedTool({ name: "parse", endpoint }, options), { input: "text" });

  test("is asked at its declared endpoint, without credentials", async () => {
    const { asked, origin } = await toolServer();
    expect(await use(`${origin}/parse`, { externalNetwork: false })).toMatchObject({
      ok: true,
      text: '[200]\n{"input":"text"}',
    });
    expect(asked).toEqual(["POST /parse no credential"]);
  });

  test("leads nowhere else: a redirect is told, not followed", async () => {
    const { asked, origin } = await toolServer();
    const { ok, text } = await use(`${origin}/away`, { externalNetwork: true });
    expect([ok, text]).toEqual([
      false,
      expect.stringContaining("redirects to http://127.0.0.1:1/, and no redirect is followed"),
    ]);
    expect(asked).toHaveLength(1);
  });

  test("is not asked on the public internet where the role allows no external network", async () => {
    const options = { externalNetwork: false, lookup: () => Promise.resolve(["8.8.8.8"]) };
    expect(await use("http://tools.example.org/parse", options)).toMatchObject({
      ok: false,
      text: "not done: tools.example.org is on the public internet, and the role allows no external network",
    });
  });
});
