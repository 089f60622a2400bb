import { z } from "zod";
import { plural } from "../text.ts";
import { readFile } from "./file.ts";
import { tool } from "./tool.ts";

const MAX_LINES = 250;
const MAX_CHARACTERS = 12_000;
const MAX_LINE = 400;

export const read = tool({
  name: "read",
  about: "Read a text file with line numbers, at most 250 lines at a time.",
  effect: "read",
  input: z.strictObject({
    path: z.string().min(1),
    start: z.int().min(1).nullable().describe("First line, from 1"),
    end: z.int().min(1).nullable().describe("Last line"),
  }),
  summary: ({ path, start, end }) => (start || end ? `${path}:${start ?? 1}-${end ?? ""}` : path),
  async run({ path, start, end }, desk) {
    const found = await readFile(path, desk);
    if ("problem" in found) return { ok: false, text: found.problem };
    const size = `${found.cut ? "more than " : ""}${plural(found.bytes.length, "byte")}`;
    if (found.bytes.subarray(0, 8000).includes(0)) {
      return { ok: false, text: `${path} is binary (${size}); use bash to look at it` };
    }
    const lines = found.bytes.toString("utf8").replaceAll("\0", "\u2400").split("\n");
    if (lines.at(-1) === "") lines.pop();
    if (lines.length === 0) return { ok: true, text: `${path} is empty` };
    const [first, last] = [start ?? 1, end ?? lines.length];
    const total = `${found.cut ? "more than " : ""}${plural(lines.length, "line")}`;
    if (first > lines.length) return { ok: false, text: `${path} has ${total}; there is no line ${first}` };
    if (last < first) return { ok: false, text: `line ${last} comes before line ${first}: nothing to read` };
    return { ok: true, text: excerpt(path, { lines, total }, first, last) };
  },
});

/** Numbered lines within the limits, and a first line that says when there is more. */
function excerpt(
  path: string,
  { lines, total }: { readonly lines: readonly string[]; readonly total: string },
  first: number,
  wanted: number,
): string {
  const shown: string[] = [];
  let size = 0;
  for (const [index, line] of lines.slice(first - 1, Math.min(wanted, first - 1 + MAX_LINES)).entries()) {
    const cut = line.length > MAX_LINE ? `${line.slice(0, MAX_LINE)}… (${line.length} characters)` : line;
    size += cut.length;
    if (size > MAX_CHARACTERS) break;
    shown.push(`${first + index}\t${cut}`);
  }
  const last = first + shown.length - 1;
  const all = first === 1 && last === lines.length;
  return `${path}, ${all ? "" : `lines ${first}-${last} of `}${total}\n${shown.join("\n")}`;
}
