/** Invisible, bidirectional and control characters that can hide words from a reader; tab and newline stay. */
const invisible =
  // oxlint-disable-next-line no-control-regex, no-misleading-character-class -- these are the ones that are taken out
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\uffff]|[\u{e0000}-\u{e0fff}\u{1d173}-\u{1d17a}\u{f0000}-\u{10ffff}]/gu;

/** Text without characters a person cannot see, and how many there were. */
export function stripInvisible(text: string): { readonly text: string; readonly stripped: number } {
  let stripped = 0;
  const clean = text.replaceAll("\r\n", "\n").replace(invisible, () => {
    stripped += 1;
    return "";
  });
  return { text: clean, stripped };
}

/** More than this drawn over is no progress display: that something is gone is then said. */
const DRAWN_OVER = 400;

/** What a terminal shows of a line that carriage returns draw over: its last state. */
function lastState(line: string): string {
  const states = line.split("\r").filter((state) => state !== "");
  const last = states.at(-1) ?? "";
  const gone = line.length - last.length;
  return gone > DRAWN_OVER ? `${last} [${gone} characters of this line were drawn over]` : last;
}

/** Takes out terminal colours and cursor movements, and what progress displays drew over. */
export function stripTerminal(text: string): string {
  return (
    text
      // oxlint-disable-next-line no-control-regex -- escape sequences are what this removes
      .replace(/\u001b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-Z\\-_])/g, "")
      .replace(/\r+/g, "\r")
      .replaceAll("\r\n", "\n")
      .split("\n")
      .map(lastState)
      .join("\n")
  );
}

/** What others wrote, safe to show on a terminal: nothing in it moves the cursor, recolours or hides words. */
export const printable = (text: string): string => stripInvisible(stripTerminal(text)).text;

/** The same on one line: nothing in it can look like a line of its own. */
export function printableLine(text: string): string {
  const lines = printable(text).split(/[\n\u2028\u2029]/);
  const words = lines.map((line) => line.trim()).filter((line) => line !== "");
  return lines.length === 1 ? lines.join("") : words.join(" ");
}

/** "1 file", "2 files"; `many` where an s is not enough: "2 bodies". */
export const plural = (count: number, noun: string, many = `${noun}s`): string =>
  `${count} ${count === 1 ? noun : many}`;

/** 950 ms, 1.2 s, 3 min 4 s, 2 h 5 min. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** 512 B, 1.2 kB, 3.4 MB. */
export function byteSize(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const [unit, size] = bytes < 1e6 ? ["kB", 1e3] : bytes < 1e9 ? ["MB", 1e6] : ["GB", 1e9];
  return `${(bytes / Number(size)).toFixed(1)} ${unit}`;
}

/** Integer nano-dollars for people: "$1.20", "$0.0123", "<$0.0001"; "unpriced" when unknown. */
export function money(nano: number | null): string {
  if (nano === null) return "unpriced";
  const usd = nano / 1e9;
  if (usd > 0 && usd < 0.0001) return "<$0.0001";
  return `$${usd === 0 || usd >= 0.01 ? usd.toFixed(2) : usd.toFixed(4)}`;
}

/** The first line, cut to `max` characters. */
export function headline(text: string, max = 100): string {
  const line = text.trim().split("\n", 1)[0]?.trimEnd() ?? "";
  return line.length <= max ? line : `${line.slice(0, max - 1).trimEnd()}…`;
}

/** Lower-case words joined by hyphens, at most `max` characters: safe in a branch name. */
export function slug(text: string, max = 40): string {
  const words = plainLetters(text)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+/, "");
  // A word is not cut in two, unless that would leave next to nothing.
  const cut = words.slice(0, max + 1).lastIndexOf("-");
  const short = words.length <= max ? words : words.slice(0, cut > max / 2 ? cut : max);
  return short.replace(/-+$/, "") || "task";
}

/** Without accents. The tables for that take some milliseconds to load, which most texts need not pay. */
function plainLetters(text: string): string {
  return /[^ -~\s]/.test(text) ? text.normalize("NFKD").replace(/\p{M}+/gu, "") : text;
}

/** Keeps head and tail of a long text and says what was left out between them. */
export function keepEnds(text: string, max: number): string {
  if (text.length <= max) return text;
  const half = Math.floor(max / 2);
  const cut = text.slice(half, text.length - half);
  return `${text.slice(0, half)}\n[… ${cut.length} characters, ${cut.split("\n").length - 1} lines left out …]\n${text.slice(-half)}`;
}

/**
 * Does `path` match a glob of the manifest? Knows **, *, ? and {a,b}. A pattern without a slash matches at any depth,
 * and one that ends in a plain name also means everything below a directory of that name.
 */
export function matchesGlob(path: string, glob: string): boolean {
  const anchored = glob.includes("/") ? glob.replace(/^\//, "") : `**/${glob}`;
  const below = anchored.endsWith("/") ? ".+" : /(?:^|\/)[^/*?{]+$/.test(anchored) ? "(?:/.*)?" : "";
  return new RegExp(`^${patternOf(anchored)}${below}$`).test(path);
}

function patternOf(glob: string): string {
  return glob.replace(/\*\*\/|\*\*|\*|\?|\{[^{}]*\}|[.+^$()|[\]{}\\]/g, (token) => {
    if (token === "**/") return "(?:[^/]+/)*";
    if (token === "**") return ".*";
    if (token === "*") return "[^/]*";
    if (token === "?") return "[^/]";
    if (token.length > 1) return `(?:${token.slice(1, -1).split(",").map(patternOf).join("|")})`;
    return `\\${token}`;
  });
}

/** The known word nearest to a mistyped one, when it is near enough to be meant. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const scored = known.map((candidate) => ({ candidate, distance: editDistance(word, candidate) }));
  const best = scored.sort((a, b) => a.distance - b.distance)[0];
  return best && best.distance <= Math.max(2, Math.floor(word.length / 3)) ? best.candidate : undefined;
}

/** Levenshtein's distance. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const swap = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

/**
 * What a forge acts on when it is merged ("fixes #7", in any of the spellings it knows) as words that it does not act on. For
 * what issues and models say: only claw's own line closes an issue.
 * https://docs.github.com/en/issues/tracking-your-work-with-issues/using-issues/linking-a-pull-request-to-an-issue
 */
export const withoutClosing = (text: string): string =>
  text.replace(
    /\b(close[sd]?|fix(?:e[sd])?|resolve[sd]?)(:|:?[\s*_~[(]+)(?:[\w.-]+\/[\w.-]+#|#|gh-|https?:\/\/\S+?\/issues\/)(\d+)/gi,
    "$1$2issue $3",
  );

/** Somebody's words between `<mark>` and `</mark>`: nothing in them ends what is marked, or begins it anew. */
export const within = (mark: string, text: string): string =>
  `<${mark}>\n${text.replaceAll(new RegExp(`<(?=\\s*/?\\s*${mark})`, "gi"), "‹")}\n</${mark}>`;
