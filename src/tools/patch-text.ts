/** Lines to be found in a file, and what becomes of them. */
export interface Hunk {
  /** Lines that come before it, as the `@@` lines name them, outermost first. */
  readonly below: readonly string[];
  /** Each begins with its mark: " " stays, "-" goes, "+" comes. */
  readonly lines: readonly string[];
  /** It is the end of the file. */
  readonly atEnd: boolean;
}

export type FileChange =
  | { readonly kind: "add"; readonly path: string; readonly text: string }
  | { readonly kind: "delete"; readonly path: string }
  | { readonly kind: "update"; readonly path: string; readonly to: string | null; readonly hunks: readonly Hunk[] };

export type ReadPatch = { readonly changes: readonly FileChange[] } | { readonly problem: string };

/**
 * The format in lark, for a server that decodes within it: the one that OpenAI's models of the GPT-5 class were trained
 * to write (V4A, as the Codex command line publishes it).
 */
export const patchGrammar = String.raw`start: begin change+ end
begin: "*** Begin Patch" LF
end: "*** End Patch" LF?
change: add | delete | update
add: "*** Add File: " path LF added+
delete: "*** Delete File: " path LF
update: "*** Update File: " path LF move? lines?
move: "*** Move to: " path LF
lines: (place | line)+ eof?
place: ("@@" | "@@ " /(.+)/) LF
line: ("+" | "-" | " ") /(.*)/ LF
added: "+" /(.*)/ LF
eof: "*** End of File" LF
path: /(.+)/
%import common.LF
`;

const BEGIN = "*** Begin Patch";
const END = "*** End Patch";

/** Reads a patch, all of it or nothing. A problem is a sentence for the model, with the line of the patch that is wrong. Pure. */
export function readPatch(input: string): ReadPatch {
  const lines = input.replaceAll("\r\n", "\n").trim().split("\n");
  if (lines[0]?.trim() !== BEGIN) return { problem: `a patch begins with "${BEGIN}"` };
  if (lines.at(-1)?.trim() !== END) return { problem: `a patch ends with "${END}": send it again, whole` };
  const changes: FileChange[] = [];
  const last = lines.length - 1;
  for (let at = 1; at < last;) {
    const [, what = "", path = ""] = /^\*\*\* (Add|Delete|Update) File: (.*)$/.exec(lines[at]?.trimEnd() ?? "") ?? [];
    if (path.trim() === "") return wrong(at, `expected "*** Update File: <path>", Add File or Delete File`, lines);
    const { to, next } = endOfFile(lines, at + 1);
    const read = readChange(what, path.trim(), { lines, from: at + 1, to });
    if ("problem" in read) return read;
    changes.push(read);
    at = next;
  }
  if (changes.length === 0) return { problem: "the patch changes no file" };
  const paths = changes.map(({ path }) => path);
  const twice = paths.find((path, index) => paths.indexOf(path) !== index);
  return twice === undefined ? { changes } : { problem: `${twice} comes twice: put its changes below one another` };
}

interface Span {
  readonly lines: readonly string[];
  readonly from: number;
  readonly to: number;
}

/** Up to the next file's header, without the empty lines in front of it. */
function endOfFile(lines: readonly string[], from: number): { readonly to: number; readonly next: number } {
  const found = lines.findIndex((line, index) => index >= from && /^\*\*\* (?:Add|Delete|Update) File: /.test(line));
  const next = found < 0 ? lines.length - 1 : found;
  let to = next;
  while (to > from && lines[to - 1]?.trim() === "" && !lines[to - 1]?.startsWith(" ")) to -= 1;
  return { to, next };
}

const wrong = (at: number, why: string, lines: readonly string[]): { readonly problem: string } => ({
  problem: `line ${at + 1} of the patch: ${why}, not: ${lines[at]?.slice(0, 120) ?? ""}`,
});

function readChange(what: string, path: string, span: Span): FileChange | { readonly problem: string } {
  if (what === "Update") return readUpdate(path, span);
  const { lines, from, to } = span;
  const body = lines.slice(from, to);
  if (what === "Delete") return body.length === 0 ? { kind: "delete", path } : wrong(from, "expected the end", lines);
  const stray = body.findIndex((line) => !line.startsWith("+"));
  if (stray >= 0) return wrong(from + stray, 'expected a line that begins with "+"', lines);
  return { kind: "add", path, text: body.map((line) => `${line.slice(1)}\n`).join("") };
}

function readUpdate(path: string, { lines, from, to }: Span): FileChange | { readonly problem: string } {
  const [, moved] = /^\*\*\* Move to: (.*\S)\s*$/.exec(lines[from] ?? "") ?? [];
  const hunks: { below: string[]; lines: string[]; atEnd: boolean }[] = [];
  for (let at = from + (moved === undefined ? 0 : 1); at < to; at += 1) {
    const line = lines[at] ?? "";
    const last = hunks.at(-1);
    if (line.trimEnd() === "*** End of File" && last) last.atEnd = true;
    else if (line.startsWith("@@")) {
      // Several in a row name an ever narrower place.
      const hunk = last?.lines.length === 0 ? last : { below: [], lines: [], atEnd: false };
      if (hunk !== last) hunks.push(hunk);
      const place = placeIn(line);
      if (place !== "") hunk.below.push(place);
    } else if (line === "" || /^[ +-]/.test(line)) {
      const hunk = last ?? { below: [], lines: [], atEnd: false };
      if (hunk !== last) hunks.push(hunk);
      hunk.lines.push(line === "" ? " " : line);
    } else return wrong(at, 'expected a line that begins with " ", "+", "-" or "@@"', lines);
  }
  if (hunks.some((hunk) => hunk.lines.length === 0) || (hunks.length === 0 && moved === undefined))
    return { problem: `${path}: a change without lines; give what goes with "-" and what comes with "+"` };
  return { kind: "update", path, to: moved ?? null, hunks };
}

/** The line that an `@@` line names; empty for none, and for the numbers of a unified diff, which say nothing here. */
const placeIn = (line: string): string => {
  const place = line.slice(2).replace(/ @@$/, "").trim();
  return /^-\d+(?:,\d+)? \+\d+(?:,\d+)?(?: @@.*)?$/.test(place) ? "" : place;
};
