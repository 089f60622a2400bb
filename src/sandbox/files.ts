import { randomBytes } from "node:crypto";
import type { Readable, Writable } from "node:stream";
import { SandboxUnavailable } from "../errors.ts";
import type { Launched } from "./launch.ts";
import type { FileAnswer, SandboxFiles } from "./sandbox.ts";

/** The longest answer line, bytes. */
const LINE = 2048;
/** The longest name a system takes, bytes: a longer one would only be taken apart at length. */
const NAME = 4096;
/** A device may never end, nor a pipe that was put where a file was: nobody waits for it longer than this. */
const WALL_MS = 20_000;

export interface FileDesk {
  /** Most bytes of one file that are taken in. */
  readonly maxBytes: number;
  /** Starts a helper, whose standard streams are pipes. */
  launch(): Launched;
  /** Changes when what the helper has mounted over is no longer in its place. */
  places(): string;
  /** In turn with the commands, where those have to take turns. */
  inTurn<T>(work: () => Promise<T>): Promise<T>;
}

export interface FileHelper extends SandboxFiles {
  /** Ends the helper; resolves when it is gone. */
  close(): Promise<void>;
}

interface Helper {
  readonly launched: Launched;
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly places: string;
}

/** One process inside the sandbox that reads and writes files for claw, made when it is first asked. */
export function fileHelper(desk: FileDesk): FileHelper {
  let helper: Helper | null = null;
  let last: Promise<unknown> = Promise.resolve();
  let closed = false;

  const stop = async (): Promise<void> => {
    const ending = helper;
    helper = null;
    ending?.launched.kill();
    await ending?.launched.exited.catch(() => undefined);
  };
  const ready = async (): Promise<Helper> => {
    const places = desk.places();
    if (helper && helper.places !== places) await stop();
    helper ??= started(desk.launch(), places);
    return helper;
  };
  const attempt = async (request: Request, signal: AbortSignal | undefined): Promise<FileAnswer | null> => {
    const found = await exchange(await ready(), request, signal);
    if (!found?.isUsable) await stop();
    return found?.answer ?? null;
  };
  const ask = (request: Request, signal: AbortSignal | undefined): Promise<FileAnswer> => {
    const answer = last.then(() =>
      desk.inTurn(async () => {
        signal?.throwIfAborted();
        if (closed) throw new Error("the sandbox is closed");
        // Both may be done twice. A helper that ends the second time, too, is no accident.
        const done = (await attempt(request, signal)) ?? (await attempt(request, signal));
        signal?.throwIfAborted();
        if (done) return done;
        const hint = "see whether a sandbox opens at all: claw sandbox -- true";
        throw new SandboxUnavailable("the sandbox's helper for files does not stay", hint);
      }),
    );
    last = answer.catch(() => undefined);
    return answer;
  };
  return {
    async read(path, maxBytes, signal) {
      const found = await ask({ what: "read", path, size: Math.min(maxBytes, desk.maxBytes + 1) }, signal);
      return found.bytes.length > desk.maxBytes ? { bytes: Buffer.alloc(0), problem: "File too large" } : found;
    },
    write: (path, bytes, signal) => ask({ what: "write", path, size: bytes.length, bytes }, signal),
    async close() {
      closed = true;
      await stop();
    },
  };
}

function started(launched: Launched, places: string): Helper {
  const { stdin, stdout } = launched;
  if (!stdin || !stdout) throw new Error("the file helper was started without pipes");
  stdin.on("error", () => undefined); // its end is met where its answer is waited for
  launched.exited.catch(() => undefined);
  return { launched, stdin, stdout, places };
}

interface Request {
  readonly what: "read" | "write";
  readonly path: string;
  readonly size: number;
  readonly bytes?: Uint8Array;
}

interface Exchange {
  readonly answer: FileAnswer;
  /** Is the helper where it was before, ready for the next request? */
  readonly isUsable: boolean;
}

/** A name is a name, also "-" and "-n": never standard input, never an option. */
const asName = (path: string): string => (path.startsWith("/") ? path : `./${path}`);

/** Null when the helper ended. */
function exchange(helper: Helper, request: Request, signal: AbortSignal | undefined): Promise<Exchange | null> {
  const { stdin, stdout } = helper;
  if (request.path.includes("\0")) return Promise.resolve(failed("Invalid argument", true));
  if (Buffer.byteLength(request.path) > NAME) return Promise.resolve(failed("File name too long", true));
  const word = randomBytes(16).toString("hex");
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let [size, tail] = [0, Buffer.alloc(0)];
    const finish = (result: Exchange | null): void => {
      clearTimeout(timer);
      stdout.off("data", onData);
      stdout.off("end", onEnd);
      signal?.removeEventListener("abort", onAbort);
      resolve(result);
    };
    const onData = (chunk: Buffer): void => {
      chunks.push(chunk);
      size += chunk.length;
      if (size > request.size + LINE) return finish(disturbed);
      tail = Buffer.concat([tail, chunk.subarray(-LINE)]).subarray(-LINE);
      const line = chunk.at(-1) === 0 ? readLine(tail, word) : null;
      if (!line) return;
      const bytes = Buffer.concat(chunks).subarray(0, size - line.length);
      const { problem } = line;
      finish({ answer: { bytes, problem }, isUsable: request.what === "read" || problem === "" });
    };
    const onEnd = (): void => finish(null);
    const onAbort = (): void => finish(disturbed);
    const timer = setTimeout(() => finish(disturbed), WALL_MS);
    stdout.on("data", onData);
    stdout.once("end", onEnd);
    signal?.addEventListener("abort", onAbort, { once: true });
    stdin.write([word, request.what, request.size, asName(request.path), ""].join("\0"));
    if (request.bytes && request.bytes.length > 0) stdin.write(request.bytes);
  });
}

/** What an answer ends in, and its length in bytes; null when the answer has not come to its end. */
function readLine(tail: Buffer, word: string): { readonly problem: string; readonly length: number } | null {
  const at = tail.lastIndexOf(`${word} `);
  if (at < 0) return null;
  const [, code, ...said] = tail.toString("utf8", at, tail.length - 1).split(" ");
  const problem = code === "0" ? "" : said.join(" ").trim() || `exit ${code}`;
  return { problem, length: tail.length - at };
}

const failed = (problem: string, isUsable: boolean): Exchange => ({
  answer: { bytes: Buffer.alloc(0), problem },
  isUsable,
});
const disturbed = failed("could not be read to its end", false);
