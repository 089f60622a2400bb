import { z } from "zod";
import { readFile, removeFile, writeFile } from "./file.ts";
import { isPatched, patchLines } from "./patch-lines.ts";
import { type FileChange, patchGrammar, readPatch } from "./patch-text.ts";
import { type ToolDesk, tool } from "./tool.ts";

/** What `edit` is to other models: offered in its place to those that were trained to write patches. */
export const applyPatch = tool({
  name: "apply_patch",
  about: "Change files by a patch, from *** Begin Patch to *** End Patch. Paths are relative to the repository root.",
  effect: "write",
  input: z.strictObject({ input: z.string().min(1) }),
  grammar: patchGrammar,
  summary({ input }) {
    const patch = readPatch(input);
    return "problem" in patch ? "a patch" : patch.changes.flatMap(pathsOf).join(", ");
  },
  async run({ input }, desk) {
    const patch = readPatch(input);
    if ("problem" in patch) return { ok: false, text: `nothing was changed: ${patch.problem}` };
    const steps: Step[] = [];
    for (const change of patch.changes) {
      const planned = await plan(change, desk);
      if ("problem" in planned)
        return { ok: false, text: `${change.path} not changed: ${planned.problem}${others(patch.changes.length)}` };
      steps.push(planned);
    }
    return carryOut(steps, desk);
  },
});

const pathsOf = (change: FileChange): readonly string[] =>
  change.kind === "update" && change.to !== null ? [change.path, change.to] : [change.path];

const others = (changes: number): string => (changes > 1 ? "\nNo other file of the patch was changed either." : "");

/** What is to be done to one file, once it is known that all of the patch fits. */
interface Step {
  readonly said: string;
  /** The file, and what it shall hold. */
  readonly write?: readonly [path: string, text: string];
  readonly remove?: string;
  /** How it is taken back. */
  readonly before: readonly [path: string, text: string] | null;
}

async function plan(change: FileChange, desk: ToolDesk): Promise<Step | { readonly problem: string }> {
  const { path } = change;
  const found = await textAt(path, desk);
  if (change.kind === "add") {
    const before = "problem" in found ? null : ([path, found.text] as const);
    return { said: `wrote ${path}`, write: [path, change.text], before };
  }
  if ("problem" in found) {
    if (desk.repeated && (await isDone(change, desk))) return doneBefore(path);
    return found;
  }
  const before = [path, found.text] as const;
  if (change.kind === "delete") return { said: `deleted ${path}`, remove: path, before };
  if (desk.repeated && change.to === null && isPatched(found.text, change.hunks)) return doneBefore(path);
  const patched = patchLines(found.text, change.hunks);
  if ("problem" in patched) return patched;
  const shown = patched.around === "" ? "" : `\n${patched.around}`;
  if (change.to === null || change.to === path)
    return { said: `edited ${path}${shown}`, write: [path, patched.text], before };
  // Nothing that is there is written over, also because it could not be taken back.
  if (!("problem" in (await readFile(change.to, desk)))) return { problem: `${change.to} exists already` };
  return { said: `moved ${path} to ${change.to}${shown}`, write: [change.to, patched.text], remove: path, before };
}

const doneBefore = (path: string): Step => ({ said: `changed ${path} (before an interruption)`, before: null });

/** A file that is gone, as the patch wanted it. */
async function isDone(change: FileChange, desk: ToolDesk): Promise<boolean> {
  if (change.kind === "delete") return true;
  return change.kind === "update" && change.to !== null && !("problem" in (await textAt(change.to, desk)));
}

async function textAt(path: string, desk: ToolDesk): Promise<{ readonly text: string } | { readonly problem: string }> {
  const found = await readFile(path, desk);
  // "src/a.ts: No such file": the name stands before it already.
  if ("problem" in found) return { problem: found.problem.replace(`${path}: `, "") };
  if (found.cut) return { problem: "it is larger than 8 MiB; use bash" };
  const text = found.bytes.toString("utf8");
  return Buffer.from(text, "utf8").equals(found.bytes) ? { text } : { problem: "it is not UTF-8 text; use bash" };
}

/** All of it or, where a file turns out to be frozen, none. */
async function carryOut(steps: readonly Step[], desk: ToolDesk) {
  for (const [index, { write, remove }] of steps.entries()) {
    const refused =
      (write && (await writeFile(write[0], write[1], desk))) ?? (remove && (await removeFile(remove, desk)));
    if (!refused) continue;
    const kept = await takeBack(steps.slice(0, index + (write && remove ? 1 : 0)), desk);
    return { ok: false, text: `${refused}${kept ?? others(steps.length)}` };
  }
  return { ok: true, text: steps.map(({ said }) => said).join("\n") };
}

/** Says what could not be taken back; null when all was. */
async function takeBack(done: readonly Step[], desk: ToolDesk): Promise<string | null> {
  const left: string[] = [];
  for (const { write, before } of done.toReversed()) {
    const created = write && write[0] !== before?.[0] ? write[0] : undefined;
    const problems = [
      before && (await writeFile(before[0], before[1], desk)),
      created !== undefined && (await removeFile(created, desk)),
    ];
    if (problems.some(Boolean)) left.push(created ?? before?.[0] ?? "");
  }
  return left.length === 0 ? null : `\nThese files of the patch stay changed: ${left.join(", ")}`;
}
