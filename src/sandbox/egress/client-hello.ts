/** What the first bytes of a connection are. */
export type FirstBytes =
  | { readonly kind: "incomplete" }
  /** Not the beginning of TLS, or a malformed one. */
  | { readonly kind: "refused"; readonly why: string }
  /** The server name the client asks for, lower case; null when it names none. */
  | { readonly kind: "hello"; readonly serverName: string | null };

/** Most bytes of a ClientHello with its record headers. */
export const MAX_HELLO = 65_536;

const HANDSHAKE_RECORD = 22;
const CLIENT_HELLO = 1;
const SERVER_NAME = 0;
const HOST_NAME = 0;
const LONGEST_RECORD = 16_384;

class Malformed extends Error {}

/** Reads a TLS ClientHello (RFC 8446, sections 4.1.2 and 5.1; server names: RFC 6066, section 3). Never throws. */
export function readClientHello(bytes: Uint8Array): FirstBytes {
  try {
    const message = handshakeMessage(bytes);
    if (message === null)
      return bytes.length < MAX_HELLO
        ? { kind: "incomplete" }
        : { kind: "refused", why: "its TLS greeting is too long" };
    return { kind: "hello", serverName: serverNameIn(message) };
  } catch (error) {
    if (error instanceof Malformed) return { kind: "refused", why: error.message };
    throw error;
  }
}

/**
 * The body of the first handshake message, put together from its records; null while bytes are missing. Asked again for
 * every byte that may come, so nothing is copied before the message is whole.
 */
function handshakeMessage(bytes: Uint8Array): Reader | null {
  const head: number[] = []; // its type and length, which may come in pieces, too
  let have = 0;
  for (let at = 0; at < bytes.length;) {
    if (bytes[at] !== HANDSHAKE_RECORD || (bytes[at + 1] ?? 3) !== 3) throw new Malformed("it does not speak TLS");
    if (at + 5 > bytes.length) return null;
    const length = ((bytes[at + 3] ?? 0) << 8) | (bytes[at + 4] ?? 0);
    if (length === 0 || length > LONGEST_RECORD) throw new Malformed("it does not speak TLS");
    have += Math.min(length, bytes.length - at - 5);
    if (head.length < 4) head.push(...bytes.subarray(at + 5, at + 5 + Math.min(length, 4 - head.length)));
    if (head[0] !== undefined && head[0] !== CLIENT_HELLO) throw new Malformed("it does not begin with a TLS greeting");
    if (head.length === 4) {
      const size = ((head[1] ?? 0) << 16) | ((head[2] ?? 0) << 8) | (head[3] ?? 0);
      if (size > MAX_HELLO) throw new Malformed("its TLS greeting is too long");
      if (have >= 4 + size) return reader(withoutHeaders(bytes).subarray(4, 4 + size));
    }
    at += 5 + length;
  }
  return null;
}

/** What the records hold, one after the other. */
function withoutHeaders(bytes: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [];
  for (let at = 0; at + 5 <= bytes.length;) {
    const length = ((bytes[at + 3] ?? 0) << 8) | (bytes[at + 4] ?? 0);
    parts.push(bytes.subarray(at + 5, at + 5 + length));
    at += 5 + length;
  }
  return Buffer.concat(parts);
}

interface Reader {
  readonly left: () => number;
  readonly number: (size: 1 | 2) => number;
  readonly bytes: (length: number) => Uint8Array;
}

function reader(bytes: Uint8Array): Reader {
  let at = 0;
  const take = (length: number): Uint8Array => {
    if (at + length > bytes.length) throw new Malformed("its TLS greeting is malformed");
    at += length;
    return bytes.subarray(at - length, at);
  };
  return {
    left: () => bytes.length - at,
    number: (size) => take(size).reduce((sum, byte) => sum * 256 + byte, 0),
    bytes: take,
  };
}

function serverNameIn(hello: Reader): string | null {
  hello.bytes(34); // version and random
  hello.bytes(hello.number(1)); // session
  hello.bytes(hello.number(2)); // ciphers
  hello.bytes(hello.number(1)); // compression
  if (hello.left() === 0) return null;
  const extensions = reader(hello.bytes(hello.number(2)));
  if (hello.left() > 0) throw new Malformed("its TLS greeting is malformed");
  let found: string | null = null;
  while (extensions.left() > 0) {
    const type = extensions.number(2);
    const body = reader(extensions.bytes(extensions.number(2)));
    if (type !== SERVER_NAME) continue;
    if (found !== null) throw new Malformed("its TLS greeting names its server twice");
    found = oneName(body);
  }
  return found;
}

/** The list holds one name of the only kind there is: two would let a server pick the other one. */
function oneName(body: Reader): string {
  const list = reader(body.bytes(body.number(2)));
  if (body.left() > 0 || list.number(1) !== HOST_NAME) throw new Malformed("its TLS server name is malformed");
  const name = String.fromCharCode(...list.bytes(list.number(2)));
  if (list.left() > 0 || !/^[\x21-\x7e]{1,253}$/.test(name)) throw new Malformed("its TLS server name is malformed");
  return name.toLowerCase();
}
