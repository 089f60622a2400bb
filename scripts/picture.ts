import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Cell, inTerminal, screenOf } from "./screen.ts";

// docs/demo.svg: the last screen of a real `claw demo`, for the README. Run it where the sandbox holds, after a build.

const [COLUMNS, ROWS] = [92, 40];
const [LETTER, LINE, MARGIN] = [8.4, 18, 16];
/** How a dark terminal shows what claw uses; anything else is as plain text. */
const colours: Readonly<Record<string, string>> = {
  "31": "#ff7b72",
  "32": "#56d364",
  "33": "#e3b341",
  "36": "#76e3ea",
};

const home = mkdtempSync(join(tmpdir(), "claw-picture-"));
const bin = new URL("../bin/claw.js", import.meta.url).pathname;
const env = {
  ...process.env,
  CLAW_HOME: join(home, "state"),
  TERM: "xterm-256color",
  TMPDIR: "/tmp",
  CI: undefined,
  NO_COLOR: undefined,
};
try {
  const { code, written } = await inTerminal(`'${process.execPath}' '${bin}' demo`, {
    columns: COLUMNS,
    rows: ROWS,
    env,
    cwd: home,
  });
  if (code !== 0) throw new Error(`claw demo ended with ${code}`);
  const screen = screenOf(written, { columns: COLUMNS });
  const from = screen.findIndex((line) => textOf(line).startsWith("$ claw fix"));
  const to = screen.findIndex((line) => textOf(line).startsWith("$ claw diff"));
  mkdirSync(new URL("../docs", import.meta.url), { recursive: true });
  writeFileSync(new URL("../docs/demo.svg", import.meta.url), svg(withoutEnd(screen.slice(from, to).map(trimmed))));
} finally {
  rmSync(home, { recursive: true, force: true });
}

function textOf(line: readonly Cell[]): string {
  return line.map(({ letter }) => letter).join("");
}

/** Without blank cells at the end. */
function trimmed(line: readonly Cell[]): readonly Cell[] {
  const last = line.findLastIndex(({ letter }) => letter.trim() !== "");
  return line.slice(0, last + 1);
}

function withoutEnd(lines: readonly (readonly Cell[])[]): readonly (readonly Cell[])[] {
  return lines.slice(0, lines.findLastIndex((line) => line.length > 0) + 1);
}

function svg(lines: readonly (readonly Cell[])[]): string {
  const [width, height] = [Math.ceil(COLUMNS * LETTER + 2 * MARGIN), lines.length * LINE + 2 * MARGIN];
  const rows = lines.flatMap((line, index) => rowOf(line, MARGIN + (index + 0.75) * LINE));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="claw demo in a terminal">`,
    `<rect width="${width}" height="${height}" rx="8" fill="#0d1117"/>`,
    `<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="14" fill="#e6edf3">`,
    ...rows,
    "</g>",
    "</svg>",
    "",
  ].join("\n");
}

/** One text for each word, at its own place: fonts differ in how wide they are, and blanks are not kept everywhere. */
function rowOf(line: readonly Cell[], y: number): readonly string[] {
  const words: { at: number; text: string; style: string }[] = [];
  for (const [at, { letter, style }] of line.entries()) {
    const last = words.at(-1);
    if (letter === " ") continue;
    if (last?.style === style && last.at + last.text.length === at) last.text += letter;
    else words.push({ at, text: letter, style });
  }
  return words.map(({ at, text, style }) => {
    const length = `textLength="${(text.length * LETTER).toFixed(1)}"`;
    return `<text x="${(MARGIN + at * LETTER).toFixed(1)}" y="${y}" ${length}${looks(style)}>${escaped(text)}</text>`;
  });
}

function looks(style: string): string {
  const codes = style.split(";");
  const colour = codes.map((code) => colours[code]).find((one) => one !== undefined);
  return [
    codes.includes("1") ? ' font-weight="bold"' : "",
    codes.includes("2") ? ' fill="#8b949e"' : colour ? ` fill="${colour}"` : "",
  ].join("");
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
