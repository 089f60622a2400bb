/** What a client of the proxy asked for, or why it is not answered. */
export type ConnectRequest =
  | { readonly ok: true; /** Lower case. */ readonly host: string; readonly port: number }
  | {
      readonly ok: false;
      readonly status: 400 | 405;
      readonly why: string;
      /** Printable, for the record. */ readonly asked: string;
    };

/** Most bytes of a request's head. */
export const MAX_HEAD = 16_384;

const requestLine = /^([A-Z]{1,20}) (\S{1,2048}) HTTP\/1\.[01]$/;
const target = /^([A-Za-z0-9.-]{1,253}):([1-9][0-9]{0,4})$/;
const header = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}:[\t\x20-\x7e]*$/;

/**
 * Reads the head of a request (RFC 9110, section 9.3.6), as latin1 and without its empty last line. Only CONNECT, only
 * ASCII, nothing folded, no lone CR or LF, no body: what two programs could read in two ways is refused.
 */
export function parseConnect(head: string): ConnectRequest {
  const asked =
    head
      .split(/[\r\n]/, 1)[0]
      ?.replace(/[^\x20-\x7e]/g, "?")
      .slice(0, 120) ?? "";
  const refuse = (status: 400 | 405, why: string): ConnectRequest => ({ ok: false, status, why, asked });
  const lines = head.split("\r\n");
  const [first = "", ...headers] = lines;
  if (head.length > MAX_HEAD) return refuse(400, "the head of the request is too long");
  if (lines.some((line) => /[^\t\x20-\x7e]/.test(line))) return refuse(400, "the request is not plain ASCII");
  const [, method, place = ""] = requestLine.exec(first) ?? [];
  if (method === undefined) return refuse(400, "this is no HTTP request");
  if (method !== "CONNECT") return refuse(405, "only CONNECT is answered: use https");
  if (!headers.every((line) => header.test(line))) return refuse(400, "a header is malformed");
  if (headers.some((line) => /^(?:transfer-encoding:|content-length:(?![\t ]*0+[\t ]*$))/i.test(line)))
    return refuse(400, "a CONNECT has no body");
  const [, host, port] = target.exec(place) ?? [];
  if (host === undefined || Number(port) > 65_535)
    return refuse(400, "it names no host and port: only names can be connected to, not addresses");
  return { ok: true, host: host.toLowerCase(), port: Number(port) };
}
