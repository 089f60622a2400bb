import type { Recorded } from "../../ledger/events.ts";
import { duration, printable } from "../../text.ts";
import { noHighlight } from "./highlight.ts";
import { patience } from "./patience.ts";
import type { Part, ScreenSetting, SessionScreen } from "./screen.ts";
import { paint } from "./spans.ts";
import * as tell from "./transcript.ts";

export interface PlainSetting extends ScreenSetting {
  readonly columns: number;
  /** Writes text as it is. */
  readonly write: (text: string) => void;
  /** The next line that is typed; null at the end. */
  readonly line: (signal: AbortSignal) => Promise<string | null>;
}

/** A session as plain lines, none of which is drawn twice: for terminals that cannot move their cursor, and for ears. */
export function openPlainSession(setting: PlainSetting): SessionScreen {
  const { told, waiting, write, flush, show } = linesTo(setting);
  let refilled: string | null = null;
  return {
    show,
    aside(part) {
      tell.tellAside(told, part);
      flush();
    },
    // What is typed while the model works is read when it rests.
    anytime: () => {},
    async next(signal) {
      flush();
      if (refilled !== null) write(`(nothing came of: ${printable(refilled)})\n`);
      refilled = null;
      return message(setting, signal);
    },
    ask(question, signal, patch) {
      waiting.end();
      return ask(setting, { question, patch, show }, signal);
    },
    busy(stop) {
      flush();
      if (stop) waiting.begin();
      else waiting.end();
    },
    status: () => {},
    refill: (text) => void (refilled = text),
    onStart: () => {},
    onEvent(event) {
      tell.tellEvent(told, event);
      write(begun(event));
      flush();
    },
    onDelta({ kind, text }) {
      if (kind === "text") tell.tellWords(told, text);
      flush();
    },
    onOutput: (chunk) => tell.tellOutput(told, chunk),
    onCall: (call) => tell.tellCall(told, call),
    end() {
      waiting.end();
      flush();
      return Promise.resolve();
    },
  };
}

/** What is told, as lines that are written once; and what is said where nothing is told for long. */
function linesTo(setting: PlainSetting) {
  const { columns, colours } = setting;
  const waiting = patience(setting.write);
  const write = (text: string): void => {
    if (text === "") return;
    waiting.heard();
    setting.write(text);
  };
  const told = tell.newTranscript(() => ({ columns, colours, highlight: noHighlight }));
  tell.tellPart(told, { kind: "note", mark: "·", text: setting.greeting });
  const flush = (): void => {
    for (const each of tell.takeLines(told)) write(`${paint(each, colours)}\n`);
  };
  const show = (part: Part): void => {
    tell.tellPart(told, part);
    flush();
  };
  return { told, waiting, write, flush, show };
}

/** What an event says of something that begins and takes its time; empty for others. */
function begun(event: Recorded): string {
  if (event.type === "call.judged" && event.verdict === "allow" && event.tool !== "plan")
    return `running ${event.tool} ${printable(event.summary)}\n`;
  return event.type === "model.waited"
    ? `waiting ${duration(event.until - event.at)} for the model: ${printable(event.reason)}\n`
    : "";
}

interface Asked {
  readonly question: string;
  readonly patch: string | undefined;
  readonly show: (part: Part) => void;
}

async function ask({ write, line }: PlainSetting, asked: Asked, signal: AbortSignal): Promise<boolean> {
  const { question, patch = "", show } = asked;
  show({ kind: "lines", lines: question.split("\n") });
  for (;;) {
    write(patch === "" ? "[y/n] " : "[y/n, d shows it] ");
    const answer = (await line(signal))?.trim() ?? "";
    signal.throwIfAborted();
    if (patch === "" || !/^d$/i.test(answer)) return /^y(?:es)?$/i.test(answer);
    show({ kind: "patch", patch });
  }
}

/** The next message that says something; null at the end. */
async function message(setting: PlainSetting, signal: AbortSignal): Promise<string | null> {
  for (;;) {
    const text = (await typed(setting, signal))?.trim() ?? null;
    if (text === "") continue;
    if (text !== null) setting.remember(text);
    return text;
  }
}

/** A message that is typed; a line that ends in a backslash goes on. */
async function typed({ write, line }: PlainSetting, signal: AbortSignal): Promise<string | null> {
  let text = "";
  for (let prompt = "> "; ; prompt = "  ") {
    write(prompt);
    const next = await line(signal);
    signal.throwIfAborted();
    if (next === null) return text === "" ? null : text;
    if (!next.endsWith("\\")) return text + next;
    text += `${next.slice(0, -1)}\n`;
  }
}
