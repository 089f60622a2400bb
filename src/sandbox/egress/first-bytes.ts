import type { Socket } from "node:net";

/** Why nothing could be read: the other side went away, said too much, or took too long. */
export class NothingRead extends Error {
  /** Had the other side said anything at all? */
  readonly silent: boolean;
  constructor(message: string, silent: boolean) {
    super(message);
    this.silent = silent;
  }
}

/**
 * Reads a socket until `parse` makes something of what came; the socket is then paused. `parse` gives null while it
 * needs more. Rejects with NothingRead.
 */
export function readFirst<T>(
  socket: Socket,
  { maxBytes, ms, before = Buffer.alloc(0) }: { maxBytes: number; ms: number; before?: Buffer },
  parse: (bytes: Buffer) => T | null,
): Promise<{ readonly value: T; readonly bytes: Buffer }> {
  return new Promise((resolve, reject) => {
    let bytes = before;
    const stop = (): void => {
      clearTimeout(timer);
      socket.off("data", onData).off("end", onGone).off("close", onGone).pause();
    };
    const fail = (why: string): void => {
      stop();
      reject(new NothingRead(why, bytes.length === 0));
    };
    const look = (): void => {
      const value = parse(bytes);
      if (value !== null) {
        stop();
        resolve({ value, bytes });
      } else if (bytes.length > maxBytes) fail("it says too much");
    };
    const onData = (chunk: Buffer): void => {
      bytes = Buffer.concat([bytes, chunk]);
      look();
    };
    const onGone = (): void => fail("it went away");
    const timer = setTimeout(() => fail("it says nothing"), ms);
    socket.on("data", onData).on("end", onGone).on("close", onGone);
    if (socket.destroyed) fail("it went away");
    else {
      socket.resume();
      if (bytes.length > 0) look();
    }
  });
}
