import { crc32, inflateRawSync } from "node:zlib";

/** A file of an archive: `read` unpacks it, bounded and checked. Throws Error with one sentence for people. */
export interface ZipEntry {
  readonly name: string;
  readonly size: number;
  read(): Buffer;
}

const END = 0x06054b50;
const ENTRY = 0x02014b50;
const LOCAL = 0x04034b50;
const END_SIZE = 22;
const ENTRY_SIZE = 46;
const LOCAL_SIZE = 30;
const MOST_COMMENT = 0xffff;
/** An archive with more entries, or whose files are larger unpacked, is refused; in bytes, of one and of all. */
const MOST_ENTRIES = 10_000;
const MOST_OF_ONE = 128 * 2 ** 20;
const MOST_OF_ALL = 512 * 2 ** 20;
const ENCRYPTED = 0x1;
const STORED = 0;
const DEFLATED = 8;

/**
 * The files of a zip archive, by its central directory. Nothing is written anywhere. Throws Error with one sentence for people
 * where it is none, is encrypted, is split, leads out of its folder, or would unpack to more than anybody needs.
 * https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT 4.3
 */
export function readZip(archive: Uint8Array): ZipEntry[] {
  const bytes = Buffer.from(archive.buffer, archive.byteOffset, archive.byteLength);
  const end = endOf(bytes);
  const count = bytes.readUInt16LE(end + 10);
  const from = bytes.readUInt32LE(end + 16);
  if (count === 0xffff || from === 0xffffffff) throw new Error("it is of the kind zip64, which is not read");
  if (bytes.readUInt16LE(end + 4) !== 0 || bytes.readUInt16LE(end + 8) !== count)
    throw new Error("it is one part of several");
  if (count > MOST_ENTRIES) throw new Error(`it has ${count} entries, and at most ${MOST_ENTRIES} are read`);
  const entries: ZipEntry[] = [];
  let [at, total] = [from, 0];
  for (let index = 0; index < count; index += 1) {
    const { entry, next } = entryAt(bytes, at, end);
    total += entry.size;
    if (total > MOST_OF_ALL) throw new Error("it unpacks to more than 512 megabytes");
    if (!entry.name.endsWith("/")) entries.push(entry);
    at = next;
  }
  return entries;
}

const broken = (): Error => new Error("it is no zip archive, or a damaged one");

/** Where the end of the central directory is told: the last thing in the file but for a comment. */
function endOf(bytes: Buffer): number {
  const first = Math.max(0, bytes.length - END_SIZE - MOST_COMMENT);
  for (let at = bytes.length - END_SIZE; at >= first; at -= 1)
    if (bytes.readUInt32LE(at) === END && at + END_SIZE + bytes.readUInt16LE(at + 20) === bytes.length) return at;
  throw broken();
}

function entryAt(bytes: Buffer, at: number, end: number): { readonly entry: ZipEntry; readonly next: number } {
  if (at + ENTRY_SIZE > end || bytes.readUInt32LE(at) !== ENTRY) throw broken();
  const nameEnd = at + ENTRY_SIZE + bytes.readUInt16LE(at + 28);
  const next = nameEnd + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
  if (next > end) throw broken();
  const name = bytes.toString("utf8", at + ENTRY_SIZE, nameEnd);
  if (/^[/\\]|^[A-Za-z]:|\0|(?:^|[/\\])\.\.(?:[/\\]|$)/.test(name))
    throw new Error("a name in it leads out of its folder");
  if ((bytes.readUInt16LE(at + 8) & ENCRYPTED) !== 0) throw new Error("it is encrypted");
  const size = bytes.readUInt32LE(at + 24);
  if (size > MOST_OF_ONE) throw new Error("a file in it is larger than 128 megabytes");
  const told = { method: bytes.readUInt16LE(at + 10), sum: bytes.readUInt32LE(at + 16) };
  const place = { packed: bytes.readUInt32LE(at + 20), local: bytes.readUInt32LE(at + 42) };
  return { entry: { name, size, read: () => unpacked(bytes, { ...told, ...place, size }) }, next };
}

interface Told {
  readonly method: number;
  /** CRC-32 of what is unpacked. */
  readonly sum: number;
  readonly packed: number;
  readonly size: number;
  /** Where its own header is. */
  readonly local: number;
}

function unpacked(bytes: Buffer, { method, sum, packed, size, local }: Told): Buffer {
  if (local + LOCAL_SIZE > bytes.length || bytes.readUInt32LE(local) !== LOCAL) throw broken();
  const from = local + LOCAL_SIZE + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
  const data = bytes.subarray(from, from + packed);
  if (data.length !== packed) throw broken();
  const body = method === STORED ? data : method === DEFLATED ? inflated(data, size) : null;
  if (body === null) throw new Error(`it is packed by method ${method}, which is not read`);
  if (body.length !== size || crc32(body) !== sum) throw new Error("it is not what the archive says of it");
  return body;
}

/** What is more than it says of itself is not unpacked. */
function inflated(data: Buffer, size: number): Buffer {
  try {
    return inflateRawSync(data, { maxOutputLength: Math.max(1, size) });
  } catch {
    throw new Error("it is not what the archive says of it");
  }
}
