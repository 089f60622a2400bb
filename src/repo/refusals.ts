import type { DiffFile } from "./diff.ts";

/** A change that must not leave the run, and the reason in words for people. */
export interface Refusal {
  readonly path: string;
  readonly why: string;
}

/** Stands in a tree for what cannot be imported: a nested repository, or a name git keeps for itself. No such object exists. */
export const placeholder = (objectIdLength: number): string => "1".repeat(objectIdLength);

/** What a name git keeps for itself becomes in a recorded tree, so that its presence shows in the diff. */
export const refusedSuffix = ".refused";

/** What the name of a file becomes that could not be read, for its permissions or for an encoding it does not have. */
export const unreadableSuffix = ".unreadable";

/** The changes gates must block: content nobody can review, or links that lead out of the tree. */
export function refusals(files: readonly DiffFile[]): Refusal[] {
  return files.flatMap((file) => {
    const why = refusal(file);
    return why ? [{ path: isUnreadable(file) ? file.path.slice(0, -unreadableSuffix.length) : file.path, why }] : [];
  });
}

const isUnreadable = ({ path, newMode }: DiffFile): boolean => newMode === "160000" && path.endsWith(unreadableSuffix);

function refusal(file: DiffFile): string | null {
  const { path, newMode, symlinkTarget } = file;
  if (isUnreadable(file)) return "it cannot be read: mend its permissions, or the encoding .gitattributes gives it";
  if (newMode === "160000" && path.endsWith(refusedSuffix)) return "a name that git keeps for itself";
  if (newMode === "160000") return "a nested repository or submodule: its content cannot be reviewed";
  if (path.split("/").some(isReservedName)) return "a name that git keeps for itself";
  if (symlinkTarget !== undefined && leaves(path, symlinkTarget))
    return `a symlink out of the tree, to ${symlinkTarget}`;
  return null;
}

/**
 * Whether a link could lead out. ".." counts only at the start, where it climbs real directories: further in, it could
 * climb from wherever another link leads.
 */
function leaves(path: string, target: string): boolean {
  if (target.startsWith("/")) return true;
  const steps = target.split("/").filter((step) => step !== "" && step !== ".");
  const ups = steps.findIndex((step) => step !== "..");
  const climbed = ups < 0 ? steps.length : ups;
  const depth = path.split("/").length - 1;
  return climbed > depth || steps.slice(climbed).some((step) => step === ".." || isReservedName(step));
}

/** Whether some file system would take this name for ".git": other case, NTFS short names and streams, HFS ignored characters. */
export function isReservedName(name: string): boolean {
  const visible = name.replace(/[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/g, "");
  return visible.split("\\").some((part) => /^(\.git|git~1)[. ]*(:.*)?$/i.test(part));
}

/** Whether git would take a symlink of this name for its list of submodules, which it refuses. */
export function isModulesName(name: string): boolean {
  const visible = name.replace(/[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/g, "");
  return /^(\.gitmodules|gitmod~\d|gi7eb[0-9a-f]~\d+)[. ]*(:.*)?$/i.test(visible);
}
