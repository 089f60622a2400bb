import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openSandbox } from "../../../src/sandbox/open.ts";
import type { Egress, EgressFact, OnEgress } from "../../../src/sandbox/sandbox.ts";
import { startTlsServer, type TlsServer } from "../../support/tls-server.ts";
import { limits } from "../limits.ts";
import { bash, output, workbench } from "../workbench.ts";

const bench = workbench();
const host = "registry.claw.test";
const addresses: Record<string, readonly string[]> = {
  [host]: ["127.0.0.1"],
  "rebinding.claw.test": ["8.8.8.8", "127.0.0.1"],
  "metadata.claw.test": ["169.254.169.254"],
};
let server: TlsServer;
let tarball: Buffer;
let uploaded = 0;

beforeAll(async () => {
  tarball = packedPackage();
  server = await startTlsServer(bench.dir, host, (request, response) => {
    request.on("data", (chunk: Buffer) => (uploaded += chunk.length));
    request.on("error", () => {});
    if (request.url === "/left") return void response.end(JSON.stringify(packument()));
    if (request.url?.endsWith(".tgz")) return void response.end(tarball);
    request.on("end", () => response.end("hello\n"));
  });
});
afterAll(() => server.close());

function packedPackage(): Buffer {
  const dir = join(bench.dir, "package");
  mkdirSync(dir);
  writeFileSync(join(dir, "package.json"), '{ "name": "left", "version": "1.0.0" }');
  writeFileSync(join(dir, "index.js"), "module.exports = 'installed';");
  return execFileSync("tar", ["-cz", "-C", bench.dir, "package"]);
}
const integrity = (): string => `sha512-${createHash("sha512").update(tarball).digest("base64")}`;
const url = (path: string): string => `https://${host}:${server.port}/${path}`;
const packument = (): unknown => ({
  name: "left",
  "dist-tags": { latest: "1.0.0" },
  versions: {
    "1.0.0": {
      name: "left",
      version: "1.0.0",
      dist: { tarball: url("left/-/left-1.0.0.tgz"), integrity: integrity() },
    },
  },
});

/** A sandbox that may reach the test's own server, and what its proxy told. */
async function online(changes: Partial<Egress> = {}, files: Record<string, string> = {}, onEgress?: OnEgress) {
  const facts: EgressFact[] = [];
  const hosts = [`${host}:${server.port}`, "*.claw.test"];
  const sandbox = await openSandbox(
    {
      workspace: bench.workspace(files),
      workspaceMode: "rw",
      git: null,
      mounts: [{ source: server.certificate, target: "/certificate.pem" }],
      env: { NODE_EXTRA_CA_CERTS: "/certificate.pem", CURL_CA_BUNDLE: "/certificate.pem" },
      network: { hosts, ...changes },
      limits,
    },
    {
      ...bench.host,
      privateHosts: [`${host}:${server.port}`],
      lookup: (name) => Promise.resolve(addresses[name] ?? []),
    },
    onEgress ?? ((fact) => Promise.resolve(void facts.push(fact))),
  );
  return { sandbox, facts };
}
const rulesOf = (facts: readonly EgressFact[]): string[] =>
  facts.map((fact) => (fact.kind === "judged" ? `${fact.verdict}: ${fact.rule}` : `ended: ${fact.why}`));

/** Speaks to the proxy by hand, and prints the first line of its answer. */
const raw = (text: string): string =>
  `exec 3<>/dev/tcp/127.0.0.1/3128; printf '${text}' >&3; read -r -t 5 line <&3; printf '%s' "\${line%$'\\r'}"`;

test("npm installs from a declared host, and every decision is told before it takes effect", async () => {
  const lock = {
    lockfileVersion: 3,
    packages: {
      "": { dependencies: { left: "1.0.0" } },
      "node_modules/left": { version: "1.0.0", resolved: url("left/-/left-1.0.0.tgz"), integrity: integrity() },
    },
  };
  const { sandbox, facts } = await online(
    {},
    {
      "package.json": '{ "dependencies": { "left": "1.0.0" } }',
      "package-lock.json": JSON.stringify(lock),
      ".npmrc": `registry=${url("")}\n`,
    },
  );
  const installed = await bash(sandbox, "npm ci --ignore-scripts --no-audit --no-fund && node -p 'require(\"left\")'");
  await sandbox.close();
  expect(installed.stderr.toString("utf8") + installed.stdout.toString("utf8")).toMatch(/installed\n$/);
  const [judged] = facts;
  const rule = `${host}:${server.port} is declared`;
  expect(judged).toEqual({ kind: "judged", host, port: server.port, verdict: "allow", rule, address: "127.0.0.1" });
  const ended = facts.flatMap((fact) => (fact.kind === "ended" ? [fact] : []));
  expect(ended).toHaveLength(facts.length / 2);
  expect(ended.reduce((sum, { received }) => sum + received, 0)).toBeGreaterThan(tarball.length);
});

test("what is not declared, not public, not TLS or not for the named host does not get out", async () => {
  const { sandbox, facts } = await online();
  const port = server.port;
  const answers = [
    [raw("CONNECT elsewhere.example.org:443 HTTP/1.1\\r\\n\\r\\n"), "HTTP/1.1 403 Forbidden"],
    [raw("CONNECT rebinding.claw.test:443 HTTP/1.1\\r\\n\\r\\n"), "HTTP/1.1 403 Forbidden"],
    [raw("CONNECT metadata.claw.test:443 HTTP/1.1\\r\\n\\r\\n"), "HTTP/1.1 403 Forbidden"],
    [raw("CONNECT gone.claw.test:443 HTTP/1.1\\r\\n\\r\\n"), "HTTP/1.1 403 Forbidden"],
    [raw(`CONNECT 127.0.0.1:${port} HTTP/1.1\\r\\n\\r\\n`), "HTTP/1.1 403 Forbidden"],
    [raw(`CONNECT ${host}:22 HTTP/1.1\\r\\n\\r\\n`), "HTTP/1.1 403 Forbidden"],
    [raw(`GET http://${host}:${port}/ HTTP/1.1\\r\\n\\r\\n`), "HTTP/1.1 405 Method Not Allowed"],
    [
      raw(`CONNECT ${host}:${port} HTTP/1.1\\r\\n\\r\\nGET / HTTP/1.1\\r\\n\\r\\n`),
      "HTTP/1.1 200 Connection established",
    ],
  ] as const;
  for (const [script, answer] of answers) expect(await output(sandbox, script)).toBe(answer);
  const lying = `require("http").request({ host: "127.0.0.1", port: 3128, method: "CONNECT", path: "${host}:${port}" })
    .on("connect", (_, socket) => require("tls").connect({ socket, servername: "other.claw.test" }).on("error", () => {}).on("close", () => console.log("cut"))).end()`;
  expect(await output(sandbox, `node -e '${lying}'`)).toBe("cut");
  await sandbox.close();
  expect(rulesOf(facts)).toEqual([
    "deny: no declared host covers it",
    "deny: it resolves to 127.0.0.1, which is not public (loopback)",
    "deny: it resolves to 169.254.169.254, which is not public (link-local or metadata)",
    "deny: its name does not resolve",
    "deny: it is an address, and only names can be declared",
    `deny: ${host} is declared for port ${port} only`,
    "deny: only CONNECT is answered: use https",
    `allow: ${host}:${port} is declared`,
    "ended: it does not speak TLS",
    `allow: ${host}:${port} is declared`,
    "ended: its TLS greeting is for other.claw.test",
  ]);
});

test("with a way out there is still no other: no interface, no resolver, no way around the proxy", async () => {
  const { sandbox } = await online();
  const attempts = [
    `exec 3<>/dev/tcp/127.0.0.1/${server.port}`,
    "grep -qvE '^ *lo:|\\|' /proc/net/dev",
    "timeout 2 getent hosts registry.npmjs.org",
    "echo x > /dev/udp/8.8.8.8/53",
    "echo x > /run/egress.sock",
  ];
  const codes = await Promise.all(attempts.map(async (attempt) => (await bash(sandbox, attempt)).exitCode === 0));
  await sandbox.close();
  expect(codes).toEqual(attempts.map(() => false));
});

test("what may be sent is counted over all connections of a sandbox, and cut", async () => {
  const { sandbox, facts } = await online({ limits: { uploadBytes: 100_000 } });
  const send = (bytes: number): string =>
    `head -c ${bytes} /dev/zero > /tmp/body; curl -sS --fail -m 20 --data-binary @/tmp/body ${url("upload")}`;
  expect(await output(sandbox, send(50_000))).toBe("hello");
  expect((await bash(sandbox, send(400_000))).exitCode).not.toBe(0);
  expect((await bash(sandbox, send(10))).exitCode).not.toBe(0);
  await sandbox.close();
  expect(rulesOf(facts).slice(-2)).toEqual([
    "ended: what this sandbox may send is used up",
    "deny: what this sandbox may send is used up",
  ]);
  expect(uploaded).toBeLessThan(110_000);
});

test("without a declared host there is no proxy at all", async () => {
  const sandbox = await bench.open({ network: { hosts: [] } });
  expect((await bash(sandbox, "test -e /run/egress.sock || env | grep -i proxy")).exitCode).not.toBe(0);
});

test("when a decision cannot be told, nothing gets out and the sandbox ends", async () => {
  const { sandbox } = await online({}, {}, () => Promise.reject(new Error("the disk is full")));
  const told = await bash(sandbox, `curl -sS -m 20 ${url("")}; sleep 30`);
  expect(told).toMatchObject({ killed: "abort" });
  await expect(sandbox.exec(["true"])).rejects.toThrow("closed");
  await sandbox.close();
});

test("the exit code, the output and the input of a command stay its own", async () => {
  const { sandbox } = await online();
  const { exitCode, stdout, stderr } = await bash(sandbox, "echo out; echo err >&2; exit 7");
  expect([exitCode, stdout.toString(), stderr.toString()]).toEqual([7, "out\n", "err\n"]);
  expect((await sandbox.exec(["no-such-command"])).exitCode).toBe(127);
  expect((await sandbox.exec(["cat"], { stdin: "in" })).stdout.toString()).toBe("in");
  await sandbox.close();
});
