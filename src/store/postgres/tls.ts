import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import { checkServerIdentity, type ConnectionOptions, type PeerCertificate } from "node:tls";
import { UsageError } from "../../errors.ts";
import type { Address } from "./address.ts";

/** How to open a connection: false is in the clear. */
export type Tls = false | ConnectionOptions;

/**
 * What is tried, in this order, for an sslmode: https://www.postgresql.org/docs/18/libpq-ssl.html#LIBPQ-SSL-SSLMODE-STATEMENTS.
 * With `require` a root certificate means that it is checked, as there.
 */
export function tlsTries(address: Address): readonly Tls[] {
  const { tls: mode, host, rootCertificate, certificate, key } = address;
  if (mode === "disable") return [false];
  const own = {
    ...(certificate && { cert: read(certificate, "sslcert") }),
    ...(key && { key: read(key, "sslkey") }),
    ...(rootCertificate && rootCertificate !== "system" && { ca: read(rootCertificate, "sslrootcert") }),
  };
  const unchecked = { ...own, rejectUnauthorized: false };
  const chain = { ...own, rejectUnauthorized: true, checkServerIdentity: () => undefined };
  // The name is that of the address, whatever it was connected by; a server is not told of a number as if it were a name.
  const isHost = (_: string, seen: PeerCertificate): Error | undefined => checkServerIdentity(host, seen);
  const named = isIP(host) === 0 ? { servername: host } : {};
  const full = { ...own, ...named, rejectUnauthorized: true, checkServerIdentity: isHost };
  if (mode === "verify-full") return [full];
  if (mode === "verify-ca" || (mode === "require" && rootCertificate)) return [chain];
  if (mode === "require") return [unchecked];
  return mode === "allow" ? [false, unchecked] : [unchecked, false];
}

function read(file: string, option: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new UsageError(`${option}: ${file} cannot be read`, "name a file in PEM that you may read", error);
  }
}
