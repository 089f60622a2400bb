import { StringDecoder } from "node:string_decoder";
import type { Recorded } from "../../ledger/events.ts";
import type { Call } from "../../ledger/message.ts";
import { isEdit } from "../../views/edits.ts";
import { passageLines, patchLines } from "./diff-lines.ts";
import { completeUpTo, type Sheet } from "./markdown.ts";
import { callLine, partLines } from "./part-lines.ts";
import type { Part } from "./screen.ts";
import { type Line, looks, plainLine, span } from "./spans.ts";

/** The most of a command's output that is kept for a second look, in characters. */
const KEPT = 64_000;
/** Lines of a change, and of an output that failed, that are shown at once. */
const CHANGE_LINES = 40;
const FAILED_LINES = 4;

/** What happens in a session, as lines that are written once, in their order; and what is not complete yet. */
export interface Transcript {
  readonly sheet: () => Sheet;
  lines: Line[];
  /** The kind of what was written last. */
  last: string | null;
  /** What the model is saying, and the running command wrote. */
  words: string;
  output: string;
  /** The whole output of the last call that had any. */
  kept: string | null;
  plan: readonly string[];
  decoder: StringDecoder;
  readonly running: Map<string, { readonly summary: string; readonly call?: Call }>;
}

export const newTranscript = (sheet: () => Sheet): Transcript => ({
  sheet,
  lines: [],
  last: null,
  words: "",
  output: "",
  kept: null,
  plan: [],
  decoder: new StringDecoder("utf8"),
  running: new Map(),
});

/** An empty line between different things; calls stand together. */
function add(told: Transcript, kind: string, own: readonly Line[]): void {
  if (own.length === 0) return;
  const together = told.last === kind && ["call", "note", "lines"].includes(kind);
  if (told.last !== null && !together) told.lines.push([]);
  told.last = kind;
  told.lines.push(...own);
}

function say(told: Transcript, text: string): void {
  if (text.trim() !== "") add(told, "model", partLines({ kind: "model", text }, told.sheet()));
}

function flush(told: Transcript): void {
  say(told, told.words);
  told.words = "";
}

export function tellPart(told: Transcript, part: Part): void {
  flush(told);
  add(told, part.kind, partLines(part, told.sheet()));
}

/** The same amid what the model is saying: that goes on below. */
export const tellAside = (told: Transcript, part: Part): void => add(told, part.kind, partLines(part, told.sheet()));

export const tellWords = (told: Transcript, text: string): void => void (told.words += text);

export const tellOutput = (told: Transcript, chunk: Buffer): void =>
  void (told.output = (told.output + told.decoder.write(chunk)).slice(-KEPT));

export const tellCall = ({ running }: Transcript, call: Call): void =>
  void running.set(call.id, { summary: running.get(call.id)?.summary ?? "", call });

export function tellEvent(told: Transcript, event: Recorded): void {
  if (event.type === "model.requested") told.words = "";
  if (["model.replied", "turn.interrupted", "run.paused", "run.ended"].includes(event.type)) flush(told);
  if (event.type === "call.judged") {
    told.running.set(event.call, { ...told.running.get(event.call), summary: event.summary });
    told.output = "";
    told.decoder = new StringDecoder("utf8");
  }
  if (event.type === "call.finished") finished(told, event);
  if (event.type === "turn.ended" && event.how === "answered") answered(told);
}

function answered(told: Transcript): void {
  // The next question has a plan of its own.
  told.plan = [];
  if (told.last === "model" || told.last === null) return;
  const text = "the model said nothing; ask again, or in other words";
  add(told, "note", partLines({ kind: "note", mark: "!", text }, told.sheet()));
}

function finished(told: Transcript, event: Extract<Recorded, { type: "call.finished" }>): void {
  const { summary = "", call } = told.running.get(event.call) ?? {};
  const { output } = told;
  told.running.delete(event.call);
  if (event.tool === "plan" && event.ok) {
    told.plan = stepsOf(call);
    return;
  }
  const shown = event.ok && call && isEdit(event.tool) ? changeOf(call) : [];
  const failed = event.ok || output === "" ? [] : tailOf(output);
  add(told, "call", [callLine({ ...event, summary }, told.sheet().columns), ...shown, ...failed]);
  if (output !== "") told.kept = output;
  told.output = "";
}

/** What is complete by now, and was not taken yet. */
export function takeLines(told: Transcript): readonly Line[] {
  const complete = completeUpTo(told.words);
  if (complete > 0) {
    say(told, told.words.slice(0, complete));
    told.words = told.words.slice(complete);
  }
  const taken = told.lines;
  told.lines = [];
  return taken;
}

function stepsOf(call: Call | undefined): readonly string[] {
  const steps = call?.args?.["steps"];
  return Array.isArray(steps) ? steps.filter((step) => typeof step === "string") : [];
}

/** What an edit changes, as far as its own words say it. */
function changeOf({ args }: Call): readonly Line[] {
  const text = (name: string): string => (typeof args?.[name] === "string" ? args[name] : "");
  const lines = text("input") === "" ? passageLines(text("old_string"), text("new_string")) : patchLines(text("input"));
  const shown = lines.slice(0, CHANGE_LINES).map((line): Line => [span("  "), ...line]);
  const left = lines.length - shown.length;
  return left > 0 ? [...shown, plainLine(`  … ${left} more lines: /diff`, looks.faint)] : shown;
}

function tailOf(output: string): readonly Line[] {
  const last = output.trimEnd().split("\n").slice(-FAILED_LINES);
  const sheet: Sheet = { columns: 80, colours: false, highlight: () => null };
  return partLines({ kind: "lines", lines: last }, sheet).map((line) => [span("  │ ", looks.faint), ...line]);
}
