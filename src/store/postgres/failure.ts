import { ClawError, InfrastructureError, UsageError } from "../../errors.ts";
import type { Address } from "./address.ts";

/** What a statement or a connection failed with. Never leaves this folder. */
export class DatabaseFailure extends Error {
  /** SQLSTATE where the server said it, else the system's own code; empty where there is none. */
  readonly code: string;
  readonly constraint: string;
  /** The connection is gone: whether a commit on its way was done has to be asked. */
  readonly lost: boolean;
  constructor(cause: unknown) {
    const { message, code, constraint } = cause as { message: string; code?: string; constraint?: string };
    super(message, { cause });
    this.code = code ?? "";
    this.constraint = constraint ?? "";
    this.lost = !fromServer(cause) || this.code.startsWith("08") || goingDown.includes(this.code);
  }
  /** Another try may go well: nothing of this one became true. */
  get passing(): boolean {
    return this.lost || conflicts.includes(this.code) || this.code === TOO_MANY;
  }
}

/** https://www.postgresql.org/docs/18/errcodes-appendix.html */
const goingDown: readonly string[] = ["57P01", "57P02", "57P03", "57P05", "25P03"];
const conflicts: readonly string[] = ["40001", "40P01"];
const TOO_MANY = "53300";
export const UNIQUE_VIOLATION = "23505";

const fromServer = (error: unknown): boolean =>
  typeof (error as { severity?: unknown }).severity === "string" &&
  /^[0-9A-Z]{5}$/.test((error as { code?: string }).code ?? "");

/** The server could not be reached at all, so another way to speak to it would not help. */
export const isUnreachable = ({ code }: DatabaseFailure): boolean =>
  ["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH", "ETIMEDOUT", "ENOENT", "EACCES"].includes(
    code,
  );

/** A failure as a person can act on it; what is none of the database's comes back as it is. */
export function explained(error: unknown, { shown, user, database }: Address, connected: boolean): unknown {
  if (!(error instanceof DatabaseFailure) || error instanceof ClawError) return error;
  const says = error.message;
  const wrong = (what: string, hint: string) => new UsageError(`${shown} ${what}`, hint, error);
  const failed = (what: string, hint: string) => new InfrastructureError(`${shown} ${what}`, hint, error);
  if (error.code === "28P01" || error.code === "28000")
    return wrong(
      `refuses the user ${user}: ${says}`,
      "check user and password: in what store: of config.yaml names, in PGPASSWORD or in ~/.pgpass",
    );
  if (error.code === "3D000") return wrong("is not there", `create it: createdb ${database}`);
  if (error.code === "42501")
    return wrong(
      `does not let the user ${user} do that: ${says}`,
      `let its owner grant it: GRANT CREATE ON DATABASE ${database} TO ${user}, or use the user who made the schema claw`,
    );
  if (error.code === "25006") return wrong("is a copy that can only be read", "name the primary server");
  if (error.code === "53100" || error.code === "53200")
    return failed(`is full: ${says}`, "make room there; nothing recorded is lost: continue with claw resume <run>");
  if (error.code === TOO_MANY)
    return failed("has no connection left", "raise its max_connections, or run fewer workers");
  if (error.code === "55P03" || error.code === "57014")
    return failed(
      "is busy: a row stayed locked",
      "see who waits in pg_stat_activity, then continue with claw resume <run>",
    );
  if (tlsCodes.test(error.code))
    return wrong(
      `has a certificate that does not hold: ${says}`,
      error.code === "ERR_TLS_CERT_ALTNAME_INVALID"
        ? "call it by a name that its certificate is for"
        : "name its root certificate: …?sslmode=verify-full&sslrootcert=FILE",
    );
  if (!error.lost) return failed(`failed: ${says} (${error.code})`, "look into the server's log");
  const why = says === "" ? error.code : says;
  return connected
    ? failed(`went away: ${why}`, "nothing recorded is lost: continue with claw resume <run> when it is back")
    : failed(
        `cannot be reached: ${why}`,
        "start it, or mend the address: store: in config.yaml, CLAW_STORE or --store",
      );
}

const tlsCodes = /^(ERR_TLS_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|HOSTNAME_MISMATCH)/;
