import { spawn } from "node:child_process";
import { textWidth } from "../src/text-width.ts";

/** One place on a screen: a letter, and the colours it is drawn in (SGR parameters, "" for none). */
export interface Cell {
  readonly letter: string;
  readonly style: string;
}

export interface Terminal {
  readonly columns: number;
  readonly rows: number;
}

// oxlint-disable-next-line no-control-regex -- what a terminal reads
const tokenOf = /\u001b\[([0-9;?]*)([@-~])|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)|\u001b.|[\r\n\u0007\b]|./gsu;
// oxlint-disable-next-line no-control-regex -- what it does not draw
const control = /^[\u0000-\u001f\u007f]/;

/** What a terminal shows after these bytes, what has scrolled away included: as much of ECMA-48 as claw and ink write. */
export function screenOf(written: string, { columns }: Pick<Terminal, "columns">): readonly (readonly Cell[])[] {
  const lines: Cell[][] = [[]];
  let [row, column, style] = [0, 0, ""];
  const put = (letter: string): void => {
    const width = textWidth(letter);
    if (column + width > columns) [row, column] = [row + 1, 0];
    const line = (lines[row] ??= []);
    while (line.length < column) line.push({ letter: " ", style: "" });
    line[column] = { letter, style };
    for (let beside = 1; beside < width; beside += 1) line[column + beside] = { letter: "", style };
    column += width;
  };
  const tokens = written.matchAll(tokenOf);
  for (const [token, parameters = "", final] of tokens) {
    const count = Number(parameters || 1);
    if (token === "\r") column = 0;
    else if (token === "\n") lines[(row += 1)] ??= [];
    else if (final === "A") row = Math.max(0, row - count);
    else if (final === "B") row += count;
    else if (final === "E") [row, column] = [row + count, 0];
    else if (final === "C") column += count;
    else if (final === "D") column = Math.max(0, column - count);
    else if (final === "G") column = count - 1;
    else if (final === "K") lines[row] = parameters === "2" ? [] : (lines[row] ?? []).slice(0, column);
    else if (final === "J") lines.splice(row, lines.length, (lines[row] ?? []).slice(0, column));
    else if (final === "m") style = nextStyle(style, parameters);
    else if (!control.test(token)) put(token);
  }
  return Array.from(lines, (line) => line ?? []);
}

/** Colours and weights that hold after another SGR sequence. */
function nextStyle(style: string, parameters: string): string {
  const off: Readonly<Record<string, RegExp>> = { "22": /^[12]$/, "39": /^[39]\d$/, "49": /^(?:4|10)\d$/ };
  return parameters.split(";").reduce((now, one) => {
    if (one === "" || one === "0") return "";
    const taken = off[one];
    const kept = now.split(";").filter((old) => old !== "" && !taken?.test(old));
    return (taken ? kept : [...kept, one]).join(";");
  }, style);
}

/** The screen as text. */
export const screenText = (screen: readonly (readonly Cell[])[]): string =>
  screen
    .map((line) =>
      line
        .map(({ letter }) => letter)
        .join("")
        .trimEnd(),
    )
    .join("\n");

export interface Shown {
  readonly code: number | null;
  readonly written: string;
}

/**
 * Runs a command in a pseudo-terminal of its own, with script(1) of util-linux, and gives all that it wrote there. `onWritten`
 * is told as it comes, with a way to type.
 */
export function inTerminal(
  command: string,
  { columns, rows, env, cwd }: Terminal & { readonly env: NodeJS.ProcessEnv; readonly cwd: string },
  onWritten: (written: string, type: (keys: string) => void) => void = () => {},
): Promise<Shown> {
  const child = spawn("script", ["-qefc", `stty cols ${columns} rows ${rows} -echo; ${command}`, "/dev/null"], {
    env,
    cwd,
  });
  let written = "";
  const type = (keys: string): void => void child.stdin.write(keys);
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => onWritten((written += chunk), type));
  child.stdin.on("error", () => {});
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, written }));
  });
}
