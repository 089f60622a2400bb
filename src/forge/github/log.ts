import { keepEnds, stripTerminal } from "../../text.ts";
import { blobOf, type LeadingAnswer } from "./blob.ts";

/** So much of a log is read, and so much of that is kept: what is around its last error. */
const MAX_READ = 32 * 2 ** 20;
const TAIL = 2 ** 20;
const BEFORE = 60;
const AFTER = 5;
const MAX_CHARACTERS = 6000;
const PATIENCE_MS = 20_000;

/** The part of a job's log that tells why it failed, from the forge's answer; empty when it cannot be had. */
export async function logText(answer: LeadingAnswer, signal?: AbortSignal): Promise<string> {
  try {
    const body = await blobOf(answer, PATIENCE_MS, signal);
    return body ? partThatTells(await endOf(body)) : "";
  } catch {
    signal?.throwIfAborted();
    return "";
  }
}

async function endOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  let kept = Buffer.alloc(0);
  let read = 0;
  for await (const chunk of body) {
    read += chunk.length;
    kept = Buffer.concat([kept, chunk]);
    if (kept.length > 2 * TAIL) kept = kept.subarray(-TAIL);
    if (read > MAX_READ) break;
  }
  return kept.subarray(-TAIL).toString("utf8");
}

/** The lines before the last one that the runner marked as an error, else the last lines; without times and colours. */
function partThatTells(log: string): string {
  const lines = stripTerminal(log)
    .split("\n")
    .map((line) => line.replace(/^\ufeff?\d{4}-\d\d-\d\dT[\d:.]+Z ?/, ""));
  const error = lines.findLastIndex((line) => line.startsWith("##[error]"));
  const end = error < 0 ? lines.length : error + AFTER;
  return keepEnds(
    lines
      .slice(Math.max(0, end - BEFORE), end)
      .join("\n")
      .trim(),
    MAX_CHARACTERS,
  );
}
