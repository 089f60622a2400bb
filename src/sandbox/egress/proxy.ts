import { createHash, timingSafeEqual } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import { basename, dirname } from "node:path";
import { type HostRule, judgeHost } from "../../policy/host-rules.ts";
import type { EgressFact, EgressLimits } from "../sandbox.ts";
import { MAX_HELLO, readClientHello } from "./client-hello.ts";
import { type ConnectRequest, MAX_HEAD, parseConnect } from "./connect-request.ts";
import { dial, type Lookup, resolveHost } from "./dial.ts";
import { NothingRead, readFirst } from "./first-bytes.ts";
import { relay } from "./relay.ts";

export interface ProxyPlan {
  readonly rules: readonly HostRule[];
  /** Hosts of the user's own network: the only ones that may have an address that is not public. */
  readonly trusted: readonly HostRule[];
  readonly limits: EgressLimits;
  readonly lookup: Lookup;
  /** Called before what it tells of is done, in order. When it rejects, the way out is closed for good. */
  readonly record: (fact: EgressFact) => Promise<unknown>;
  readonly onFailure: (error: unknown) => void;
}

/** A Unix socket that one sandbox sees; or, where a sandbox has no mounts, a port of loopback and a word that it knows. */
export type ProxyPlace = { readonly path: string } | { readonly password: string };

export interface Proxy {
  /** On loopback; null for a Unix socket. */
  readonly port: number | null;
  close(): Promise<void>;
}

/** More decisions than any honest command makes: after them nothing is answered, and nothing more is recorded. */
const MOST_DECISIONS = 2_000;

/** What all connections of one proxy share. */
interface Desk extends ProxyPlan {
  readonly password: string | null;
  readonly open: Set<Socket>;
  decisions: number;
  sent: number;
}

/** The only way out of a sandbox: answers CONNECT, for the declared hosts and for TLS. */
export async function openProxy(place: ProxyPlace, plan: ProxyPlan): Promise<Proxy> {
  const password = "password" in place ? place.password : null;
  const desk: Desk = { ...plan, password, open: new Set(), decisions: 0, sent: 0 };
  const closeAll = (): void => {
    for (const socket of desk.open) socket.destroy();
  };
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (client) => {
    hold(desk, client);
    serve(client, desk).catch((error: unknown) => {
      client.destroy();
      if (error instanceof NothingRead) return;
      server.close();
      closeAll();
      plan.onFailure(error);
    });
  });
  const left = "path" in place ? await listenAt(server, place.path) : await listenOnLoopback(server);
  const address = server.address();
  return {
    port: typeof address === "object" ? (address?.port ?? null) : null,
    async close() {
      const closed = new Promise((resolve) => void server.close(resolve));
      closeAll();
      await closed;
      await left?.close();
    },
  };
}

/** Returns what has to be closed afterwards. */
async function listenAt(server: Server, path: string): Promise<FileHandle> {
  // Addressed by its directory's descriptor: the kernel takes no socket path over 107 bytes.
  const directory = await open(dirname(path));
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    // The directory keeps other users out; inside, the command may run as somebody else.
    const short = `/proc/self/fd/${directory.fd}/${basename(path)}`;
    server.listen({ path: short, readableAll: true, writableAll: true }, resolve);
  });
  return directory;
}

const listenOnLoopback = (server: Server): Promise<null> =>
  new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => resolve(null));
  });

/** Who knows the password is a command of this sandbox; others of the machine are not answered, and not recorded. */
function knows({ password }: Desk, head: string): boolean {
  if (password === null) return true;
  const [, given = ""] = /^proxy-authorization:[\t ]*basic[\t ]+(\S+)[\t ]*$/im.exec(head) ?? [];
  const hash = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(hash(given), hash(Buffer.from(`claw:${password}`).toString("base64")));
}

function hold(desk: Desk, socket: Socket): void {
  desk.open.add(socket);
  socket.on("error", () => socket.destroy());
  socket.once("close", () => desk.open.delete(socket));
}

/** One connection, from its request to its end. */
async function serve(client: Socket, desk: Desk): Promise<void> {
  const { limits } = desk;
  const head = await readFirst(client, { maxBytes: MAX_HEAD, ms: limits.greetingMs }, (bytes) => {
    const end = bytes.indexOf("\r\n\r\n");
    return end < 0 ? null : end;
  }).catch((error: unknown) => {
    if (error instanceof NothingRead && !error.silent) return null;
    throw error;
  });
  const text = head?.bytes.subarray(0, head.value).toString("latin1");
  if (!knows(desk, text ?? "")) return refuse(client, 407, "who does not name the password of this sandbox");
  const request: ConnectRequest =
    text !== undefined ? parseConnect(text) : { ok: false, status: 400, why: "its request has no end", asked: "" };
  if ((desk.decisions += 1) > MOST_DECISIONS) return void client.destroy();
  const way = await decide(request, desk);
  const { host, port } = request.ok ? request : { host: request.asked, port: 0 };
  const { verdict, rule } = way;
  await desk.record({ kind: "judged", host, port, verdict, rule, address: way.addresses[0] ?? null });
  if (verdict === "deny") return refuse(client, request.ok ? 403 : request.status, `${host}: ${rule}`);
  const startedAt = performance.now();
  const rest = head ? head.bytes.subarray(head.value + 4) : Buffer.alloc(0);
  const { sent, received, why } = await carry(client, { host, port, rest, addresses: way.addresses }, desk);
  await desk.record({ kind: "ended", host, port, sent, received, why, ms: Math.round(performance.now() - startedAt) });
}

interface Way {
  readonly verdict: "allow" | "deny";
  readonly rule: string;
  readonly addresses: readonly string[];
}

/** May this be connected to, and at which checked addresses? */
async function decide(request: ConnectRequest, desk: Desk): Promise<Way> {
  const deny = (rule: string): Way => ({ verdict: "deny", rule, addresses: [] });
  if (!request.ok) return deny(request.why);
  const { host, port } = request;
  const { verdict, rule } = judgeHost(desk.rules, host, port);
  if (verdict === "deny") return deny(rule);
  if (desk.sent >= desk.limits.uploadBytes) return deny("what this sandbox may send is used up");
  // Its own connection is one of them; each open tunnel has two sockets.
  if (desk.open.size > 2 * desk.limits.connections) return deny(`${desk.limits.connections} connections are open`);
  const found = await resolveHost(host, desk.lookup, judgeHost(desk.trusted, host, port).verdict === "allow");
  return found.ok ? { verdict, rule, addresses: found.addresses } : deny(found.why);
}

function refuse(client: Socket, status: number, why: string): void {
  const reason =
    {
      400: "Bad Request",
      403: "Forbidden",
      405: "Method Not Allowed",
      407: "Proxy Authentication Required",
      502: "Bad Gateway",
    }[status] ?? "";
  const body = `claw: refused ${why}\n`;
  const headers = `Content-Type: text/plain\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close`;
  client.end(`HTTP/1.1 ${status} ${reason}\r\n${headers}\r\n\r\n${body}`);
  client.resume();
  setTimeout(() => client.destroy(), 1000).unref();
}

interface Carried {
  readonly sent: number;
  readonly received: number;
  /** How it ended: "closed", or what cut it. */
  readonly why: string;
}

/** Connects, makes sure that the client greets the host it named, and carries bytes both ways to the end. */
async function carry(
  client: Socket,
  { host, port, rest, addresses }: { host: string; port: number; rest: Buffer; addresses: readonly string[] },
  desk: Desk,
): Promise<Carried> {
  const nothing = (why: string): Carried => ({ sent: 0, received: 0, why });
  const { limits } = desk;
  let upstream: Socket;
  try {
    upstream = await dial(addresses, port, limits.greetingMs);
  } catch (error) {
    const why = `it could not be reached (${(error as NodeJS.ErrnoException).code ?? "no reason given"})`;
    refuse(client, 502, `${host}: ${why}`);
    return nothing(why);
  }
  hold(desk, upstream);
  client.write("HTTP/1.1 200 Connection established\r\n\r\n");
  const cut = (why: string): Carried => {
    client.destroy();
    upstream.destroy();
    return nothing(why);
  };
  try {
    const options = { maxBytes: MAX_HELLO, ms: limits.greetingMs, before: rest };
    const { value: greeting, bytes } = await readFirst(client, options, (first) => {
      const read = readClientHello(first);
      return read.kind === "incomplete" ? null : read;
    });
    if (greeting.kind === "refused") return cut(greeting.why);
    if (greeting.serverName !== host) return cut(`its TLS greeting is for ${greeting.serverName ?? "no name"}`);
    client.unshift(bytes);
    return await relay(client, upstream, { limits, send: (length) => (desk.sent += length) <= limits.uploadBytes });
  } catch (error) {
    if (error instanceof NothingRead) return cut(`its TLS greeting did not come: ${error.message}`);
    throw error;
  }
}
