import { z } from "zod";
import { plural } from "../text.ts";
import { readFile, writeFile } from "./file.ts";
import { replaceOnce } from "./replace.ts";
import { type ToolDesk, tool } from "./tool.ts";

export const edit = tool({
  name: "edit",
  about: "Replace one exact passage of a file. An empty old_string creates the file, or replaces all of it.",
  effect: "write",
  input: z.strictObject({
    path: z.string().min(1),
    old_string: z.string().describe("Exact text, unique in the file"),
    new_string: z.string(),
    replace_all: z.boolean().nullable(),
  }),
  summary: ({ path, old_string: old }) => (old === "" ? `write ${path}` : path),
  async run({ path, old_string: before, new_string: after, replace_all: all }, desk) {
    if (before === "") {
      const refused = await writeFile(path, after, desk);
      return refused ? { ok: false, text: refused } : { ok: true, text: `wrote ${path} (${linesIn(after)})` };
    }
    const found = await readFile(path, desk);
    if ("problem" in found) return { ok: false, text: found.problem };
    if (found.cut) return { ok: false, text: `${path} is larger than 8 MiB; use bash` };
    const text = found.bytes.toString("utf8");
    if (!Buffer.from(text, "utf8").equals(found.bytes)) {
      return { ok: false, text: `${path} is not UTF-8 text; use bash to change it` };
    }
    const replaced = replaceOnce(text, { before, after, all: all ?? false });
    if (desk.repeated && text.includes(after) && (after.includes(before) || "problem" in replaced)) {
      return { ok: true, text: `edited ${path} (before an interruption)` };
    }
    if ("problem" in replaced)
      return { ok: false, text: `${path} not changed: ${replaced.problem}${wayOut(path, text, desk)}` };
    const refused = await writeFile(path, replaced.text, desk);
    return refused ? { ok: false, text: refused } : { ok: true, text: `edited ${path}\n${replaced.around}` };
  },
});

/** A file that is small enough to be given whole need not be matched any more. */
const SMALL_LINES = 150;

const wayOut = (path: string, text: string, { missed }: Pick<ToolDesk, "missed">): string =>
  missed && text.split("\n").length <= SMALL_LINES
    ? `\n${path} has ${linesIn(text)}: you may give all of it as new_string, with an empty old_string.`
    : "";

const linesIn = (text: string): string => plural(text.replace(/\n$/, "").split("\n").length, "line");
