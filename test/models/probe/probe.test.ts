import { readdirSync, readFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Capabilities } from "../../../src/models/capabilities.ts";
import type { Finding } from "../../../src/models/probe/finding.ts";
import { systemClock } from "../../../src/clock.ts";
import { connectKnown, refuseSmallWindow } from "../../../src/models/known.ts";
import { ModelError } from "../../../src/models/model-error.ts";
import { remedyFor } from "../../../src/models/probe/reach.ts";
import { endpointAt } from "../desk.ts";
import { temporary } from "../../repo/fixture.ts";
import { type } from "../../support/cli-desk.ts";
import { memoryLedger } from "../../support/recorded-fix.ts";
import { between, listen, modelServer, obedient, type ServerPlan } from "./server.ts";

interface Report {
  readonly code: number;
  readonly findings: readonly Finding[];
  readonly capabilities: Capabilities | null;
  readonly home: string;
  /** The line of a check, whole. */
  readonly line: (check: string) => string;
}

async function probe(address: string, ...flags: readonly string[]): Promise<Report> {
  const home = temporary();
  const environment = { CLAW_HOME: home };
  const { code, out } = await type(["models", "probe", address, "--json", ...flags], { environment });
  const lines = out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Finding & { type: string });
  const last = lines.at(-1) as unknown as { type: string; capabilities: Capabilities | null };
  expect(last.type).toBe("probe");
  const findings = lines.slice(0, -1);
  const line = (check: string): string => {
    const found = findings.find((one) => one.check === check);
    return found ? `${found.level}: ${found.text}${found.remedy === null ? "" : ` → ${found.remedy}`}` : "none";
  };
  return { code, findings, capabilities: last.capabilities, home, line };
}

const probing = async (plan: ServerPlan, ...flags: readonly string[]): Promise<Report> =>
  probe(await modelServer(plan), ...flags);

test("a good server: every check holds, and what was learned is kept for runs", async () => {
  const { code, findings, capabilities, home } = await probing({
    pages: {
      "/metrics":
        'vllm:num_requests_running{model_name="qwen"} 0\nvllm:cache_config_info{block_size="16",num_gpu_blocks="8192"} 1\n',
    },
  });
  expect(findings.filter(({ level }) => level !== "ok" && level !== "skipped")).toEqual([]);
  expect(findings.map(({ check }) => check).join(", ")).toBe(
    "reach, server, price, reply, tool call, parallel calls, window, speed, fix",
  );
  expect(code).toBe(0);
  expect(capabilities).toMatchObject({
    version: 1,
    model: "qwen",
    server: { kind: "vllm" },
    window: { declared: 65_536, probed: 32_000, used: 65_536 },
    toolCalls: "native",
    parallelCalls: true,
    validJson: true,
    streams: true,
    reportsUsage: true,
    kvTokens: 131_072,
    metrics: "vllm",
    problems: [],
  });
  const [file = ""] = readdirSync(join(home, "models"));
  expect(JSON.parse(readFileSync(join(home, "models", file), "utf8"))).toEqual(capabilities);
});

describe("a server that cannot be used says why, and what to do, in one line:", () => {
  const page = (status: number, body: string, headers = {}): Promise<string> =>
    listen((_, outgoing) => outgoing.writeHead(status, headers).end(body));
  const closed = async (): Promise<string> => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    return `http://127.0.0.1:${port}/v1`;
  };
  /** What a TLS port answers to plain HTTP: an alert record, and the end. */
  const tlsPort = async (): Promise<string> => {
    const server = createServer((socket) => {
      socket.on("error", () => {});
      socket.once("data", () => socket.end(Buffer.from([0x15, 0x03, 0x01, 0x00, 0x02, 0x02, 0x46])));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  };
  test.each<[string, () => Promise<string>, RegExp]>([
    [
      "down",
      closed,
      /^problem: cannot reach .*ECONNREFUSED.* → is a server running there\? try: curl http:.*\/v1\/models$/,
    ],
    [
      "HTML",
      () => page(200, "<html><title>Login</title><p>Sign in</html>"),
      /^problem: .* sent a web page instead of a list of models \(200\).*Sign in → .*\/v1$/,
    ],
    [
      "a plain port asked for TLS",
      async () => (await page(200, "{}")).replace("http:", "https:"),
      /^problem: .* → no TLS there: write http:\/\/127/,
    ],
    ["a TLS port asked without", tlsPort, /^problem: .* → .*if it speaks TLS, write https:\/\/127/],
    [
      "a redirect",
      () => page(302, "", { location: "http://elsewhere.example/v1/models" }),
      /^problem: .*redirects to http:\/\/elsewhere\.example\/v1\/models → no redirect is followed/,
    ],
    [
      "401",
      () => page(401, '{"error":{"message":"Unauthorized"}}'),
      /^problem: the server asks for a key \(401\) → name one under endpoints\.<name>\.key, beside its baseUrl, in config\.yaml: /,
    ],
    [
      "an empty list",
      () => page(200, '{"object":"list","data":[]}'),
      /^problem: it serves no model: its list is empty → load one: ollama pull/,
    ],
    [
      "200 with an error",
      () => page(200, '{"error":{"message":"quota gone"}}'),
      /^problem: .*answered 200, and not with a list of models: quota gone → /,
    ],
    [
      "not ready",
      () => page(503, '{"error":{"message":"Loading model"}}'),
      /^problem: the server is not ready \(503\): Loading model → wait/,
    ],
    ["an empty answer", () => page(200, ""), /^problem: .*not with a list of models → /],
  ])("%s", async (_, start, line) => {
    const report = await probe(await start());
    expect(report.line("reach")).toMatch(line);
    expect(report).toMatchObject({ code: 20, capabilities: null });
    expect(report.findings).toHaveLength(1);
  });

  test("a server that accepts and stays silent is given up in time", async () => {
    const silent = await modelServer({ model: () => ({ text: "" }) });
    const stalling = await listen(({ url }, outgoing) => {
      if (url === "/v1/models") outgoing.end(JSON.stringify({ data: [{ id: "m" }] }));
      else if (url !== "/v1/chat/completions") outgoing.writeHead(404).end();
    });
    const report = await probe(stalling, "--timeout", "0.2");
    expect(report.line("reply")).toMatch(
      /^problem: .*sent no reply within 0\.2 s → it accepts connections and does not answer/,
    );
    expect((await probe(silent)).line("reply")).toContain("warning: complete, and empty");
  });

  test("a model that it does not serve, or a choice that must be made", async () => {
    const two = { "/v1/models": { data: [{ id: "small" }, { id: "large" }] } };
    const address = await modelServer({ pages: two });
    expect((await probe(address)).line("model")).toMatch(/^problem: it serves 2 models → say which: .*small, large$/);
    const wrong = await probe(address, "--model", "huge");
    expect(wrong.line("model")).toBe("problem: it does not serve huge → choose one that it serves: small, large");
  });
});

test("a page where a reply should be is no question of TLS", () => {
  const here = endpointAt("http://gpu:8000");
  const error = new ModelError("not_an_api", "test sent a web page instead of a reply", { where: here });
  expect(remedyFor(error, here)).toMatch(/the address usually ends in \/v1$/);
});

describe("tool calls are seen for what they are:", () => {
  const asText = (text: string) => (messages: Parameters<typeof obedient>[0], tools: boolean) =>
    tools ? { text } : obedient(messages, tools);
  test.each<[string, ServerPlan["model"], RegExp, Capabilities["toolCalls"]]>([
    [
      "ignored",
      asText("Sure, I will note that."),
      /^problem: the tools were ignored: .* → start vLLM with --enable-auto-tool-choice/,
      "none",
    ],
    [
      "as text that can be read",
      (messages, tools) =>
        tools && messages.at(-1)?.content.includes("twice") === false
          ? {
              text: `<tool_call>\n${JSON.stringify({ name: "note", arguments: { text: between(messages.at(-1)?.content ?? ""), count: 7 } })}\n</tool_call>`,
            }
          : obedient(messages, tools),
      /^warning: calls come back as words; claw can read them/,
      "text",
    ],
    [
      "as text that is only a mention",
      asText('I would call note("x", 7) here, then go on.'),
      /^problem: the call came back as words/,
      "none",
    ],
    [
      "with arguments cut off",
      (messages, tools) =>
        tools ? { calls: [{ name: "note", arguments: '{"text": "if (a' }] } : obedient(messages, tools),
      /^problem: its arguments cannot be read/,
      "native",
    ],
    [
      "with JSON that had to be mended",
      (messages, tools) =>
        tools
          ? { calls: [{ name: "note", arguments: `\`\`\`json\n${JSON.stringify({ text: "x", count: 7 })}\n\`\`\`` }] }
          : obedient(messages, tools),
      /^warning: its arguments had to be mended \(/,
      "native",
    ],
  ])("%s", async (_, model, line, toolCalls) => {
    const report = await probing(model ? { model } : {});
    expect(report.line("tool call")).toMatch(line);
    expect(report.capabilities?.toolCalls).toBe(toolCalls);
    const fix =
      toolCalls === "none" ? "problem: cannot work" : line.source.startsWith("^problem") ? "warning: will" : "ok: can";
    expect(report.line("fix")).toMatch(new RegExp(`^${fix}`));
  });

  test("one call where two were asked for is a warning", async () => {
    const one = { calls: [{ id: "a", name: "note", arguments: { text: "first", count: 1 } }] };
    const report = await probing({
      model: (messages, tools) => (messages.at(-1)?.content.includes("twice") ? one : obedient(messages, tools)),
    });
    expect(report.line("parallel calls")).toMatch(/^warning: asked for two calls, it made 1/);
    expect(report.capabilities?.parallelCalls).toBe(false);
    expect(report.code).toBe(0);
  });
});

describe("the context is what arrives, not what is said:", () => {
  test("a prompt that is cut without a word", async () => {
    const ollama = {
      "/v1/models": { data: [{ id: "qwen", owned_by: "library" }] },
      "/api/ps": { models: [{ name: "qwen", context_length: 131_072 }] },
      "/api/version": { version: "0.40.0" },
    };
    const { line, capabilities, code } = await probing({ pages: ollama, cutsAt: 4_096 });
    expect(line("window")).toMatch(
      /^problem: the server says 131k tokens; about 4k tokens arrive: .*counted 4096.*cut silently → start Ollama with OLLAMA_CONTEXT_LENGTH=/,
    );
    expect(line("fix")).toMatch(/^problem: refuses a window of 4k tokens: it needs 32k → start Ollama/);
    expect(capabilities?.window).toEqual({ declared: 131_072, probed: 4_096, used: 4_096 });
    expect(code).toBe(20);
  });

  test("a server that refuses long prompts", async () => {
    const { line, capabilities } = await probing({ refusesAbove: 9_000 });
    expect(line("window")).toMatch(
      /^problem: the server says 65k tokens; about 8k tokens arrive: it refuses longer prompts → start vLLM with --max-model-len/,
    );
    expect(capabilities?.window.used).toBe(8_000);
  });

  test("a small one that says so is not sent more than it has", async () => {
    const small = { "/v1/models": { data: [{ id: "qwen", owned_by: "vllm", max_model_len: 16_384 }] } };
    const { line } = await probing({ pages: small });
    expect(line("window")).toMatch(/^ok: the server says 16k tokens; the first of 16k tokens was read/);
    expect(line("fix")).toMatch(
      /^problem: refuses a window of 16k tokens: it needs 32k → start vLLM with --max-model-len 65536/,
    );
  });
});

describe("a run with a model that was never probed goes by what its server tells:", () => {
  const small = { "/v1/models": { data: [{ id: "qwen", owned_by: "vllm", max_model_len: 8_192 }] } };
  const ollama = {
    "/v1/models": { data: [{ id: "qwen", owned_by: "library" }] },
    "/api/ps": { models: [{ name: "qwen", context_length: 4_096 }] },
  };
  test.each([
    ["vLLM", small, 8_192],
    ["Ollama", ollama, 4_096],
    ["a server that does not tell", { "/v1/models": { data: [{ id: "qwen" }] } }, null],
  ])("%s", async (_, pages, window) => {
    const endpoint = endpointAt(await modelServer({ pages }), { model: "qwen", selfHosted: true });
    const model = await connectKnown("/nonexistent", endpoint, systemClock);
    expect(model.window).toBe(window);
    expect(() => refuseSmallWindow({ ...model, window: 31_999 })).toThrow("the context of test/qwen is 31k tokens");
    expect(() => refuseSmallWindow({ ...model, window: 32_000 })).not.toThrow();
  });

  test("Ollama and LM Studio are tried out before their first run, once: what arrives counts, not what they tell", async () => {
    const home = temporary();
    const told: string[] = [];
    const first = { note: (text: string) => void told.push(text), signal: new AbortController().signal };
    const roomy = { ...ollama, "/api/ps": { models: [{ name: "qwen", context_length: 65_536 }] } };
    const at = async (pages: ServerPlan["pages"], cutsAt: number) =>
      endpointAt(await modelServer({ ...(pages && { pages }), cutsAt }), { model: "qwen", selfHosted: true });
    const liar = await at(roomy, 4_096);
    for (const _ of [1, 2]) {
      const { window, capabilities } = await connectKnown(home, liar, systemClock, first);
      expect(window).toBeLessThan(5_000);
      expect(capabilities?.server.kind).toBe("ollama");
    }
    expect(told).toEqual(["first use of test/qwen: trying out how much context it really reads, once"]);
    expect((await connectKnown(home, await at(roomy, 65_536), systemClock, first)).window).toBe(65_536);
    // Neither a server that refuses what does not fit, nor one that says itself that it has too little.
    expect((await connectKnown(home, await at(small, 65_536), systemClock, first)).capabilities).toBeNull();
    expect((await connectKnown(home, await at(ollama, 65_536), systemClock, first)).window).toBe(4_096);
    expect(told).toHaveLength(2);
  });

  test("a server that is down is found out by the first question", async () => {
    const endpoint = endpointAt("http://127.0.0.1:1/v1", { model: "qwen", selfHosted: true });
    expect((await connectKnown("/nonexistent", endpoint, systemClock)).window).toBeNull();
  });
});

test("streams that end without their mark, and servers that hang up, are named", async () => {
  const report = await probing({ model: () => null });
  expect(report.line("reply")).toMatch(/^problem: .*closed the connection/);
});

test("the table for people: a level, a check, what was seen, and what to do below it", async () => {
  const address = await modelServer({ refusesAbove: 9_000 });
  const environment = { CLAW_HOME: temporary() };
  const { out, err, code } = await type(["models", "probe", address], { environment });
  expect(out).toMatch(/^ok {9}reach {11}http/);
  expect(out).toMatch(/\nproblem {4}window .*\n {27}→ start vLLM with --max-model-len 65536\n/);
  expect(err).toMatch(/^… asking http.* for its models\n/);
  expect(err).toContain("kept for later runs: ");
  expect(code).toBe(20);
});

test("an abort ends a probe at once", async () => {
  const address = await listen(() => {});
  const stop = new AbortController();
  const done = type(["models", "probe", address], { environment: { CLAW_HOME: temporary() }, signal: stop.signal });
  setImmediate(() => stop.abort(new Error("stop")));
  await expect(done).rejects.toThrow("stop");
});

describe("claw models list", () => {
  test("shows what is configured, what is known, and sends nothing", async () => {
    const address = await modelServer();
    const environment = { CLAW_HOME: temporary(), OPENAI_BASE_URL: address };
    const ledger = await memoryLedger();
    expect((await type(["models", "list"], { environment, ledger })).out).toMatch(
      /^openai\/\?\n {2}http.* chat {2}local {2}no key\n {2}never probed: claw models probe openai\n$/,
    );
    await type(["models", "probe", "openai"], { environment });
    const { out } = await type(["models", "list", "--json"], {
      environment: { ...environment, OPENAI_API_KEY: "x" },
      ledger,
    });
    expect(JSON.parse(out)).toMatchObject({
      endpoint: "openai",
      model: "qwen",
      place: "local",
      key: { name: "OPENAI_API_KEY", present: true },
      priceKnown: true,
      probe: { window: 65_536, problems: [] },
    });
  });

  test("tells what to set where nothing is configured", async () => {
    const { out, err, code } = await type(["models", "list"], {
      environment: { CLAW_HOME: temporary() },
      ledger: await memoryLedger(),
    });
    expect({ out, code }).toEqual({ out: "", code: 0 });
    expect(err).toContain("set OPENAI_API_KEY");
  });
});

test.each([
  ["nowhere", /^claw: no endpoint is called "nowhere"\n {2}there are openai/],
  ["opena", /did you mean "openai"\?/],
  ["http://me:secret@host/v1", /^claw: that is no address of a server\n/],
])("a target that is none is refused with a hint: %s", async (target, told) => {
  const environment = { CLAW_HOME: temporary(), OPENAI_API_KEY: "x" };
  const { code, err } = await type(["models", "probe", target], { environment });
  expect(err).toMatch(told);
  expect(err).not.toContain("secret");
  expect(code).toBe(2);
});
