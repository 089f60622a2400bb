import { userInfo } from "node:os";
import { UsageError } from "../../errors.ts";

/** How far a connection is protected, as libpq's sslmode says it. */
type TlsMode = "disable" | "allow" | "prefer" | "require" | "verify-ca" | "verify-full";

const tlsModes: readonly string[] = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"];

/** A database as its address names it, by the rules of libpq. */
export interface Address {
  /** A name or number, or the directory of a Unix socket. */
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string | undefined;
  readonly tls: TlsMode;
  /** Files in PEM: whom to trust, and who we are. */
  readonly rootCertificate: string | undefined;
  readonly certificate: string | undefined;
  readonly key: string | undefined;
  /** The address as people may see it: without password and options. */
  readonly shown: string;
}

/** Does a text name a PostgreSQL database? */
export const isAddress = (text: string): boolean => /^postgres(ql)?:\/\//.test(text);

/**
 * Reads postgres://user:password@host:port/database?sslmode=…, in the form of
 * https://www.postgresql.org/docs/18/libpq-connect.html#LIBPQ-CONNSTRING-URIS, with one host. What it does not say is
 * libpq's default. Throws UsageError, which never repeats the address: a password may be in it.
 */
export function readAddress(text: string, usualPassword?: string): Address {
  const url = parsed(text);
  const given = (name: string): string | undefined => url.searchParams.get(name) || undefined;
  for (const name of url.searchParams.keys())
    if (!known.includes(name))
      throw new UsageError(`the database's address has an option ${name}`, `known: ${known.join(", ")}`);
  const user = decoded(url.username) || given("user") || userInfo().username;
  const host = given("host") ?? (decoded(url.hostname.replace(/^\[(.*)\]$/, "$1")) || "localhost");
  const port = Number(url.port || given("port") || 5432);
  const database = decoded(url.pathname.slice(1)) || given("dbname") || user;
  const tls = given("sslmode") ?? "prefer";
  if (!tlsModes.includes(tls))
    throw new UsageError(`the database's address has sslmode=${tls}`, `one of ${tlsModes.join(", ")}`);
  const place = host.startsWith("/") ? `socket ${host}` : `${host.includes(":") ? `[${host}]` : host}:${port}`;
  return {
    host,
    port,
    database,
    user,
    password: decoded(url.password) || given("password") || usualPassword,
    // A socket of this machine needs none, and PostgreSQL offers none there.
    tls: host.startsWith("/") ? "disable" : (tls as TlsMode),
    rootCertificate: given("sslrootcert"),
    certificate: given("sslcert"),
    key: given("sslkey"),
    shown: `PostgreSQL database ${database} at ${place}`,
  };
}

const known: readonly string[] = [
  "host",
  "port",
  "dbname",
  "user",
  "password",
  "sslmode",
  "sslrootcert",
  "sslcert",
  "sslkey",
];

function parsed(text: string): URL {
  // A user without a host, as for a socket, is none to WHATWG's rules, and is to libpq's.
  const whole = text.trim().replace(/^(postgres(?:ql)?:\/\/[^/?#]*@)(?=[/?]|$)/, "$1localhost");
  const url = isAddress(whole) ? URL.parse(whole) : null;
  if (url) return url;
  throw new UsageError(
    "the database's address is none that can be read",
    "give it like postgres://claw@db.example.com:5432/claw?sslmode=verify-full; see: claw help store",
  );
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new UsageError("the database's address has a % that begins no code", "write % itself as %25");
  }
}
