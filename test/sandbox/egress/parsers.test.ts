import fc from "fast-check";
import { expect, test } from "vitest";
import { notPublic } from "../../../src/sandbox/egress/addresses.ts";
import { readClientHello } from "../../../src/sandbox/egress/client-hello.ts";
import { parseConnect } from "../../../src/sandbox/egress/connect-request.ts";
import { hostProblem } from "../../../src/policy/host-rules.ts";
import { clientHello, withoutServerName } from "./client-hello.ts";

test.each([
  ["CONNECT a.example.org:443 HTTP/1.1", "a.example.org", 443],
  ["CONNECT A.Example.org:8443 HTTP/1.0\r\nHost: whatever\r\nProxy-Connection: keep-alive", "a.example.org", 8443],
  ["CONNECT a.example.org:443 HTTP/1.1\r\nContent-Length: 0", "a.example.org", 443],
])("%j is understood", (head, host, port) => {
  expect(parseConnect(head)).toEqual({ ok: true, host, port });
});

test.each([
  ["GET http://a.example.org/ HTTP/1.1", 405],
  ["connect a.example.org:443 HTTP/1.1", 400],
  ["CONNECT  a.example.org:443 HTTP/1.1", 400],
  ["CONNECT a.example.org:443 HTTP/1.1 ", 400],
  ["CONNECT a.example.org:443 HTTP/2", 400],
  ["CONNECT a.example.org HTTP/1.1", 400],
  ["CONNECT a.example.org:0443 HTTP/1.1", 400],
  ["CONNECT a.example.org:70000 HTTP/1.1", 400],
  ["CONNECT [::1]:443 HTTP/1.1", 400],
  ["CONNECT user@a.example.org:443 HTTP/1.1", 400],
  ["CONNECT a.example.org:443\0.evil.net:443 HTTP/1.1", 400],
  ["CONNECT a.example.org:443 HTTP/1.1\nHost: b", 400],
  ["CONNECT a.example.org:443 HTTP/1.1\rHost: b", 400],
  ["CONNECT a.example.org:443 HTTP/1.1\r\nHost : b", 400],
  ["CONNECT a.example.org:443 HTTP/1.1\r\n folded", 400],
  ["CONNECT a.example.org:443 HTTP/1.1\r\nX: \xff", 400],
  ["CONNECT a.example.org:443 HTTP/1.1\r\nTransfer-Encoding: chunked", 400],
  ["CONNECT a.example.org:443 HTTP/1.1\r\nContent-Length: 5", 400],
  ["\x05\x01\x00", 400],
  ["", 400],
])("%j is refused with %i", (head, status) => {
  expect(parseConnect(head)).toMatchObject({ ok: false, status, why: expect.stringMatching(/./) });
});

/** What breaks the property; null when nothing that is tried does. */
function counterexample<Values>(property: fc.IProperty<Values>, numRuns: number): unknown {
  const { failed, counterexample: found, errorInstance } = fc.check(property, { numRuns });
  return failed ? { found, errorInstance } : null;
}

test("whatever is said, only a plain host and port come out, and what is kept of the rest is printable", () => {
  const words = [
    "CONNECT ",
    "a.example.org",
    ":443",
    " HTTP/1.1",
    "\r\n",
    "\n",
    "\0",
    "@",
    "[::1]",
    "%00",
    " ",
    "127.1",
  ];
  const piece = fc.oneof(fc.constantFrom(...words), fc.string({ unit: "binary", maxLength: 8 }));
  const plain = (head: string): boolean => {
    const request = parseConnect(head);
    if (!request.ok) return /^[\x20-\x7e]{0,120}$/.test(request.asked);
    const { host, port } = request;
    const isPlain = /^[a-z0-9.-]{1,253}$/.test(host) && port > 0 && port < 65_536;
    return isPlain && head.toLowerCase().includes(`connect ${host}:${port} http/1.`);
  };
  const property = fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => plain(pieces.join("")));
  expect(counterexample(property, 2_000)).toBe(null);
});

test("no notation of an address is a host name", () => {
  const part = fc.oneof(
    fc.integer({ min: 0, max: 2 ** 32 - 1 }).map(String),
    fc.integer({ min: 0, max: 255 }).map((n) => `0x${n.toString(16)}`),
    fc.integer({ min: 0, max: 255 }).map((n) => `0${n.toString(8)}`),
  );
  const parts = fc.array(part, { minLength: 1, maxLength: 4 });
  expect(
    counterexample(
      fc.property(parts, (each) => hostProblem(each.join(".")) !== null),
      1_000,
    ),
  ).toBe(null);
});

test.each([
  ["10.1.2.3", "private"],
  ["172.16.0.1", "private"],
  ["172.31.255.255", "private"],
  ["192.168.1.1", "private"],
  ["127.0.0.1", "loopback"],
  ["169.254.169.254", "link-local or metadata"],
  ["100.64.0.1", "shared by carriers"],
  ["0.0.0.0", "this host"],
  ["224.0.0.1", "multicast"],
  ["255.255.255.255", "reserved"],
  ["203.0.113.9", "documentation"],
  ["198.18.0.1", "benchmarking"],
  ["::1", "not a public IPv6 address"],
  ["::", "not a public IPv6 address"],
  ["::ffff:10.0.0.1", "not a public IPv6 address"],
  ["::ffff:8.8.8.8", "not a public IPv6 address"],
  ["64:ff9b::a00:1", "not a public IPv6 address"],
  ["fc00::1", "not a public IPv6 address"],
  ["fe80::1", "not a public IPv6 address"],
  ["ff02::1", "not a public IPv6 address"],
  ["2002:a00:1::", "a 6to4 tunnel"],
  ["2001:db8::1", "documentation"],
  ["2001::1", "reserved or a tunnel"],
  ["example", "no address"],
])("%s is not public: %s", (address, what) => {
  expect(notPublic(address)).toBe(what);
});

test.each(["8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "2a00:1450::1"])("%s is public", (address) => {
  expect(notPublic(address)).toBe(null);
});

test("the server name of a real TLS greeting is read, however it is cut into pieces and records", async () => {
  const hello = await clientHello("registry.example.org");
  expect(readClientHello(hello)).toEqual({ kind: "hello", serverName: "registry.example.org" });
  for (const length of [0, 1, 4, 5, 6, 50, hello.length - 1])
    expect(readClientHello(hello.subarray(0, length))).toEqual({ kind: "incomplete" });
  const body = hello.subarray(5);
  const record = (part: Buffer): Buffer =>
    Buffer.concat([Buffer.from([22, 3, 1, part.length >> 8, part.length & 255]), part]);
  const halves = Buffer.concat([record(body.subarray(0, 3)), record(body.subarray(3, 90)), record(body.subarray(90))]);
  expect(readClientHello(halves)).toEqual({ kind: "hello", serverName: "registry.example.org" });
  expect(readClientHello(await withoutServerName())).toEqual({ kind: "hello", serverName: null });
});

test.each([
  "GET / HTTP/1.1\r\n",
  "SSH-2.0-OpenSSH\r\n",
  "\x16\x02\x00\x00\x05",
  "\x16\x03\x01\x00\x00",
  "\x16\x03\x01\x00\x05\x02\x00\x00\x01\x00",
])("%j is no TLS greeting", (text) => {
  expect(readClientHello(Buffer.from(text, "latin1"))).toMatchObject({ kind: "refused" });
});

test("a damaged greeting gives a printable name, or none, and never throws", async () => {
  const hello = await clientHello("registry.example.org");
  const flips = fc.array(fc.tuple(fc.nat(hello.length - 1), fc.nat(255)), { maxLength: 4 });
  const readable = (changes: [number, number][], cut: number): boolean => {
    const damaged = Buffer.from(hello.subarray(0, hello.length - cut));
    for (const [at, value] of changes) if (at < damaged.length) damaged[at] = value;
    const read = readClientHello(damaged);
    return read.kind !== "hello" || read.serverName === null || /^[\x21-\x7e]{1,253}$/.test(read.serverName);
  };
  expect(counterexample(fc.property(flips, fc.nat(7), readable), 1_000)).toBe(null);
});
