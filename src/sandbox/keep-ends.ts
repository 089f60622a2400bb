/** Bytes written to one stream: head and tail are kept, the middle is only counted. */
export interface KeptEnds {
  add(chunk: Buffer): void;
  /** All bytes added, kept or not. */
  readonly bytes: number;
  readonly truncated: boolean;
  /** What was kept; where something was left out, a line says how much. */
  read(): Buffer;
}

/** What was kept of both streams of a command, as its result has it. `bytes` counts what was left out, too. */
export const outputOf = ({ stdout, stderr }: Readonly<Record<"stdout" | "stderr", KeptEnds>>) => ({
  stdout: stdout.read(),
  stderr: stderr.read(),
  bytes: stdout.bytes + stderr.bytes,
  truncated: stdout.truncated || stderr.truncated,
});

/** Keeps at most `limit` bytes, half of them from each end, and never holds more memory than that, however small the chunks. */
export function keepEnds(limit: number): KeptEnds {
  const headSize = Math.ceil(limit / 2);
  const tailSize = limit - headSize;
  let head = Buffer.allocUnsafe(Math.min(headSize, 16 * 1024));
  let tail: Buffer | null = null;
  let inHead = 0;
  /** Bytes that went past the head; the tail is a ring, and this modulo its size is where it goes on. */
  let past = 0;

  const addToTail = (chunk: Buffer): void => {
    const kept = chunk.subarray(Math.max(0, chunk.length - tailSize));
    past += chunk.length - kept.length;
    tail ??= Buffer.allocUnsafe(tailSize);
    const at = tailSize === 0 ? 0 : past % tailSize;
    const first = kept.copy(tail, at);
    kept.copy(tail, 0, first);
    past += kept.length;
  };

  return {
    add(chunk) {
      const fits = Math.min(chunk.length, headSize - inHead);
      while (inHead + fits > head.length) {
        head = Buffer.concat([head], Math.min(headSize, head.length * 2));
      }
      chunk.copy(head, inHead, 0, fits);
      inHead += fits;
      if (fits < chunk.length) addToTail(chunk.subarray(fits));
    },
    get bytes() {
      return inHead + past;
    },
    get truncated() {
      return past > tailSize;
    },
    read() {
      const start = head.subarray(0, inHead);
      if (!tail || past === 0) return Buffer.from(start);
      if (past <= tailSize) return Buffer.concat([start, tail.subarray(0, past)]);
      const at = past % tailSize || 0;
      const mark = Buffer.from(`\n[… ${past - tailSize} bytes left out …]\n`);
      return Buffer.concat([start, mark, tail.subarray(at), tail.subarray(0, at)]);
    },
  };
}
