import { ModelError, type Where } from "./model-error.ts";

const codeOf = (error: unknown): string =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";

/** The other side, or something on the way, closed the connection. */
export const isReset = (error: unknown): boolean => ["ECONNRESET", "EPIPE"].includes(codeOf(error));

/** What a broken connection means. Node's own messages name addresses, never headers. */
export function transportError(error: unknown, where: Where): ModelError {
  const code = codeOf(error);
  const details = { where, cause: error };
  if (isReset(error))
    return new ModelError(
      "stream_truncated",
      `${where.name} closed the connection before its reply was complete`,
      details,
    );
  if (/^Z_|^ERR__ERROR_FORMAT|BROTLI|ZSTD/.test(code))
    return new ModelError("stream_malformed", `${where.name} sent a reply that cannot be unpacked (${code})`, details);
  if (/CERT|SELF_SIGNED|UNABLE_TO_(GET|VERIFY)|ALTNAME/.test(code))
    return new ModelError("untrusted", `${where.name}: certificate refused (${code})`, details);
  if (/^HPE_|EPROTO|ERR_SSL/.test(code))
    return new ModelError(
      "not_an_api",
      `${where.baseUrl} does not speak ${new URL(where.baseUrl).protocol.slice(0, -1)} (${code})`,
      details,
    );
  return new ModelError(
    "unreachable",
    `cannot reach ${where.name} at ${where.baseUrl} (${code || "no connection"})`,
    details,
  );
}
