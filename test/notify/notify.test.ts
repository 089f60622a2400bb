import { createHmac } from "node:crypto";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { z } from "zod";
import { NotifySettings } from "../../src/notify-settings.ts";
import { channelsOf } from "../../src/notify/channels.ts";
import { desktop, type Desk, terminalNotice } from "../../src/notify/desktop.ts";
import { Notice, noticeSchema } from "../../src/notify/notice.ts";
import { tellPeople, untold } from "../../src/workflows/notices.ts";
import { memoryLedger, pieces } from "../support/recorded-fix.ts";

interface Got {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

let server: Server;
let base = "";
let got: Got[] = [];
const paths: Record<string, (answer: import("node:http").ServerResponse) => void> = {
  "/ok": (answer) => answer.writeHead(204).end(),
  "/broken": (answer) => answer.writeHead(500).end("secret words of the server"),
  "/moved": (answer) => answer.writeHead(302, { location: "/ok" }).end(),
  "/silent": () => {},
  "/slack-400": (answer) => answer.writeHead(400).end("invalid_payload"),
  "/discord-400": (answer) =>
    answer
      .writeHead(400, { "content-type": "application/json" })
      .end('{"message": "Invalid Form Body", "code": 50035}'),
  // https://discord.com/developers/docs/topics/rate-limits#exceeding-a-rate-limit, and Slack's header.
  "/discord-429": (answer) =>
    got.length < 2
      ? answer.writeHead(429).end('{"message": "You are being rate limited.", "retry_after": 0.01, "global": false}')
      : answer.writeHead(204).end(),
  "/slack-429": (answer) => answer.writeHead(429, { "retry-after": "30" }).end("rate_limited"),
  "/slack-1": (answer) => answer.writeHead(429, { "retry-after": "1" }).end("rate_limited"),
};
beforeAll(async () => {
  server = createServer((request, answer) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      got.push({ headers: request.headers, body });
      paths[request.url?.split("?")[0] ?? ""]?.(answer);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
beforeEach(() => void (got = []));
afterAll(() => server.close() && server.closeAllConnections());

/** Where nobody listens any more. */
async function closedPort(): Promise<string> {
  const closed = createServer();
  await new Promise<void>((resolve) => closed.listen(0, "127.0.0.1", resolve));
  const { port } = closed.address() as AddressInfo;
  await new Promise((resolve) => closed.close(resolve));
  return `http://127.0.0.1:${port}`;
}

const noDesk: Desk = { platform: "linux", path: "", variable: () => undefined };
const found: Record<string, string> = { SECRET: "s3cret" };
const find = (reference: object) => Promise.resolve("env" in reference ? found[String(reference.env)] : undefined);
const channelTo = (name: "webhook" | "slack" | "discord", url: string | undefined, more = {}) => {
  if (url === undefined) delete found["URL"];
  else found["URL"] = url;
  const [channel] = channelsOf(NotifySettings.parse({ [name]: { url: { env: "URL" }, ...more } }), noDesk, find);
  if (!channel) throw new Error("no channel");
  return channel;
};
const soon = () => AbortSignal.timeout(150);

const notice: Notice = {
  type: "notification",
  version: 1,
  run: "1ng3482a7cnn",
  workflow: "fix",
  status: "ended",
  outcome: "proven",
  exitCode: 0,
  title: "<!channel> @everyone & *bold* [click](https://evil.example)",
  reason: "the fix is on branch claw/x\nsecond line",
  hint: "see it: claw diff",
  repository: "slug",
  branch: "claw/x",
  pullRequest: null,
  usd: 0.01,
  report: null,
};

test("a webhook gets one signed JSON object, as the published schema says", async () => {
  const channel = channelTo("webhook", `${base}/ok?token=t0ken`, { secret: { env: "SECRET" } });
  expect(await channel.send(notice, soon())).toEqual({ state: "sent", detail: "answered 204" });
  const [{ headers, body } = { headers: {}, body: "" }] = got;
  expect(Notice.parse(JSON.parse(body))).toEqual(notice);
  expect(headers["x-claw-signature"]).toBe(`sha256=${createHmac("sha256", "s3cret").update(body).digest("hex")}`);
  expect(JSON.parse(readFileSync("schema/notification.schema.json", "utf8"))).toEqual(noticeSchema());
});

test("a webhook gets a night's report, bounded, and a chat a line for each work; other reports hold code, and stay here", async () => {
  const ledger = await memoryLedger();
  const told = async (workflow: string, report: string, run = `1${workflow.padEnd(11, "0")}`): Promise<Notice> => {
    const log = await ledger.open(run);
    await log.append({ ...pieces(log).started, workflow } as never);
    await log.append({ type: "report.written", report: log.put(report) });
    const end = { outcome: "done", reason: "2 proven ($0.10)", hint: "" } as const;
    await log.append({ type: "run.ended", ...end });
    got = [];
    const channels = () => Promise.resolve([channelTo("webhook", `${base}/ok`)]);
    await tellPeople(log, end, { on: ["ended"], channels }, { usd: 0.1 });
    return Notice.parse(JSON.parse(got[0]?.body ?? ""));
  };
  const work = (name: string): string =>
    `- ✓ **${name} is <b>wrong</b>**: proven, draft pull request (\`claw/x\`)\n  Next: look`;
  const works = Array.from({ length: 14 }, (_, index) => work(`sum ${index}`));
  const night = await told("nightly", `# Night\n\n## Done\n\n${works.join("\n")}\n`);
  expect(night).toMatchObject({ usd: 0.1, report: expect.stringContaining("**sum 13 is") });
  await channelTo("slack", `${base}/ok`).send(night, soon());
  const { text = "" } = JSON.parse(got[1]?.body ?? "{}") as { text?: string };
  expect(text.split("\n").slice(1, 4)).toEqual([
    "2 proven ($0.10)",
    "✓ sum 0 is &lt;b&gt;wrong&lt;/b&gt;: proven, draft pull request (claw/x)",
    "✓ sum 1 is &lt;b&gt;wrong&lt;/b&gt;: proven, draft pull request (claw/x)",
  ]);
  expect(text).toContain("\nand 2 more\n");
  expect((await told("fix", "# the patch")).report).toBeNull();
  expect((await told("nightly", "long ".repeat(8000), "1night000000")).report?.length).toBeLessThan(16_100);
});

test("what outsiders wrote is no mention, link or format in a chat", async () => {
  await channelTo("slack", `${base}/ok`).send(notice, soon());
  await channelTo("discord", `${base}/ok`).send(notice, soon());
  const [slack, discord] = got.map(({ body }) => JSON.parse(body) as Record<string, unknown>);
  expect(slack?.["text"]).toMatch(/^\*claw: proven: &lt;!channel&gt; @everyone &amp; /);
  expect(slack?.["text"]).toContain(
    "\nthe fix is on branch claw/x second line\nsee it: claw diff\nrun 1ng3482a7cnn in slug",
  );
  expect(discord?.["content"]).toContain("\\[click\\]\\(https://evil.example\\)");
  expect(discord?.["allowed_mentions"]).toEqual({ parse: [] });
});

test.each<[string, string | undefined, unknown]>([
  ["answers with an error", "/broken", { state: "failed", detail: "it answered 500" }],
  ["leads elsewhere", "/moved", { state: "failed", detail: "it answered 302" }],
  ["does not answer", "/silent", { state: "unknown", detail: "no answer in time" }],
  ["is not there", "/gone", { state: "failed", detail: "it could not be reached" }],
  ["is not encrypted", "http://hooks.example.com/x", { state: "failed", detail: "its address is not https" }],
  ["is no address", "t0ken", { state: "failed", detail: expect.stringContaining("or is none") as string }],
  ["is not set", undefined, { state: "failed", detail: "its address is not set" }],
])("a channel that %s is told as such, without its address", async (_, url, sent) => {
  const at = url === "/gone" ? await closedPort() : base;
  const channel = channelTo("slack", url?.startsWith("/") ? at + url : url);
  expect(await channel.send(notice, soon())).toEqual(sent);
});

/** What each documents of a message. */
const SlackMessage = z.strictObject({
  text: z.string().min(1).max(40_000),
  unfurl_links: z.boolean(),
  unfurl_media: z.boolean(),
});
const DiscordMessage = z.strictObject({
  content: z.string().min(1).max(2000),
  allowed_mentions: z.strictObject({ parse: z.array(z.enum(["roles", "users", "everyone"])) }),
  flags: z.literal(4),
});

test("messages are what Slack and Discord document, however long and odd the words are", async () => {
  const long = { ...notice, title: "_*~".repeat(500), reason: "[x](y)".repeat(500), hint: "`".repeat(500) };
  for (const each of [notice, long]) {
    await channelTo("slack", `${base}/ok`).send(each, soon());
    await channelTo("discord", `${base}/ok`).send(each, soon());
  }
  const sent = got.map(({ body }) => JSON.parse(body) as unknown);
  expect([0, 2].flatMap((at) => SlackMessage.safeParse(sent[at]).error?.issues ?? [])).toEqual([]);
  expect([1, 3].flatMap((at) => DiscordMessage.safeParse(sent[at]).error?.issues ?? [])).toEqual([]);
});

test.each<["slack" | "discord", string, unknown, number]>([
  ["slack", "/slack-400", { state: "failed", detail: "it answered 400 (invalid_payload)" }, 1],
  ["discord", "/discord-400", { state: "failed", detail: "it answered 400 (code 50035)" }, 1],
  ["discord", "/discord-429", { state: "sent", detail: "answered 204" }, 2],
  ["slack", "/slack-429", { state: "failed", detail: "it answered 429 (rate_limited)" }, 1],
  ["slack", "/slack-1", { state: "failed", detail: "it answered 429, and wants to be asked later" }, 1],
])(
  "%s that answers %s is asked once more only where that is soon, and its code is told",
  async (name, path, sent, asked) => {
    expect(await channelTo(name, base + path).send(notice, soon())).toEqual(sent);
    expect(got).toHaveLength(asked);
  },
);

test("without any channel in the configuration this desktop is told, by its own program", async () => {
  const dir = mkdtempSync(join(tmpdir(), "claw-notify-"));
  try {
    writeFileSync(join(dir, "notify-send"), `#!/bin/sh\nprintf '%s\\n' "$@" > ${dir}/told\nenv > ${dir}/env\n`);
    chmodSync(join(dir, "notify-send"), 0o755);
    const variables: Record<string, string> = { DISPLAY: ":1", OPENAI_API_KEY: "sk-x" };
    const desk: Desk = { platform: "linux", path: `${dir}:/bin:/usr/bin`, variable: (name) => variables[name] };
    const [channel] = channelsOf(NotifySettings.parse({}), desk, find);
    expect(await channel?.send({ ...notice, title: "--help" }, soon())).toEqual({
      state: "sent",
      detail: "by notify-send",
    });
    expect(readFileSync(join(dir, "told"), "utf8")).toMatch(
      /^--app-name=claw\n--\nclaw: proven: --help\nthe fix is on/,
    );
    expect(readFileSync(join(dir, "env"), "utf8")).not.toContain("sk-x");
  } finally {
    rmSync(dir, { recursive: true });
  }
});

test("where no desktop is, the terminal shows it, and nothing in it is a sequence of somebody else's", async () => {
  let written = "";
  const desk: Desk = { ...noDesk, terminal: (text) => void (written += text) };
  const sent = await desktop(desk).send({ ...notice, title: "a;b\u0007\u001b]0;x" }, soon());
  expect(sent).toEqual({ state: "sent", detail: "by the terminal" });
  expect(written).toBe("\u001b]777;notify;claw: proven: a,b0,x;the fix is on branch claw/x second line\u0007\u0007");
  expect(await desktop(noDesk).send(notice, soon())).toMatchObject({ state: "failed" });
  const kitty: Record<string, string> = { TERM: "xterm-kitty", TMUX: "1" };
  expect(terminalNotice("t", "b", (name) => kitty[name])).toBe("\u001bPtmux;\u001b\u001b]9;t: b\u0007\u001b\\\u0007");
});

test("a run tells each channel once, verdict first, and no failure is the run's", async () => {
  const ledger = await memoryLedger();
  const log = await ledger.open("1ng3482a7cnn");
  for (const event of [pieces(log).started, ...pieces(log).intake]) await log.append(event);
  const end = { outcome: "proven", reason: "done", hint: "" } as const;
  await log.append({ type: "run.ended", ...end });
  const before = log.events.length;
  const channels = () =>
    Promise.resolve([
      channelTo("webhook", `${base}/ok`),
      { name: "slack", target: "x", send: () => Promise.reject(new Error("https://hooks/secret")) } as const,
    ]);
  await tellPeople(log, end, { on: ["ended"], channels });
  const told = log.events.slice(before).map((event) => ({ ...event, at: 0, seq: 0 }));
  expect(told.filter(({ type }) => type === "effect.judged")).toHaveLength(2);
  expect(told.slice(0, 2).map(({ type }) => type)).toEqual(["effect.judged", "effect.judged"]);
  expect(JSON.stringify(told)).not.toContain("hooks/secret");
  expect(told.slice(2).map((event) => ("effect" in event ? `${event.type} ${event.effect}` : ""))).toEqual(
    expect.arrayContaining(["effect.done notify webhook", "effect.failed notify slack"]),
  );
  expect(untold(log.events)).toEqual([{ channel: "slack", reason: "it broke off" }]);
  expect((await ledger.read(log.run)).events.length).toBe(before + 4);
  expect(JSON.parse(got[0]?.body ?? "{}")).toMatchObject({
    status: "ended",
    outcome: "proven",
    title: "Umlauts are lost",
  });

  await tellPeople(log, { ...end, outcome: "interrupted" }, { on: ["ended", "waiting"], channels });
  await tellPeople(log, end, { on: ["waiting"], channels });
  expect(log.events.length).toBe(before + 4);
});
