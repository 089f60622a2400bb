/** Lines that a change adds to one file, by their numbers in it afterwards. */
export interface AddedLines {
  readonly path: string;
  readonly ranges: readonly { readonly start: number; readonly end: number }[];
}

/** What a patch in git's unified format adds, file by file; files to which it adds nothing are left out. */
export function addedLines(patch: string): readonly AddedLines[] {
  return patch.split(/^(?=diff --git )/m).flatMap((part): AddedLines[] => {
    const path = /^\+\+\+ "?b\/(.*?)"?\t?$/m.exec(part)?.[1];
    const [, ...hunks] = part.split(/^(?=@@ )/m);
    const ranges = hunks.flatMap(rangesOf);
    return path === undefined || ranges.length === 0 ? [] : [{ path, ranges }];
  });
}

function rangesOf(hunk: string): AddedLines["ranges"] {
  const [head = "", ...lines] = hunk.split("\n");
  const ranges: { start: number; end: number }[] = [];
  let number = Number(/\+(\d+)/.exec(head)?.[1] ?? 0);
  for (const line of lines) {
    if (line.startsWith("+")) {
      const last = ranges.at(-1);
      if (last?.end === number - 1) last.end = number;
      else ranges.push({ start: number, end: number });
    }
    if (line.startsWith("+") || line.startsWith(" ")) number += 1;
  }
  return ranges;
}
