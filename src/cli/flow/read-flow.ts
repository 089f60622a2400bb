import { open } from "node:fs/promises";
import { resolve } from "node:path";
import { UsageError } from "../../errors.ts";
import { type Flow, moreItems, readFlow } from "../../policy/flow-file.ts";
import { filled } from "../../policy/flow-values.ts";
import { plural } from "../../text.ts";

/** Longer than any flow. */
const MOST_BYTES = 2 ** 20;
/** Longer than any list of a thousand items that somebody describes. */
const MOST_LINE_BYTES = 32 * 2 ** 20;

/** A flow file, by its name from the current directory. Throws UsageError. */
export async function readFlowFile(cwd: string, file: string): Promise<{ readonly text: string; readonly flow: Flow }> {
  const text = await readText(resolve(cwd, file), { shown: file, most: MOST_BYTES, what: "a flow file" });
  return { text, flow: readFlow(text, file) };
}

/** Files of JSON lines that steps of a flow go through, by the steps' ids. Throws UsageError, also for more than a step takes. */
export async function readLineFiles(
  cwd: string,
  { steps }: Flow,
  inputs: Readonly<Record<string, unknown>>,
): Promise<Record<string, { readonly source: string; readonly items: readonly unknown[] }>> {
  const found: Record<string, { source: string; items: readonly unknown[] }> = {};
  for (const { id, for_each: each, at_most: most } of steps) {
    if (typeof each !== "object" || !("lines" in each)) continue;
    const source = String(filled(each.lines, { inputs, steps: new Map() }));
    const text = await readText(resolve(cwd, source), {
      shown: source,
      most: MOST_LINE_BYTES,
      what: "a file of JSON lines",
    });
    const items = text
      .split("\n")
      .flatMap((line, index) => (line.trim() === "" ? [] : [itemOf(line, `${source}:${index + 1}`)]));
    if (items.length > most)
      throw new UsageError(
        `${source} has ${plural(items.length, "line")}, and step ${id} takes ${most}`,
        `${moreItems(most)}, or give it a shorter file`,
      );
    found[id] = { source, items };
  }
  return found;
}

function itemOf(line: string, at: string): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch (error) {
    throw new UsageError(`${at} is not JSON`, "write one JSON value on each line", error);
  }
}

interface Wanted {
  readonly shown: string;
  readonly most: number;
  readonly what: string;
}

async function readText(path: string, { shown, most, what }: Wanted): Promise<string> {
  const bytes = await firstBytes(path, most + 1).catch((error: unknown) => {
    throw new UsageError(`${shown} cannot be read`, `name ${what}`, error);
  });
  if (bytes.length > most) throw new UsageError(`${shown} is larger than ${most / 2 ** 20} MB`, `name ${what}`);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    throw new UsageError(`${shown} is not UTF-8 text`, `name ${what}`, error);
  }
}

async function firstBytes(path: string, most: number): Promise<Buffer> {
  const handle = await open(path);
  try {
    const chunks: Buffer[] = [];
    for (let left = most; left > 0;) {
      const chunk = await handle.read({ buffer: Buffer.alloc(Math.min(left, 2 ** 16)) });
      if (chunk.bytesRead === 0) break;
      chunks.push(chunk.buffer.subarray(0, chunk.bytesRead));
      left -= chunk.bytesRead;
    }
    return Buffer.concat(chunks);
  } finally {
    await handle.close();
  }
}
