import type { HostGit } from "./host-git.ts";
import { refusals, type Refusal } from "./refusals.ts";
import { blobs, nameToText, splitNul } from "./trees.ts";

/** One changed file. Modes as in TreeEntry; "000000" where the file does not exist. */
export interface DiffFile {
  readonly path: string;
  readonly status: "added" | "modified" | "deleted" | "type-changed";
  readonly oldMode: string;
  readonly newMode: string;
  /** Lines; null for binary files. */
  readonly added: number | null;
  readonly deleted: number | null;
  readonly binary: boolean;
  /** Where the new version points to, when it is a symlink. */
  readonly symlinkTarget?: string;
}

/** What changed between two trees. Renames are a deletion and an addition. */
export interface Diff {
  /** Git's unified text with binary contents and full object ids: `git apply` makes the new tree from it. */
  readonly patch: Buffer;
  readonly files: readonly DiffFile[];
  /** Changes that must not leave the run. */
  readonly refused: readonly Refusal[];
}

/** Attributes of either tree play no part: a file cannot hide its changes by calling itself binary. */
const plain = ["-r", "--no-renames", "--no-ext-diff", "--no-textconv", "--no-color", "--ignore-submodules=none"];

/** The change from one tree to another. `git` must have no work tree. */
export async function diffTrees(git: HostGit, from: string, to: string): Promise<Diff> {
  const how = ["-z", "--raw", "--numstat", "--patch", "--binary", "--full-index"];
  const { stdout } = await git.run(["diff-tree", ...plain, ...how, from, to]);
  const { summary, patch } = parted(stdout);
  const fields = splitNul(summary);
  const changes = parseRaw(fields);
  const lines = parseCounts(fields.slice(2 * changes.length));
  const targets = await blobs(
    git,
    changes.filter((change) => change.newMode === "120000").map((change) => change.oid),
  );
  const files = changes.map(({ name, oid, ...change }): DiffFile => {
    const count = lines.get(name) ?? { added: 0, deleted: 0 };
    const target = change.newMode === "120000" ? targets.get(oid) : undefined;
    return {
      path: nameToText(name),
      ...change,
      ...count,
      binary: count.added === null,
      ...(target && { symlinkTarget: target.toString("utf8") }),
    };
  });
  return { patch, files, refused: refusals(files) };
}

/** Git puts an empty field between the summary, in which none is empty, and the patch, which may hold any byte. */
function parted(stdout: Buffer): { readonly summary: Buffer; readonly patch: Buffer } {
  const end = stdout.indexOf("\0\0") + 1;
  return { summary: stdout.subarray(0, end), patch: stdout.subarray(end === 0 ? 0 : end + 1) };
}

const statuses: Readonly<Record<string, DiffFile["status"]>> = {
  A: "added",
  M: "modified",
  D: "deleted",
  T: "type-changed",
};

/** The raw records, two fields each and the first beginning with a colon; what follows them counts lines. */
function parseRaw(fields: readonly string[]) {
  const end = fields.findIndex((field, index) => index % 2 === 0 && !field.startsWith(":"));
  return pairs(end < 0 ? fields : fields.slice(0, end)).map(([info, name]) => {
    const [oldMode = "", newMode = "", , oid = "", letter = ""] = info.slice(1).split(" ");
    return { name, oid, status: statuses[letter] ?? "modified", oldMode, newMode };
  });
}

function parseCounts(fields: readonly string[]): Map<string, { added: number | null; deleted: number | null }> {
  const number = (text: string | undefined): number | null =>
    text === "-" || text === undefined ? null : Number(text);
  return new Map(
    fields.map((field) => {
      const [added, deleted, ...name] = field.split("\t");
      return [name.join("\t"), { added: number(added), deleted: number(deleted) }];
    }),
  );
}

function pairs(fields: readonly string[]): [string, string][] {
  return Array.from({ length: fields.length / 2 }, (_, index) => [
    fields[2 * index] ?? "",
    fields[2 * index + 1] ?? "",
  ]);
}
