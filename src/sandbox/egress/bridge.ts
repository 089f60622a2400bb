import { existsSync } from "node:fs";
import { chmod } from "node:fs/promises";
import { join } from "node:path";
import { writePrivately } from "../scratch.ts";

/** Where the proxy's socket is inside. */
const SOCKET = "/run/egress.sock";
/** Where programs inside find the proxy. */
const PORT = 3128;
const SOCAT = "/usr/bin/socat";
const NODE = "/run/forwarder-node";
const SCRIPT = "/run/forwarder.cjs";

/** What a command needs to get from its own loopback to the proxy. */
export interface Bridge {
  /** Put before the command: starts the forwarder, waits until it listens, becomes the command. */
  readonly prefix: readonly string[];
  /** Options of bubblewrap. */
  readonly mounts: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

const none = "127.0.0.1,localhost,::1";

/** As programs that know proxies spell it; Node's own fetch and https need the last one. */
export const proxyVariables = (proxy: string): Readonly<Record<string, string>> => ({
  HTTP_PROXY: proxy,
  HTTPS_PROXY: proxy,
  http_proxy: proxy,
  https_proxy: proxy,
  NO_PROXY: none,
  no_proxy: none,
  YARN_HTTP_PROXY: proxy,
  YARN_HTTPS_PROXY: proxy,
  NODE_USE_ENV_PROXY: "1",
});

/** The same as socat does, for machines without it. */
const forwarder = `"use strict";
const net = require("node:net");
net.createServer({ allowHalfOpen: true }, (near) => {
  const far = net.connect({ path: "${SOCKET}", allowHalfOpen: true });
  near.on("error", () => far.destroy());
  far.on("error", () => near.destroy());
  near.pipe(far);
  far.pipe(near);
}).listen(${PORT}, "127.0.0.1");
`;

/** The state LISTEN of 127.0.0.1 and the port, as the kernel writes it. */
const listening = `0100007F:${PORT.toString(16).toUpperCase().padStart(4, "0")} 00000000:0000 0A`;

const starter = (forward: string): string => `${forward} </dev/null >/dev/null 2>&1 &
exec 9<> <(:)
for ((n = 0; n < 1000; n++)); do
  IFS= read -r -d '' table < /proc/net/tcp
  [[ $table == *'${listening}'* ]] && exec 9<&- && exec "$@"
  read -r -t 0.003 -u 9
done
echo 'claw: the way to the egress proxy did not open' >&2
exit 126`;

/** Prepares the way from a sandbox to the proxy that listens at `socket` on the host. `scratch` is private to claw. */
export async function prepareBridge(socket: string, scratch: string): Promise<Bridge> {
  const common = ["--ro-bind", socket, SOCKET];
  if (existsSync(SOCAT)) {
    const forward = `${SOCAT} TCP4-LISTEN:${PORT},bind=127.0.0.1,fork,reuseaddr,backlog=64 UNIX-CONNECT:${SOCKET}`;
    return bridge(forward, common);
  }
  const script = await writePrivately(scratch, "forwarder.cjs", forwarder);
  await chmod(script, 0o644); // the command may run as somebody else
  const mounts = [...common, "--ro-bind", process.execPath, NODE, "--ro-bind", script, SCRIPT];
  return bridge(`${NODE} ${SCRIPT}`, mounts);
}

const bridge = (forward: string, mounts: readonly string[]): Bridge => ({
  prefix: ["/bin/bash", "-c", starter(forward), "claw"],
  mounts,
  env: proxyVariables(`http://127.0.0.1:${PORT}`),
});

/** The proxy's socket on the host. */
export const socketPath = (scratch: string): string => join(scratch, "egress.sock");
