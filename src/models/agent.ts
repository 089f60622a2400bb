import { readFileSync } from "node:fs";
import type { Agent, AgentOptions } from "node:http";
import type { ProxyVariables } from "../config.ts";
import { UsageError } from "../errors.ts";
import type { Network } from "./endpoint.ts";

/** An agent that keeps connections open between turns without keeping the process alive, on the way the environment names. */
export function openAgent(url: URL, network: Network = {}): Agent {
  const proxyEnv = proxyFor(url, network.proxy);
  const settings: AgentOptions = { keepAlive: true, maxSockets: 64, ...(proxyEnv && { proxyEnv }) };
  if (url.protocol !== "https:") return new (process.getBuiltinModule("node:http").Agent)(settings);
  const ca = trusted(network.certificates);
  return new (process.getBuiltinModule("node:https").Agent)({ ...settings, ...(ca && { ca }) });
}

/** No proxy knows this machine's own loopback. */
const loopback = /^(?:localhost|127\.[\d.]+|\[::1\])$/;

/** Node's own support reads these variables, NO_PROXY included; it came with 22.21 and 24.5. */
function proxyFor({ hostname, protocol }: URL, proxy: ProxyVariables | undefined): ProxyVariables | undefined {
  const name = protocol === "https:" ? "HTTPS_PROXY" : "HTTP_PROXY";
  const address = proxy?.[name];
  if (proxy === undefined || address === undefined || loopback.test(hostname)) return undefined;
  const whole = address.includes("://") ? address : `http://${address}`;
  const parsed = URL.parse(whole);
  if (parsed === null || !["http:", "https:"].includes(parsed.protocol))
    throw new UsageError(
      `${name} is no address of a proxy that speaks HTTP`,
      "give it like http://proxy.example:3128, or name the host in NO_PROXY",
    );
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major < 22 || (major === 22 && minor < 21) || major === 23 || (major === 24 && minor < 5))
    throw new UsageError(
      `${name} is set, and Node ${process.versions.node} cannot go through a proxy`,
      "use Node 24, or name the host in NO_PROXY",
    );
  return { ...proxy, [name]: whole };
}

/** Everything Node trusts, and the file that the user's other tools trust. Undefined when there is none to add. */
function trusted(file: string | undefined): string[] | undefined {
  if (file === undefined) return undefined;
  try {
    const tls = process.getBuiltinModule("node:tls");
    return [...tls.getCACertificates("default"), readFileSync(file, "utf8")];
  } catch (cause) {
    throw new UsageError(
      `the certificates in ${file} cannot be read`,
      "mend NODE_EXTRA_CA_CERTS or SSL_CERT_FILE, or unset it",
      cause,
    );
  }
}
