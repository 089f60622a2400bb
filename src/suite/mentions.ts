import type { Suspect } from "./ochiai.ts";

/** A source file of the repository. */
export interface SourceText {
  readonly path: string;
  readonly text: string;
}

/** Words that say nothing about where a bug is. */
const plain =
  /^(?:the|and|for|with|that|this|from|not|when|should|have|has|are|was|but|test|tests|function|return|const|value|null|true|false|none|issue|error|expected|actual|example|instead|wrong)$/i;

/** Without a failing test: lines that share rare words with a text about the bug, the most telling first. */
export function suspectsFromWords(about: string, sources: readonly SourceText[]): Suspect[] {
  const words = new Set(
    [...about.matchAll(/[A-Za-z_]\w{2,}/g)].map(([word]) => word).filter((word) => !plain.test(word)),
  );
  const lines = sources.flatMap(({ path, text }) =>
    text.split("\n").map((line, index) => ({
      path,
      line: index + 1,
      shared: [...new Set(line.match(/[A-Za-z_]\w{2,}/g))].filter((word) => words.has(word)),
      // Where a thing is made says more than where it is used.
      defines: new Set(
        [...line.matchAll(/\b(?:function|class|def|const|let|interface)\s+(\w+)/g)].map(([, name]) => name),
      ),
    })),
  );
  const uses = new Map<string, number>();
  for (const { shared } of lines) for (const word of shared) uses.set(word, (uses.get(word) ?? 0) + 1);
  const scored = lines
    .filter(({ shared }) => shared.length > 0)
    .map(({ path, line, shared, defines }) => {
      const weigh = (word: string): number => (defines.has(word) ? 2 : 1) / (uses.get(word) ?? 1);
      return { path, line, score: shared.reduce((sum, word) => sum + weigh(word), 0) };
    });
  const most = scored.reduce((highest, { score }) => Math.max(highest, score), 0);
  return scored
    .map(({ score, ...place }) => ({ ...place, score: score / most }))
    .toSorted((a, b) => b.score - a.score || (a.path < b.path ? -1 : a.path > b.path ? 1 : 0) || a.line - b.line);
}
