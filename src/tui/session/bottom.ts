import { duration, money, plural, printable, printableLine } from "../../text.ts";
import { committed } from "../../views/spend.ts";
import { textWidth } from "../../text-width.ts";
import type { Completion } from "./completion.ts";
import type { Editor } from "./editor.ts";
import { editorLines } from "./editor-lines.ts";
import { markdownLines, type Sheet } from "./markdown.ts";
import type { SessionFacts } from "./session-facts.ts";
import { cutLine, type Line, looks, plainLine, type Span, span, wrapLine } from "./spans.ts";

/** Everything that is drawn below what stays. */
export interface Bottom {
  readonly facts: SessionFacts;
  readonly editor: Editor;
  readonly menu: (Completion & { readonly chosen: number }) | null;
  /** What the model is saying and is not complete yet. */
  readonly words: string;
  /** The end of what the running command wrote. */
  readonly output: string;
  readonly plan: readonly string[];
  readonly queued: readonly string[];
  /** `more`: a key shows what it is about. */
  readonly question: { readonly text: string; readonly more: boolean } | null;
  readonly busy: boolean;
  readonly stopping: boolean;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

export interface Frame {
  readonly lines: readonly Line[];
  /** Where the cursor stands; null where nothing is typed. */
  readonly cursor: { readonly x: number; readonly y: number } | null;
}

/** A terminal of fewer rows has no room for an empty line. */
const LOW = 10;
const OUTPUT_LINES = 5;
const PLAN_LINES = 6;
const EDITOR_LINES = 8;
/** Rows that a question leaves to its keys, the status line and what is above it. */
const QUESTION_ROWS = 5;
/** Words beyond these are shown as they come, without their looks. */
const STYLED_WORDS = 4000;

/** The lower part of the screen, never higher than the terminal: a view that fits does not make it scroll. */
export function bottomFrame(bottom: Bottom, sheet: Sheet & { readonly rows: number }): Frame {
  const { columns, rows } = sheet;
  const typing = bottom.question === null ? typingLines(bottom, sheet) : questionLines(bottom.question, sheet);
  const under = [...menuLines(bottom, Math.max(3, rows - typing.lines.length - 4)), statusLine(bottom, columns)].map(
    (line) => cutLine(line, columns),
  );
  const middle = [...planLines(bottom.plan), ...queuedLines(bottom.queued)].map((line) => cutLine(line, columns));
  const gap: readonly Line[] = rows < LOW ? [] : [[]];
  let room = Math.max(0, rows - 2 - gap.length - typing.lines.length - under.length);
  const going = activityLines(bottom, columns).slice(-Math.max(1, room));
  room -= going.length;
  const held = middle.slice(0, Math.max(0, room - 3));
  const words = wordLines(bottom.words, sheet).slice(-Math.max(0, room - held.length - 1));
  const above = [...gap, ...words, ...(words.length > 0 ? [[]] : []), ...going, ...held];
  const cursor = typing.cursor && { x: typing.cursor.x, y: typing.cursor.y + above.length };
  return { lines: [...above, ...typing.lines, ...under], cursor };
}

/** The end of what is being said. */
function wordLines(words: string, sheet: Sheet): readonly Line[] {
  if (words.trim() === "") return [];
  if (words.length > STYLED_WORDS) {
    const end = printable(words.slice(-STYLED_WORDS)).split("\n").slice(1);
    return end.flatMap((line) => wrapLine(plainLine(line), sheet.columns));
  }
  return markdownLines(words, sheet).map((line) => cutLine(line, sheet.columns));
}

function activityLines({ facts, output, words, now, busy, stopping }: Bottom, columns: number): readonly Line[] {
  const { call, asking } = facts;
  if (stopping) return [plainLine("… stopping; the state is being saved (Ctrl-C again: at once)", looks.yellow)];
  if (!busy) return [];
  if (call) {
    const tail = printable(output)
      .split("\n")
      .map((line) => line.trimEnd())
      .filter(Boolean)
      .slice(-OUTPUT_LINES);
    const since = `  ${seconds(now - call.since)}`;
    const head = cutLine(
      [span("… ", looks.yellow), span(call.tool, looks.strong), span(` ${printableLine(call.summary)}`)],
      Math.max(8, columns - since.length),
    );
    return [
      cutLine([...head, span(since, looks.faint)], columns),
      ...tail.map((line) => cutLine([span("  │ ", looks.faint), span(line, looks.faint)], columns)),
    ];
  }
  if (asking && asking.until !== null)
    return wrapLine(
      [
        span("… ", looks.yellow),
        span(`asked again in ${seconds(asking.until - now)}  `),
        span(`Esc stops it  ${printableLine(asking.why ?? "")}`, looks.faint),
      ],
      columns,
    ).slice(0, 2);
  const what = asking === null ? "working" : words === "" ? "thinking" : "answering";
  const since = asking ? `  ${seconds(now - asking.since)}` : "";
  return [cutLine([span("… ", looks.yellow), span(what), span(`${since}  Esc stops it`, looks.faint)], columns)];
}

const seconds = (ms: number): string => (ms < 60_000 ? `${Math.floor(Math.max(0, ms) / 1000)} s` : duration(ms));

/** Steps of the model's plan, with those that are done. */
function planLines(plan: readonly string[]): readonly Line[] {
  const steps = plan.map((step): Line => {
    const [, mark = "", text = step] = /^\s*(?:[-*]\s+)?(\[[x ]\])?\s*([^]*)$/i.exec(step) ?? [];
    const done = /x/i.test(mark);
    return [
      span(done ? "  ✓ " : "  · ", done ? looks.green : looks.faint),
      span(printableLine(text), done ? looks.faint : ""),
    ];
  });
  if (steps.length <= PLAN_LINES) return steps;
  const open = Math.max(0, plan.findIndex((step) => !/\[x\]/i.test(step)) - 1);
  const from = Math.min(open, steps.length - PLAN_LINES + 1);
  const shown = steps.slice(from, from + PLAN_LINES - 1);
  return [...shown, plainLine(`  ${plural(steps.length - shown.length, "more step")}`, looks.faint)];
}

const queuedLines = (queued: readonly string[]): readonly Line[] =>
  queued.map((text) => [span("  next: ", looks.faint), span(printableLine(text), looks.faint)]);

function typingLines(
  { editor, busy }: Bottom,
  { columns, rows }: { readonly columns: number; readonly rows: number },
): Frame {
  const height = Math.max(1, Math.min(EDITOR_LINES, Math.floor(rows / 3)));
  const { lines, x, y } = editorLines(editor.text, editor.cursor, Math.max(4, columns - 3), height);
  const hint = editor.text === "" && !busy ? [span("ask, or /help", looks.faint)] : [];
  return {
    lines: lines.map((line, index) => [
      span(index === 0 ? "> " : "  ", looks.cyan),
      span(line),
      ...(index === 0 ? hint : []),
    ]),
    cursor: { x: x + 2, y },
  };
}

function questionLines(
  { text, more }: NonNullable<Bottom["question"]>,
  { columns, rows }: { readonly columns: number; readonly rows: number },
): Frame {
  const whole = printable(text)
    .split("\n")
    .flatMap((line) => wrapLine(plainLine(line), columns));
  const most = Math.max(4, rows - QUESTION_ROWS);
  const left = whole.length - most;
  // Both ends: what is asked, and what is to be thought of.
  const lines =
    left <= 0 ? whole : [...whole.slice(0, most - 3), plainLine(`  … ${left + 1} more lines`), ...whole.slice(-2)];
  const keys: Span[] = [span("y", looks.strong), span(" yes   "), span("n", looks.strong), span(" no")];
  if (more) keys.push(span("   d", looks.strong), span(" show it"));
  // Yellow cannot be read on a light ground.
  const [first = [], ...rest] = lines;
  return { lines: [first.map(({ text: asked }) => span(asked, looks.strong)), ...rest, keys], cursor: null };
}

/** The choices, as many as have room around the chosen one. */
function menuLines({ menu }: Bottom, most: number): readonly Line[] {
  if (!menu) return [];
  const width = Math.max(...menu.choices.map(({ text }) => textWidth(text)));
  const from = Math.max(0, Math.min(menu.chosen - most + 1, menu.choices.length - most));
  return menu.choices.slice(from, from + most).map(({ text, about }, index) => {
    const isChosen = index + from === menu.chosen;
    const look = isChosen ? looks.inverse : "";
    return [
      span(isChosen ? "> " : "  "),
      span(text + " ".repeat(width - textWidth(text)), look),
      span(`  ${about}`, looks.faint),
    ];
  });
}

/** "local/qwen · $0.01 of $2.00 · context 12 % · sandbox standard": what a person wants to know at any time. */
function statusLine({ facts }: Bottom, columns: number): Line {
  const { model, spend, usdNano, tokens, window, sandbox, inPlace } = facts;
  const spent = `${money(committed(spend))}${spend.unpriced ? "+" : ""}${usdNano === null ? "" : ` of ${money(usdNano)}`}`;
  const context =
    tokens === null ? [] : [window === null ? `${tokens} tokens` : `context ${Math.round((100 * tokens) / window)} %`];
  const contained = sandbox === null ? [] : [`sandbox ${sandbox}`];
  const known = [...(inPlace ? ["in place"] : []), spent, ...context, ...contained].join(" · ");
  const label = printableLine(model);
  const fits = textWidth(label) + textWidth(known) + 3 <= columns;
  return plainLine([fits ? label : shortModel(label), known].filter(Boolean).join(" · "), looks.faint);
}

/** "local/qwen3 (no price)" as "qwen3": where there is no room for more. */
const shortModel = (label: string): string =>
  label
    .replace(/ \(.*\)$/, "")
    .split("/")
    .at(-1) ?? label;
