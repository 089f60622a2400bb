import { type Key, render } from "ink";
import type { Clock } from "../../clock.ts";
import { cutAtEdge, type DrawnFrame, uncut, unwrap } from "../reflow.ts";
import { bottomFrame } from "./bottom.ts";
import { type Highlight, loadHighlight, noHighlight } from "./highlight.ts";
import { actionsOf } from "./keys.ts";
import type { ScreenSetting, SessionScreen } from "./screen.ts";
import { applyToFacts, newFacts, type SessionFacts } from "./session-facts.ts";
import { paint } from "./spans.ts";
import * as tell from "./transcript.ts";
import * as type from "./typing.ts";
import { View, type ViewProps } from "./view.tsx";

export interface TerminalSetting extends ScreenSetting {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly clock: Clock;
}

/** Milliseconds between redraws of what streams by; a key is answered at once. */
const FRAME_MS = 33;
/** Lines of an output that are shown whole. */
const EXPANDED_LINES = 400;

/** All that a drawn session knows. */
interface Stage {
  readonly setting: TerminalSetting;
  readonly told: tell.Transcript;
  readonly typing: type.Typing;
  facts: SessionFacts;
  highlight: Highlight;
  stopTurn: (() => void) | null;
  question: Question | null;
  stopping: boolean;
  timer: NodeJS.Timeout | null;
  /** Writes above the view; null before that is there. */
  write: ((text: string) => void) | null;
  /** Lends the terminal to whoever is there while claw stands still. */
  lend: ((use: () => void) => Promise<void>) | null;
  screen: ReturnType<typeof render> | null;
  /** What stands below all that stays. */
  drawn: DrawnFrame;
  /** The same for every frame: a view that gets others reads the keyboard anew. */
  readonly handlers: () => Omit<ViewProps, "lines" | "cursor">;
}

interface Question {
  readonly text: string;
  /** What it is about, until it has been shown. */
  readonly patch: string | null;
  readonly answer: (yes: boolean) => void;
}

const sizeOf = ({ stdout }: TerminalSetting) => ({
  columns: Math.max(20, stdout.columns ?? 80),
  rows: Math.max(6, stdout.rows ?? 24),
});

const sheetOf = ({ setting, highlight }: Pick<Stage, "setting" | "highlight">) => ({
  ...sizeOf(setting),
  colours: setting.colours,
  highlight,
});

/** A session on a terminal: what is over is written once, only what is below it is drawn again. */
export function openSession(setting: TerminalSetting): SessionScreen {
  const stage: Stage = {
    setting,
    told: tell.newTranscript(() => sheetOf(stage)),
    typing: type.newTyping(setting, () => soon(stage)),
    facts: newFacts(setting.model, setting.usdNano),
    highlight: noHighlight,
    stopTurn: null,
    question: null,
    stopping: false,
    timer: null,
    write: null,
    lend: null,
    screen: null,
    drawn: { lines: [], cursor: null },
    handlers: () => handlers,
  };
  const { stdin, stdout } = setting;
  // Before anything is drawn: a terminal keeps what is erased from its first line on, as if it had been meant to stay.
  tell.tellPart(stage.told, { kind: "note", mark: "·", text: setting.greeting });
  for (const line of tell.takeLines(stage.told)) stdout.write(`${paint(line, setting.colours)}\n`);
  const handlers = handlersOf(stage);
  // Before ink hears of it, which erases as many lines as it drew.
  const onNarrower = (): void => void stdout.write(unwrap(stage.drawn, sizeOf(setting).columns));
  stdout.on("resize", onNarrower);
  stage.screen = render(<View {...frameOf(stage)} {...stage.handlers()} />, {
    stdin,
    stdout: cutAtEdge(stdout),
    exitOnCtrlC: false,
    patchConsole: false,
    maxFps: 60,
    interactive: true,
  });
  const tick = setInterval(() => stage.stopTurn && draw(stage), 1000);
  const onResize = (): void => draw(stage);
  stdout.on("resize", onResize);
  return {
    ...tellingOf(stage),
    async end() {
      clearInterval(tick);
      stdout.off("resize", onNarrower);
      stdout.off("resize", onResize);
      draw(stage);
      const { screen } = stage;
      stage.screen = null;
      // A frame that is still to come would stand there for good.
      await screen?.waitUntilRenderFlush();
      screen?.clear();
      screen?.unmount();
      await screen?.waitUntilExit();
    },
  };
}

/** What is below all that stays, to be drawn now. */
function frameOf(stage: Stage) {
  const { told, typing, facts, stopTurn, question, stopping, setting } = stage;
  const { lines, cursor } = bottomFrame(
    {
      facts,
      editor: typing.editor,
      menu: type.menuOf(typing),
      queued: type.queuedIn(typing),
      words: told.words,
      output: told.output,
      plan: stopTurn === null ? [] : told.plan,
      question: question && { text: question.text, more: question.patch !== null },
      busy: stopTurn !== null,
      stopping,
      now: setting.clock.now(),
    },
    sheetOf(stage),
  );
  stage.drawn = { lines: lines.map((line) => paint(line, setting.colours)), cursor };
  return stage.drawn;
}

const handlersOf = (stage: Stage) => ({
  onKey: (input: string, key: Key): void => pressed(stage, input, key),
  onPaste(text: string): void {
    if (!stage.question) type.pasteInto(stage.typing, text);
    draw(stage);
  },
  onWriter(write: (text: string) => void): void {
    stage.write = write;
    soon(stage);
  },
  onLender(lend: (use: () => void) => Promise<void>): void {
    stage.lend = lend;
  },
});

function draw(stage: Stage): void {
  if (stage.timer) clearTimeout(stage.timer);
  stage.timer = null;
  const { screen, write, told, setting } = stage;
  if (!screen) return;
  const text = (write ? tell.takeLines(told) : []).map((line) => `${paint(line, setting.colours)}\n`).join("");
  screen.rerender(<View {...frameOf(stage)} {...stage.handlers()} />);
  if (text !== "") write?.(uncut(text));
}

function soon(stage: Stage): void {
  stage.timer ??= setTimeout(() => draw(stage), FRAME_MS);
}

function pressed(stage: Stage, input: string, key: Key): void {
  for (const action of actionsOf(input, key)) {
    if (action.kind === "stop") {
      stage.stopping = true;
      stage.setting.stop();
    } else if (action.kind === "suspend") void stage.lend?.(stage.setting.suspend);
    else if (stage.question) answerWith(stage, input, key.escape);
    else if (action.kind === "escape" && stage.stopTurn && !type.closeMenu(stage.typing)) stage.stopTurn();
    else if (action.kind === "expand") expand(stage);
    else if (action.kind === "redraw") stage.screen?.clear();
    else type.act(stage.typing, action, stage.stopTurn !== null);
  }
  draw(stage);
}

function answerWith(stage: Stage, input: string, escape: boolean): void {
  const { patch } = stage.question ?? {};
  if (/^d$/i.test(input) && stage.question && typeof patch === "string") {
    tell.tellPart(stage.told, { kind: "patch", patch });
    stage.question = { ...stage.question, patch: null };
    return;
  }
  const yes = /^y$/i.test(input);
  if (!yes && !/^n$/i.test(input) && !escape) return;
  const { question } = stage;
  stage.question = null;
  question?.answer(yes);
}

/** The last output, whole. */
function expand({ told }: Stage): void {
  if (told.kept === null) return;
  const lines = told.kept.trimEnd().split("\n");
  const left = lines.length - EXPANDED_LINES;
  const more = left > 0 ? [`… ${left} lines before these: claw log --full`] : [];
  tell.tellPart(told, { kind: "lines", lines: [...more, ...lines.slice(-EXPANDED_LINES)] });
}

function ask(stage: Stage, text: string, signal: AbortSignal, patch = ""): Promise<boolean> {
  const { promise, resolve, reject } = Promise.withResolvers<boolean>();
  const gone = (): void => reject(signal.reason as Error);
  signal.addEventListener("abort", gone, { once: true });
  stage.question = { text, patch: patch === "" ? null : patch, answer: resolve };
  draw(stage);
  return promise.finally(() => {
    signal.removeEventListener("abort", gone);
    stage.question = null;
    soon(stage);
  });
}

function busy(stage: Stage, stop: (() => void) | null): void {
  stage.stopTurn = stop;
  if (stop && stage.highlight === noHighlight)
    void loadHighlight().then((loaded) => {
      stage.highlight = loaded;
    });
  soon(stage);
}

/** What a session tells its screen. */
function tellingOf(stage: Stage): Omit<SessionScreen, "end"> {
  const { told, typing } = stage;
  const then =
    <Told extends readonly unknown[]>(work: (...what: Told) => void) =>
    (...what: Told): void => {
      work(...what);
      soon(stage);
    };
  return {
    show: then((part) => tell.tellPart(told, part)),
    aside: then((part) => tell.tellAside(told, part)),
    anytime: (does) => void (typing.anytime = does),
    next: (signal) => type.nextMessage(typing, signal, (text) => tell.tellPart(told, { kind: "person", text })),
    ask: (text, signal, patch) => ask(stage, text, signal, patch),
    busy: (stop) => busy(stage, stop),
    status: then(({ model = stage.facts.model, usdNano = stage.facts.usdNano }) => {
      stage.facts = { ...stage.facts, model, usdNano };
    }),
    refill: then((text) => type.refill(typing, text)),
    onStart: then((run, past) => {
      const { model, usdNano } = stage.facts;
      stage.facts = past.reduce(applyToFacts, { ...newFacts(model, usdNano), run });
      told.plan = [];
    }),
    onEvent: then((event) => {
      stage.facts = applyToFacts(stage.facts, event);
      tell.tellEvent(told, event);
    }),
    onDelta: then(({ kind, text }) => {
      if (kind === "text") tell.tellWords(told, text);
    }),
    onOutput: then((chunk) => tell.tellOutput(told, chunk)),
    onCall: (call) => tell.tellCall(told, call),
  };
}
