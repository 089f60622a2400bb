import { z } from "zod";
import { tool } from "./tool.ts";

const MAX_LINES = 250;
const MAX_CHARACTERS = 12_000;
const MAX_LINE = 400;
const MAX_FILE_BYTES = 8 * 2 ** 20;
/** A pipe or a device never ends: nobody waits for it longer than this. */
const WALL_MS = 20_000;

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
  async run({ path, start, end }, { sandbox, signal }) {
    const found = await sandbox.exec(["/usr/bin/head", "-c", String(MAX_FILE_BYTES), "--", path], {
      wallMs: WALL_MS,
      signal,
    });
    if (found.exitCode !== 0) {
      return {
        ok: false,
        text:
          found.stderr
            .toString("utf8")
            .trim()
            .replace(/^\S*head: /, "") || `cannot read ${path}`,
      };
    }
    if (found.stdout.subarray(0, 8000).includes(0)) {
      return { ok: false, text: `${path} is binary (${found.stdout.length} bytes); use bash to look at it` };
    }
    const lines = found.stdout.toString("utf8").split("\n");
    if (lines.at(-1) === "") lines.pop();
    if (lines.length === 0) return { ok: true, text: `${path} is empty` };
    const first = start ?? 1;
    if (first > lines.length)
      return { ok: false, text: `${path} has ${lines.length} lines; there is no line ${first}` };
    return { ok: true, text: excerpt(path, lines, first, end ?? lines.length) };
  },
});

/** Numbered lines within the limits, and a first line that says when there is more. */
function excerpt(path: string, lines: readonly string[], first: number, wanted: number): string {
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
  return `${all ? `${path}, ${lines.length} lines` : `${path}, lines ${first}-${last} of ${lines.length}`}\n${shown.join("\n")}`;
}
