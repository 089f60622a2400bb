import { writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { connect, type AddressInfo, type Server } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { loadConfig } from "../../src/config.ts";
import { chooseModel } from "../../src/models/choose.ts";
import { connectModel } from "../../src/models/connect.ts";
import { openAgent } from "../../src/models/agent.ts";
import { startModelServer } from "../support/model-server.ts";
import { selfSigned } from "../support/self-signed.ts";
import { temporaryDirectory } from "../support/temporary.ts";
import { askOnce, endpointAt, failureOf, requestOf } from "./desk.ts";

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => new Promise<void>((resolve) => void server.close(() => resolve())));
  return (server.address() as AddressInfo).port;
}

const whole = JSON.stringify({ choices: [{ message: { content: "ok" }, finish_reason: "stop" }] });
const answering = (_request: IncomingMessage, response: ServerResponse): void =>
  void response.writeHead(200, { "content-type": "application/json" }).end(whole);

/** A proxy that notes what it is asked for, and leads everything to one port here. */
async function proxyTo(port: number): Promise<{ readonly address: string; readonly asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? "");
    request.resume();
    answering(request, response);
  });
  server.on("connect", (request, socket) => {
    asked.push(`CONNECT ${request.url}`);
    if (port === 0) return void socket.end("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
    const upstream = connect(port, "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 Connection Established\r\n\r\n");
      socket.pipe(upstream).pipe(socket);
    });
    upstream.on("error", () => socket.destroy());
    socket.on("error", () => upstream.destroy());
  });
  return { address: `http://127.0.0.1:${await listen(server)}`, asked };
}

async function secureServer(): Promise<number> {
  const server = createSecureServer(selfSigned, answering);
  return listen(server);
}

function certificatesFile(): string {
  const file = join(temporaryDirectory(), "ca.pem");
  writeFileSync(file, selfSigned.cert);
  return file;
}

test("a self-signed certificate is refused, and the hint says what to set", async () => {
  const error = await failureOf(askOnce(endpointAt(`https://127.0.0.1:${await secureServer()}/v1`)));
  expect(error).toMatchObject({ kind: "untrusted", outcome: "model-unavailable", retries: 0 });
  expect(error.message).toBe("test: certificate refused (DEPTH_ZERO_SELF_SIGNED_CERT)");
  expect(error.hint).toContain("NODE_EXTRA_CA_CERTS");
});

test("a certificate in the file that the environment names is trusted", async () => {
  const endpoint = endpointAt(`https://127.0.0.1:${await secureServer()}/v1`);
  expect((await askOnce({ ...endpoint, network: { certificates: certificatesFile() } })).message.text).toBe("ok");
  expect(() => openAgent(new URL("https://x.example"), { certificates: "/nowhere.pem" })).toThrow(
    "the certificates in /nowhere.pem cannot be read",
  );
});

test("a proxy is asked for a plain address by its whole name", async () => {
  const { address, asked } = await proxyTo(0);
  const proxy = { HTTP_PROXY: address.replace("http://", ""), NO_PROXY: "other.example" };
  const { message } = await askOnce(endpointAt("http://gpu.example:8000/v1", { network: { proxy } }));
  expect(message.text).toBe("ok");
  expect(asked).toEqual(["http://gpu.example:8000/v1/chat/completions"]);
});

test("through a proxy an encrypted connection is the server's own: the key is not shown to the proxy", async () => {
  const { address, asked } = await proxyTo(await secureServer());
  const network = { proxy: { HTTPS_PROXY: address }, certificates: certificatesFile() };
  expect(
    (await askOnce(endpointAt("https://localhost.example:8443/v1", { network })).catch(String)) as unknown,
  ).toMatch("certificate refused (ERR_TLS_CERT_ALTNAME_INVALID)");
  expect(asked).toEqual(["CONNECT localhost.example:8443"]);
});

test("a proxy that refuses is named in the hint", async () => {
  const { address } = await proxyTo(0);
  const error = await failureOf(
    askOnce(endpointAt("https://api.example/v1", { network: { proxy: { HTTPS_PROXY: address } } })),
  );
  expect(error.kind).toBe("unreachable");
  expect(error.hint).toContain("NO_PROXY");
});

test("hosts that NO_PROXY names, and this machine's own, are asked directly", async () => {
  const { url, requests, close } = await startModelServer(() => ({ text: "ok" }));
  onTestFinished(close);
  const network = { proxy: { HTTP_PROXY: "http://127.0.0.1:9" } };
  await askOnce(endpointAt(url, { network }));
  expect(requests).toHaveLength(1);
  const named = { proxy: { ...network.proxy, NO_PROXY: "nowhere.invalid" } };
  expect(await failureOf(askOnce(endpointAt("http://nowhere.invalid/v1", { network: named })))).toMatchObject({
    message: expect.stringMatching(/ENOTFOUND|EAI_AGAIN/) as string,
  });
});

test("a proxy's address that is none is refused without showing it", () => {
  const open = (HTTPS_PROXY: string) => openAgent(new URL("https://x.example"), { proxy: { HTTPS_PROXY } });
  expect(() => open("socks5://user:secret@x:1")).toThrow("HTTPS_PROXY is no address of a proxy that speaks HTTP");
});

test("the environment's proxy and certificates are what a chosen endpoint gets", async () => {
  const environment = {
    HOME: temporaryDirectory(),
    OPENAI_API_KEY: "sk-1",
    https_proxy: "http://lower:1",
    HTTPS_PROXY: "http://upper:1",
    ALL_PROXY: "http://all:1",
    no_proxy: "a.example",
    SSL_CERT_FILE: "/ca.pem",
  };
  expect(await chooseModel(loadConfig(environment), undefined, systemClock)).toMatchObject({
    network: {
      proxy: { HTTP_PROXY: "http://all:1", HTTPS_PROXY: "http://lower:1", NO_PROXY: "a.example" },
      certificates: "/ca.pem",
    },
  });
});

test("a redirect to another origin is refused, and nothing is sent there", async () => {
  const elsewhere = await startModelServer(() => ({ text: "stolen" }));
  onTestFinished(elsewhere.close);
  const { url, close } = await startModelServer(() => ({
    fault: "status",
    status: 307,
    headers: { location: `${elsewhere.url}/chat/completions?token=secret` },
  }));
  onTestFinished(close);
  const error = await failureOf(askOnce(endpointAt(url)));
  expect(error).toMatchObject({ kind: "redirected", status: 307, retries: 0 });
  expect(error.message).toContain(new URL(elsewhere.url).origin);
  expect(error.message).not.toContain("secret");
  expect(elsewhere.requests).toHaveLength(0);
});

test("a clock that is set back while a reply comes makes no duration negative", async () => {
  const { url, close } = await startModelServer(() => ({ text: "ok" }));
  onTestFinished(close);
  let now = 1_000_000;
  const clock = { ...systemClock, now: () => (now -= 86_400_000) };
  const model = await connectModel(endpointAt(url), clock);
  const reply = await model.ask(requestOf(), new AbortController().signal);
  expect([reply.ms, reply.firstByteMs, reply.heard?.ms]).toEqual([0, 0, 0]);
});

test("how long to wait until a date is read by the server's own clock", async () => {
  const headers = { date: "Thu, 01 Jan 2015 00:00:00 GMT", "retry-after": "Thu, 01 Jan 2015 03:00:00 GMT" };
  const { url, close } = await startModelServer(() => ({ fault: "status", status: 429, headers }));
  onTestFinished(close);
  expect((await failureOf(askOnce(endpointAt(url)))).afterMs).toBe(3 * 60 * 60 * 1000);
});
