import { ownPath } from "./coverage.ts";

/** A line that a failure names. */
export interface Frame {
  readonly path: string;
  readonly line: number;
}

const frames = [
  /\(?((?:file:\/\/)?[\w@./\\-]+\.[cm]?[jt]sx?):(\d+)(?::\d+)?\)?/g,
  /([\w@./-]+\.py):(\d+)/g,
  /File "([^"]+\.py)", line (\d+)/g,
];

/** The repository's own lines in the text of a failure, in the order they are named, each once. */
export function stackLines(message: string, root: string): Frame[] {
  const found = frames.flatMap((pattern) => [...message.matchAll(pattern)]);
  const seen = new Set<string>();
  return found
    .toSorted((a, b) => a.index - b.index)
    .flatMap(([, name = "", number = ""]) => {
      const path = ownPath(name, root);
      const key = `${path}:${number}`;
      if (path === null || seen.has(key)) return [];
      seen.add(key);
      return [{ path, line: Number(number) }];
    });
}
