import { createReadStream } from "node:fs";
import { lstat, readdir, stat } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { StringDecoder } from "node:string_decoder";
import { UsageError } from "../../errors.ts";
import { openReport, type ReportDigest, type ReportReader } from "../../suite/read-report.ts";
import type { CommandDesk } from "../command.ts";

/** A report that was read. */
export interface ReadReport {
  /** As it was named. */
  readonly source: string;
  readonly bytes: number;
  readonly digest: ReportDigest;
  /** When it says it was made, else when its file was last written; null for standard input. */
  readonly madeAt: number | null;
}

/** A line longer than this is read in parts. */
const MOST_LINE = 2 ** 20;
/** Files of a folder that may be reports. */
const reportName = /\.(?:xml|json|jsonl|ndjson|log|txt|tap|out|trx)$/i;
const MOST_FILES = 2000;

/** May a file of this path be a report? */
export const mayBeReport = (path: string): boolean => reportName.test(path) && !path.includes("/node_modules/");

/** Reads reports: files, folders with reports in them, "-" for standard input. Nothing is held but what they tell. */
export async function readReports(
  names: readonly string[],
  desk: Pick<CommandDesk, "cwd" | "stdin" | "signal">,
): Promise<ReadReport[]> {
  const found: ReadReport[] = [];
  for (const name of names) {
    desk.signal.throwIfAborted();
    if (name === "-") {
      const bytes = await desk.stdin();
      found.push({ source: "standard input", bytes: bytes.length, madeAt: null, digest: readBytes([bytes]) });
      continue;
    }
    for (const file of await filesAt(resolve(desk.cwd, name), name)) found.push(await readFile(file, desk));
  }
  return found;
}

async function filesAt(path: string, name: string): Promise<string[]> {
  const info = await stat(path).catch(() => null);
  if (info === null)
    throw new UsageError(
      `there is no report ${name}`,
      "name files that test runners wrote, or logs: claw triage report.xml build.log",
    );
  if (!info.isDirectory()) return [path];
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile() && mayBeReport(join(entry.parentPath, entry.name)))
    .map((entry) => join(entry.parentPath, entry.name));
  if (files.length === 0)
    throw new UsageError(
      `there is no report in the folder ${name}`,
      "reports end in .xml, .json, .tap, .log or .txt; name others one by one",
    );
  return files.toSorted().slice(0, MOST_FILES);
}

async function readFile(path: string, { cwd, signal }: Pick<CommandDesk, "cwd" | "signal">): Promise<ReadReport> {
  const info = await lstat(path);
  const reader = openReport();
  const lines = lineFeeder(reader);
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 2 ** 20, signal })) lines.feed(chunk as Buffer);
  } catch (error) {
    signal.throwIfAborted();
    throw new UsageError(
      `${relative(cwd, path)} cannot be read: ${(error as Error).message}`,
      "check its permissions",
      error,
    );
  }
  lines.end();
  const digest = reader.end();
  const inside = relative(cwd, path);
  return {
    source: inside.startsWith("..") ? path : inside,
    bytes: lines.bytes(),
    digest,
    madeAt: digest.madeAt ?? info.mtimeMs,
  };
}

/** Reads what is in memory. */
export function readBytes(chunks: Iterable<Uint8Array>): ReportDigest {
  const reader = openReport();
  const lines = lineFeeder(reader);
  for (const chunk of chunks) lines.feed(chunk);
  lines.end();
  return reader.end();
}

/** Cuts bytes into lines with their offsets; UTF-16 is told by its mark. */
function lineFeeder(reader: ReportReader): { feed(chunk: Uint8Array): void; end(): void; bytes(): number } {
  let decoder: StringDecoder | null = null;
  let wide = 1;
  let rest = "";
  let restAt = 0;
  let seen = 0;
  const size = (text: string): number => (wide === 2 ? text.length * 2 : Buffer.byteLength(text));
  function take(text: string): void {
    let at = 0;
    const all = rest + text;
    for (;;) {
      const end = all.indexOf("\n", at);
      if (end === -1) break;
      const line = all.slice(at, end);
      reader.piece(line, restAt, true);
      restAt += size(line) + wide;
      at = end + 1;
    }
    rest = all.slice(at);
    if (rest.length < MOST_LINE) return;
    reader.piece(rest, restAt, false);
    restAt += size(rest);
    rest = "";
  }
  return {
    feed(chunk) {
      const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
      if (decoder === null) {
        wide = bytes[0] === 0xff && bytes[1] === 0xfe ? 2 : 1;
        decoder = new StringDecoder(wide === 2 ? "utf16le" : "utf8");
      }
      seen += bytes.length;
      take(decoder.write(bytes));
    },
    end() {
      take(decoder?.end() ?? "");
      if (rest !== "") reader.piece(rest, restAt, true);
    },
    bytes: () => seen,
  };
}
