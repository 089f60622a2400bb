import { z } from "zod";
import { replaceOnce } from "./replace.ts";
import { type ToolDesk, tool } from "./tool.ts";

const MAX_FILE_BYTES = 8 * 2 ** 20;
/** A pipe or a device never ends: nobody waits for it longer than this. */
const WALL_MS = 20_000;

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
      const refused = await write(path, after, desk);
      return refused
        ? { ok: false, text: refused }
        : { ok: true, text: `wrote ${path} (${after.split("\n").length} lines)` };
    }
    const found = await desk.sandbox.exec(["/usr/bin/head", "-c", String(MAX_FILE_BYTES + 1), "--", path], {
      wallMs: WALL_MS,
      signal: desk.signal,
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
    if (found.stdout.length > MAX_FILE_BYTES) return { ok: false, text: `${path} is larger than 8 MiB; use bash` };
    const text = found.stdout.toString("utf8");
    if (!Buffer.from(text, "utf8").equals(found.stdout)) {
      return { ok: false, text: `${path} is not UTF-8 text; use bash to change it` };
    }
    if (desk.repeated && text.includes(after)) return { ok: true, text: `edited ${path} (before an interruption)` };
    const replaced = replaceOnce(text, { before, after, all: all ?? false });
    if ("problem" in replaced) return { ok: false, text: `${path} not changed: ${replaced.problem}` };
    const refused = await write(path, replaced.text, desk);
    return refused ? { ok: false, text: refused } : { ok: true, text: `edited ${path}\n${replaced.around}` };
  },
});

/** Writes inside the sandbox; a file's mode and a link's target stay. Says why when it is refused. */
async function write(path: string, text: string, { sandbox, signal }: ToolDesk): Promise<string | null> {
  const script = 'mkdir -p -- "$(dirname -- "$0")" && cat > "$0"';
  const result = await sandbox.exec(["/bin/bash", "-c", script, path], { stdin: text, wallMs: WALL_MS, signal });
  if (result.exitCode === 0) return null;
  const reason = result.stderr.toString("utf8").trim().split(": ").slice(-1)[0] || `exit ${result.exitCode}`;
  return `${path} not changed: ${reason}${/read-only/i.test(reason) ? " (this file is frozen)" : ""}`;
}
