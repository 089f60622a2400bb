import { type AddressInfo, createServer } from "node:net";
import { expect, test } from "vitest";
import type { Fault, SeenRequest } from "../support/model-server.ts";
import type { ScriptedReply } from "../support/model-wire.ts";
import { bash } from "../support/plays.ts";
import { ending, scene, wholePlay } from "../support/scene.ts";
import { patchesSum, reproducesSum } from "../support/shell-sum.ts";

const html = "<html><body>Log in to the hotel network</body></html>";
test("a model server that stops in the middle of each reply is asked again, then the run pauses with exit 20", async () => {
  const { fix, server, leftovers } = await scene({ reproduce: [{ fault: "cut", text: "Hello" }] });
  expect(ending(await fix())).toMatchObject({
    code: 20,
    outcome: "model-unavailable",
    reason: expect.stringContaining("not JSON"),
    hint: expect.stringContaining("claw resume"),
  });
  expect([server.requests.length, leftovers()]).toEqual([3, []]);
});

test("a model server that sends a web page pauses the run at once; resumed, a dropped connection and broken JSON do not keep it from its proven end", async () => {
  const page: Fault = { fault: "raw", body: html, contentType: "text/html" };
  const answers: Fault[] = [page, { fault: "destroy", text: "Hello" }, { fault: "malformed" }];
  const [first = { text: "" }, ...others] = reproducesSum;
  const { fix, used, cwd, env, server } = await scene({
    reproduce: [() => answers.shift() ?? (first as ScriptedReply), ...others],
    patch: patchesSum,
  });
  expect(ending(await fix())).toMatchObject({
    code: 20,
    reason: expect.stringContaining("web page instead of a reply: Log in to the hotel network"),
    hint: expect.stringContaining("/v1"),
  });
  expect(server.requests).toHaveLength(1);
  const resumed = await used.claw(["resume", "--json"], { cwd, env });
  expect(resumed.code, resumed.stderr).toBe(0);
});

test("no model server at the address: exit 20 in two lines when it has to be asked for its model, before a run begins", async () => {
  const { used, cwd, env } = await scene();
  const port = await freePort();
  const run = await used.claw(["fix", "a b"], { cwd, env: { ...env, OPENAI_BASE_URL: `http://127.0.0.1:${port}/v1` } });
  expect([run.code, run.stderr]).toEqual([
    20,
    expect.stringMatching(/^claw: cannot reach .*ECONNREFUSED.*\n {2}is a server running/),
  ]);
});

test("a model server that never answers is waited for only as long as the run may take, and nothing is lost", async () => {
  const { fix, leftovers } = await scene({ reproduce: [{ fault: "hang" }] });
  const run = await fix("--timeout", "0.1");
  expect(ending(run)).toMatchObject({ code: 15, outcome: "over-budget", hint: expect.stringContaining("--timeout") });
  expect(leftovers()).toEqual([]);
});

test("10,000 calls in one reply, unknown tools and unreadable arguments are answered, run nothing, and end nothing", async () => {
  const flood = {
    calls: Array.from({ length: 10_000 }, (_, n) => ({ name: "bash", arguments: { command: `echo ${n}` } })),
  };
  const strange = {
    calls: [
      { name: "delete_everything", arguments: { path: "/" } },
      { name: "bash", arguments: '{"command": "touch never-run' },
      { name: "bash", arguments: { command: 7, timeout_s: "soon" } },
    ],
  };
  const { fix, server, leftovers } = await scene({ ...wholePlay, reproduce: [flood, strange, ...reproducesSum] });
  const run = await fix();
  expect(run.code, run.stderr).toBe(0);
  const [, second, third] = server.requests as readonly [SeenRequest, SeenRequest, SeenRequest];
  const answers = (third.body["messages"] as { role: string; content: string }[])
    .filter(({ role }) => role === "tool")
    .slice(-3)
    .map(({ content }) => content);
  expect(answers).toEqual([
    expect.stringContaining("there is no tool named delete_everything"),
    expect.stringContaining("was not executed"),
    expect.stringContaining("command must be a string"),
  ]);
  expect(second.raw.length).toBeLessThan(300_000);
  expect(leftovers()).toEqual([]);
});

test("a model that only claims to be done, after a command with 20 MB of output, ends as stuck", async () => {
  const { fix } = await scene({ reproduce: [bash("yes | head -c 20000000"), { text: "I fixed it!" }] });
  expect(ending(await fix())).toMatchObject({ code: 16, outcome: "stuck" });
});

/** A port nobody listens on. */
function freePort(): Promise<number> {
  const server = createServer();
  return new Promise((resolve) =>
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    }),
  );
}
