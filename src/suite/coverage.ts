/** Line numbers that ran, from 1, by file; paths relative to the repository. */
export type Lines = ReadonlyMap<string, ReadonlySet<number>>;

/** What some tests ran. One test where the runner tells them apart, otherwise a file's failing or passing tests together. */
export interface Execution {
  readonly id: string;
  /** The test file; null when it is not known. */
  readonly file: string | null;
  readonly failed: boolean;
  readonly lines: Lines;
}

/** Everything that any of them ran. */
export function joinLines(all: readonly Lines[]): Lines {
  const joined = new Map<string, Set<number>>();
  for (const lines of all) {
    for (const [path, numbers] of lines) {
      const known = joined.get(path) ?? new Set();
      for (const number of numbers) known.add(number);
      joined.set(path, known);
    }
  }
  return joined;
}

/** A path of the sandbox as a path of the repository; null for what is not the repository's own code. */
export function ownPath(path: string, root: string): string | null {
  const plain = decodePath(path.replace(/^file:\/\//, "").replace(/[?#].*$/, ""));
  const own = plain.startsWith(`${root}/`)
    ? plain.slice(root.length + 1)
    : plain.startsWith("/")
      ? null
      : plain.replace(/^\.\//, "");
  return own === null || /(?:^|\/)(?:node_modules|\.venv|venv|site-packages)\//.test(own) || own.startsWith("..")
    ? null
    : own;
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
