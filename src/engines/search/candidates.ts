import { createHash } from "node:crypto";
import * as operators from "./operators/all.ts";
import type { Edit, Operator } from "./operators/operator.ts";
import { type Node, type Reader, walk } from "./parse.ts";
import { scopesOf } from "./scope.ts";

/** How likely a line is to hold the fault, above 0; a line that no failing test reaches has none. */
type Suspicion = ReadonlyMap<number, number>;

/** A file in which the fault may be. */
export interface SuspectFile {
  readonly path: string;
  readonly text: string;
  readonly lines: Suspicion;
}

/** One small change that might be the fix. */
export interface Candidate extends Edit {
  readonly path: string;
  readonly line: number;
  /** Where the expression or statement around the change begins: changes to one part of a loop's head share it. */
  readonly site: number;
  /** Name of the family of changes it belongs to. */
  readonly operator: string;
  readonly wave: Operator["wave"];
  readonly suspicious: boolean;
  /** Suspicion of its line times how often such a change is a fix. */
  readonly score: number;
  /** The file with the change made. */
  apply(): string;
}

/** Among the edits of one operator at one place, each is this much less likely than the one before. */
const DECAY = 0.85;

/**
 * The changes to try, those of earlier waves first, within a wave the likeliest first, always in the same order. None
 * breaks the grammar of its file, and no two make the same text.
 */
export function* candidatesOf(
  files: readonly { readonly file: SuspectFile; readonly reader: Reader }[],
  waves: readonly Operator["wave"][],
): Generator<Candidate> {
  const sources = files.map(({ file, reader }) => ({
    file,
    reader,
    root: reader.parse(file.text),
    sound: reader.accepts(file.text),
  }));
  const seen = new Set<string>();
  for (const wave of waves) {
    const found = sources.flatMap(({ file, reader, root }) => proposals(file, reader, root, wave));
    found.sort(
      (a, b) =>
        b.score - a.score || (a.path < b.path ? -1 : a.path > b.path ? 1 : 0) || a.start - b.start || a.end - b.end,
    );
    for (const candidate of found) {
      const text = candidate.apply();
      const key = createHash("sha1").update(`${candidate.path}\0${text}`).digest("base64");
      if (seen.has(key)) continue;
      seen.add(key);
      const source = sources.find(({ file }) => file.path === candidate.path);
      if (source && text !== source.file.text && (!source.sound || source.reader.accepts(text))) yield candidate;
    }
  }
}

function proposals(file: SuspectFile, { language }: Reader, root: Node, wave: Operator["wave"]): Candidate[] {
  const scopeOf = scopesOf(root);
  const wanted = Object.values(operators).filter((operator) => operator.wave === wave);
  const found: Candidate[] = [];
  for (const node of walk(root)) {
    const suspicion = suspicionOf(node, file.lines);
    if (suspicion <= 0) continue;
    for (const operator of wanted) {
      const { name, prior, suspicious = false } = operator;
      operator.propose(node, scopeOf(node), language).forEach((edit, index) =>
        found.push({
          ...edit,
          path: file.path,
          line: node.line,
          site: node.parent?.start ?? node.start,
          operator: name,
          wave,
          suspicious: suspicious || answersAConstant(node, edit),
          score: suspicion * prior * DECAY ** index,
          apply: () => file.text.slice(0, edit.start) + edit.text + file.text.slice(edit.end),
        }),
      );
    }
  }
  return found;
}

/** A change counts where it begins; one to a function as a whole counts where its body is reached. */
function suspicionOf(node: Node, lines: Suspicion): number {
  if (node.role !== "function") return lines.get(node.line) ?? 0;
  let most = 0;
  for (let line = node.line; line <= node.lastLine; line++) most = Math.max(most, lines.get(line) ?? 0);
  return most;
}

/** A returned constant satisfies one test and mends nothing. */
const answersAConstant = (node: Node, { text }: Edit): boolean =>
  node.parent?.role === "return" &&
  /^(?:-?\d+(?:\.\d+)?|true|false|null|undefined|True|False|None|"[^"]*"|'[^']*'|\[\])$/.test(text);
