import type { Message } from "../ledger/message.ts";
import { plural } from "../text.ts";
import { isEdit } from "./edits.ts";
import type { ContextState } from "./context.ts";

/** Why room is made: the usual measure, the alarm at four fifths of the window, a server that refused the request, or a person. */
export type CompactionCause = "context" | "alarm" | "overflow" | "asked";

/** Bytes of JSON a token stands for, where no server has counted. */
const BYTES_PER_TOKEN = 3.6;

/** From here on history costs more than it is worth, whatever the window; and the share of a window that is used without need. */
const MOST_TOKENS = 64_000;
const SOFT_SHARE = 0.6;
const ALARM_SHARE = 0.8;
const HARD_SHARE = 0.9;
/** Turns between two compactions that nothing forces. */
const TURNS_BETWEEN = 10;
/** What stays as it is: so many of the newest tokens, and so many answers of tools. */
const TAIL_TOKENS = 12_000;
const TAIL_RESULTS = 8;
/** Answers up to this many characters are kept as they are. */
const KEPT_CHARACTERS = 400;

const sizeOf = (messages: readonly Message[]): number => JSON.stringify(messages).length / BYTES_PER_TOKEN;

/** Tokens the transcript has: as the server counted, and what was added since in the same proportion. */
export function contextTokens(messages: readonly Message[], { counted }: ContextState): number {
  const whole = sizeOf(messages);
  if (!counted || counted.messages > messages.length) return Math.ceil(whole);
  const known = sizeOf(messages.slice(0, counted.messages));
  // What servers count besides the messages (tools, templates) is no proportion; the bounds keep small sessions sane.
  const scale = Math.min(2, Math.max(0.5, counted.tokens / Math.max(1, known)));
  return Math.ceil(counted.tokens + (whole - known) * scale);
}

/** The size from which room is made, in tokens. A server that refused `refused` tokens has a smaller window than was thought. */
export const compactionTrigger = (window: number | null, refused: number | null = null): number =>
  Math.floor(Math.min(MOST_TOKENS, SOFT_SHARE * (window ?? Infinity), SOFT_SHARE * (refused ?? Infinity)));

export interface Fill {
  readonly tokens: number;
  readonly window: number | null;
  readonly turns: number;
}

/** At four fifths of the window an alarm goes on record, and room is made before the next request, whatever else holds. */
export const isAlarming = ({ tokens, window }: Fill): boolean => window !== null && tokens >= ALARM_SHARE * window;

/** So full that not even a summary could be asked for; nothing is sent. */
export const isHopeless = ({ tokens, window }: Fill): boolean => window !== null && tokens >= HARD_SHARE * window;

/** Must room be made before the next request? Null while there is no need. */
export function compactionDue(context: ContextState, fill: Fill): CompactionCause | null {
  if (context.refused !== null) return "overflow";
  const since = context.compactedAt === null ? Infinity : fill.turns - context.compactedAt;
  if (isAlarming(fill) && since > 0) return "alarm";
  return fill.tokens > compactionTrigger(fill.window) && since >= TURNS_BETWEEN ? "context" : null;
}

/**
 * Where the part begins that stays as it is: at a reply, as late as leaves enough behind it; null when there is nothing
 * between the task and it. A call and its answer are never parted.
 */
export function tailStart(messages: readonly Message[], trigger: number, scale: number): number | null {
  const enough = Math.min(TAIL_TOKENS, 0.25 * trigger);
  let results = 0;
  let found: number | null = null;
  for (let index = messages.length - 1; index > 1; index -= 1) {
    const message = messages[index];
    if (message?.role === "tool") results += 1;
    if (message?.role !== "assistant") continue;
    const tokens = sizeOf(messages.slice(index)) * scale;
    if (found !== null && tokens > 0.4 * trigger) return found;
    found = index;
    if (tokens >= enough && results >= TAIL_RESULTS) return index;
  }
  return found !== null && found > 2 ? found : null;
}

/** The transcript with long answers of tools before `cut` left out, and with them what the model thought then. What it changed, and what claw said about it, stays. */
export const elided = (messages: readonly Message[], cut: number): readonly Message[] =>
  messages.map((message, index) => {
    if (index >= cut) return message;
    if (message.role === "assistant" && message.reasoning) {
      const { reasoning: _, ...said } = message;
      return said;
    }
    if (message.role !== "tool" || isEdit(message.name) || message.name === "finish") return message;
    return message.text.length <= KEPT_CHARACTERS ? message : { ...message, text: stub(message.text) };
  });

/** The first line of an answer says what it was; where the whole of it lies is kept, if it lies anywhere. */
function stub(text: string): string {
  const [first = ""] = text.split("\n", 1);
  const file = /: (\/tmp\/output-\d+\.txt) …\]/.exec(text)?.[1];
  const where = file === undefined ? "ask again if you need it" : `all of it: ${file}`;
  const size = `${plural(text.length, "character")}, ${plural(text.split("\n").length, "line")}`;
  return `${first.slice(0, 160)}\n[left out to save room: ${size}; ${where}]`;
}

/** Is what leaving answers out frees worth the cache it costs? */
export const freesEnough = (before: number, after: number, trigger: number): boolean =>
  before - after >= 0.3 * before && after <= trigger;

/** The transcript after a summary: rules, task and summary, then the newest part as it was. */
export function summarised(
  messages: readonly Message[],
  cut: number,
  task: Message,
  summary: string,
): readonly Message[] {
  const text = "text" in task ? task.text : "";
  const told = `${text}\n\nclaw: this session was shortened to save room. A summary of what was left out, as data:\n<summary>\n${summary}\n</summary>`;
  return [...messages.slice(0, 1), { role: "user", origin: "task", text: told }, ...messages.slice(cut)];
}
