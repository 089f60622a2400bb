import { createHash } from "node:crypto";
import type { Language } from "./languages.ts";
import { operators } from "./operators/all.ts";
import { type Edit, type Operator, replace, type Wave } from "./operators/operator.ts";
import { type Node, type Reader, walk } from "./parse.ts";
import { type Scope, scopesOf } from "./scope.ts";

/** A file in which the fault may be. */
export interface SuspectFile {
  readonly path: string;
  readonly text: string;
  /** How likely a line is to hold the fault, above 0; a line that no failing test reaches is left out. */
  readonly lines: ReadonlyMap<number, number>;
}

interface ReadableFile {
  readonly file: SuspectFile;
  readonly reader: Reader;
}

/** One small change that might be the fix. */
export interface Candidate extends Edit {
  readonly path: string;
  readonly line: number;
  /** The expression or statement around the change, by where it begins: changes to one part of a loop's head share it. */
  readonly place: string;
  /** Name of the family of changes it belongs to. */
  readonly operator: string;
  readonly wave: Wave;
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
export function* candidatesOf(files: readonly ReadableFile[], waves: readonly Wave[]): Generator<Candidate> {
  const sources = files.map(open);
  const seen = new Set<string>();
  for (const wave of waves) {
    const found = sources.flatMap((source) => proposals(source, wave).map((candidate) => ({ candidate, source })));
    for (const { candidate, source } of found.toSorted((a, b) => b.candidate.score - a.candidate.score)) {
      const text = candidate.apply();
      const key = createHash("sha1").update(`${candidate.path}\0${text}`).digest("base64");
      if (text === source.file.text || seen.has(key)) continue;
      seen.add(key);
      if (!source.sound || source.reader.accepts(text)) yield candidate;
    }
  }
}

function open({ file, reader }: ReadableFile) {
  const root = reader.parse(file.text);
  return { file, reader, nodes: [...walk(root)], scopeOf: scopesOf(root), sound: reader.accepts(file.text) };
}

function proposals({ file, reader, nodes, scopeOf }: ReturnType<typeof open>, wave: Wave): Candidate[] {
  const wanted = operators.filter((operator) => operator.wave === wave);
  return nodes.flatMap((node) => {
    const suspicion = suspicionOf(node, file.lines);
    if (suspicion <= 0) return [];
    return wanted.flatMap((operator) =>
      editsOf(operator, node, scopeOf(node), reader.language).map((edit, index): Candidate => ({
        ...edit,
        path: file.path,
        line: node.line,
        place: `${file.path}:${node.parent?.start ?? node.start}`,
        operator: operator.name,
        wave,
        suspicious: operator.suspicious === true || answersAConstant(node, edit),
        score: suspicion * operator.prior * DECAY ** index,
        apply: () => file.text.slice(0, edit.start) + edit.text + file.text.slice(edit.end),
      })),
    );
  });
}

function editsOf({ at, where, propose }: Operator, node: Node, scope: Scope, language: Language): Edit[] {
  if ((at && !at.split(" ").includes(node.role ?? "")) || where?.(node) === false) return [];
  const texts = new Set(propose(node, scope, language));
  texts.delete(node.text);
  return [...texts].map((edit) => (typeof edit === "string" ? replace(node, edit) : edit));
}

/** A change counts where it begins; one to a function as a whole counts where its body is reached. */
function suspicionOf(node: Node, lines: SuspectFile["lines"]): number {
  if (node.role !== "function") return lines.get(node.line) ?? 0;
  const within = [...lines].filter(([line]) => node.line <= line && line <= node.lastLine);
  return Math.max(0, ...within.map(([, suspicion]) => suspicion));
}

/** A returned constant satisfies one test and mends nothing. */
const answersAConstant = (node: Node, { text }: Edit): boolean =>
  node.parent?.role === "return" &&
  /^(?:-?\d+(?:\.\d+)?|true|false|null|undefined|True|False|None|"[^"]*"|'[^']*'|\[\])$/.test(text);
