import { duration, printable, printableLine } from "../../text.ts";
import { fitTo } from "../../text-width.ts";
import { patchLines } from "./diff-lines.ts";
import { markdownLines, type Sheet } from "./markdown.ts";
import type { Part } from "./screen.ts";
import { type Line, looks, plainLine, span, wrapLine } from "./spans.ts";

const markLooks = { "·": looks.faint, "✓": looks.green, "!": looks.yellow, "✗": looks.red } as const;

/** What stays on the screen, as lines. Texts of others are data: nothing in them moves the cursor. */
export function partLines(part: Part, sheet: Sheet): readonly Line[] {
  switch (part.kind) {
    case "person":
      return printable(part.text)
        .split("\n")
        .flatMap((line) => wrapLine([span(line, looks.strong)], sheet.columns - 2))
        .map((line, index) => [span(index === 0 ? "> " : "  ", looks.cyan), ...line]);
    case "model":
      return markdownLines(part.text, sheet);
    case "note":
      return printable(part.text)
        .split("\n")
        .flatMap((line) => wrapLine(plainLine(line), sheet.columns - 2))
        .map((line, index) => [span(index === 0 ? `${part.mark} ` : "  ", markLooks[part.mark]), ...line]);
    case "patch":
      return patchLines(part.patch);
    case "lines":
      return part.lines.flatMap((line) => hanging(printable(line), sheet.columns));
  }
}

/** A call that is over, on one line. */
export function callLine(
  call: {
    readonly tool: string;
    readonly summary: string;
    readonly ok: boolean;
    readonly exitCode: number | null;
    readonly ms: number;
  },
  columns: number,
): Line {
  const exit = call.exitCode === null || call.exitCode === 0 ? "" : `exit ${call.exitCode}, `;
  const [head, tail] = [`${fitTo(printableLine(call.tool), 40)} `, `  ${exit}${duration(call.ms)}`];
  const room = Math.max(8, columns - 2 - head.length - tail.length);
  return [
    call.ok ? span("✓ ", looks.green) : span("✗ ", looks.red),
    span(head, looks.strong),
    span(fitTo(printableLine(call.summary), room)),
    span(tail, looks.faint),
  ];
}

/** A line of a list: what has no room beside its first word goes on below the rest. */
function hanging(line: string, columns: number): readonly Line[] {
  const [lead = ""] = /^ *\S+ {2,}/.exec(line) ?? [];
  if (lead.length > columns / 2) return wrapLine(plainLine(line), columns);
  const [first = [], ...more] = wrapLine(plainLine(line.slice(lead.length)), columns - lead.length);
  return [[span(lead), ...first], ...more.map((each): Line => [span(" ".repeat(lead.length)), ...each])];
}
