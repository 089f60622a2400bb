/** What a patch does to one file. Lines; null for a binary file. */
export interface FileStat {
  readonly path: string;
  readonly added: number | null;
  readonly deleted: number | null;
}

/** Counts the lines of a patch in git's unified format, file by file. */
export function diffstat(patch: string): readonly FileStat[] {
  return patch.split(/^(?=diff --git )/m).flatMap((part): FileStat[] => {
    if (!part.startsWith("diff --git ")) return [];
    const path = pathOf(part);
    if (/^GIT binary patch$|^Binary files /m.test(part)) return [{ path, added: null, deleted: null }];
    const [, ...hunks] = part.split(/^(?=@@ )/m);
    const lines = hunks.flatMap((hunk) => hunk.split("\n").slice(1));
    const beginning = (sign: string): number => lines.filter((line) => line.startsWith(sign)).length;
    return [{ path, added: beginning("+"), deleted: beginning("-") }];
  });
}

/** The new name of a file, or the old one of a file that is deleted; git quotes names with unusual characters. */
function pathOf(part: string): string {
  const [head = ""] = part.split(/^@@ /m);
  const named = /^\+\+\+ "?b\/(.*?)"?$/m.exec(head) ?? /^--- "?a\/(.*?)"?$/m.exec(head);
  const header = /^diff --git "?a\/(.*?)"? "?b\/(.*?)"?$/m.exec(head);
  return named?.[1] ?? header?.[2] ?? "?";
}

/** Aligned lines like git's: path, counts. */
export function renderDiffstat(files: readonly FileStat[]): string {
  const width = Math.max(0, ...files.map(({ path }) => path.length));
  const line = ({ path, added, deleted }: FileStat): string =>
    `${path.padEnd(width)}  ${added === null ? "binary" : `+${added} −${deleted ?? 0}`}`;
  return files.map(line).join("\n");
}
