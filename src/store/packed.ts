import { zstdCompressSync, zstdDecompressSync } from "node:zlib";
import type { Blob, StoredBody } from "./store.ts";

/** Bodies above this many bytes are stored compressed. */
const COMPRESS_ABOVE = 256;
const PLAIN = 0;
const ZSTD = 1;

/** A body as a column holds it; `data` is null once it was taken out. */
export interface Packed {
  readonly encoding: number;
  readonly data: Buffer | null;
}

/** A whole row of bodies: `size` is the length of what was packed. */
export interface PackedBody extends Packed {
  readonly sha: string;
  readonly size: number;
}

/** Null for what was taken out, and for what somebody else's hand made unreadable. */
export function unpacked({ encoding, data }: Packed): Uint8Array | null {
  if (data === null || encoding !== ZSTD) return data;
  try {
    return zstdDecompressSync(data);
  } catch {
    return null;
  }
}

/** The same for audits, which also look at what reading ignores: a wrong length, or bytes behind the end of what was packed. */
export function lookedAt({ sha, encoding, size, data: stored }: PackedBody): StoredBody {
  if (stored === null) return { sha, data: null, exact: true };
  if (encoding !== ZSTD) return { sha, data: stored, exact: encoding === PLAIN && stored.length === size };
  try {
    // Not in the types: https://nodejs.org/api/zlib.html#class-options
    const { buffer, engine } = zstdDecompressSync(stored, { info: true } as object) as unknown as Unpacked;
    return { sha, data: buffer, exact: engine.bytesWritten === stored.length && buffer.length === size };
  } catch {
    return { sha, data: null, exact: true };
  }
}

interface Unpacked {
  readonly buffer: Uint8Array;
  /** `bytesWritten`: of the packed form, how many were read. */
  readonly engine: { readonly bytesWritten: number };
}

/** A body as its row holds it: hash, encoding, length, and the bytes in the shorter form. */
export function packedBlob({ sha, data }: Blob): [sha: string, encoding: number, length: number, bytes: Uint8Array] {
  const packed = data.length > COMPRESS_ABOVE ? zstdCompressSync(data) : data;
  return packed.length < data.length ? [sha, ZSTD, data.length, packed] : [sha, PLAIN, data.length, data];
}
