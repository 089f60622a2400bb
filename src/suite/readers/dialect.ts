/** What a report or a log says about one test, file or build that did not simply pass. */
export interface Found {
  /** Which reader said so: "junit", "pytest", "go", … */
  readonly format: string;
  /**
   * A single test; a whole file that did not load, or ended early; a build or an installation that failed before any test;
   * a job or step of which nothing closer is known.
   */
  readonly kind: "test" | "file" | "build" | "job";
  /** Package, class, test binary or project, where tests are grouped by one; null when the report does not say. */
  readonly suite: string | null;
  readonly file: string | null;
  readonly line: number | null;
  /** Titles of the enclosing suites and of the test, outermost first. */
  readonly titles: readonly string[];
  readonly message: string;
  readonly expected: string | null;
  readonly actual: string | null;
  /** Frames, one a line; empty when there are none. */
  readonly stack: string;
  readonly ms: number | null;
  /** It ran out of its own time. */
  readonly timedOut: boolean;
  /** Executions in this very report: a runner that repeats failing tests tells of each. */
  readonly failures: number;
  readonly passes: number;
  /** As it stands in the report, without terminal colours, and bounded. */
  readonly excerpt: string;
  /** Where it begins there, in bytes. */
  readonly offset: number;
}

/** How many tests ended how, as far as a reader knows. */
interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** Where a reader puts what it finds. */
export interface Sink {
  found(found: Found): void;
  /** Totals that the runner itself prints, or that the reader counted; added up over one log. */
  tally(tally: Partial<Tally>): void;
  /** Something a person should know about the report, one sentence. */
  note(text: string): void;
  /** What is told is not all, and why: one sentence. */
  cut(text: string): void;
  /** When the report says it was made, in milliseconds since the epoch. */
  made(at: number): void;
}

/** Reads one format out of a log, line by line. It keeps what it has begun and nothing else. */
export interface DialectReader {
  /** A line without its end, colours and time stamps; `offset` in bytes from the beginning of the report. */
  line(text: string, offset: number): void;
  /** No more lines: what was begun ends here. */
  end(): void;
}

/** A format of test output that is recognised by what it says. */
export interface Dialect {
  readonly name: string;
  open(sink: Sink): DialectReader;
}

/** Characters of one failure that are kept. */
const MOST_CHARACTERS = 6000;
const MOST_LINES = 120;

/** Lines that belong together, from where they begin. Of very many the first and the last stay. */
export interface Block {
  readonly offset: number;
  readonly head: string[];
  readonly tail: string[];
  size: number;
  left: number;
}

export const block = (offset: number): Block => ({ offset, head: [], tail: [], size: 0, left: 0 });

/** Adds a line to a block. Mutates it: blocks are kept by one reader only. */
export function add(to: Block, text: string): void {
  const line = text.length > 2000 ? `${text.slice(0, 2000)}…` : text;
  if (to.head.length < MOST_LINES && to.size < MOST_CHARACTERS) {
    to.head.push(line);
    to.size += line.length + 1;
    return;
  }
  to.tail.push(line);
  if (to.tail.length > 20) {
    to.tail.shift();
    to.left += 1;
  }
}

/** The text of a block; a line says where lines were left out. */
export const textOf = ({ head, tail, left }: Block): string =>
  [...head, ...(left > 0 ? [`… ${left} lines left out …`] : []), ...tail].join("\n");

/** Takes the indentation off that all lines share. */
export function dedent(text: string): string {
  const lines = text.split("\n");
  const depths = lines.filter((line) => line.trim() !== "").map((line) => line.search(/\S/));
  const least = depths.reduce((a, b) => Math.min(a, b), 200);
  return lines.map((line) => line.slice(least === 200 ? 0 : least)).join("\n");
}

/** What stands in a test's place where a whole file did not load. */
export const NOT_LOADED = "(file does not load)";

/** Seconds as a runner prints them, in milliseconds; null when it printed none. */
export const seconds = (text: string | undefined): number | null =>
  text === undefined || text === "" || Number.isNaN(Number(text)) ? null : Math.round(Number(text) * 1000);
