import type { Event } from "../ledger/events.ts";
import type { Message } from "../ledger/message.ts";
import {
  type CompactionCause,
  compactionDue,
  compactionTrigger,
  contextTokens,
  elided,
  type Fill,
  freesEnough,
  isAlarming,
  isHopeless,
  summarised,
  tailStart,
} from "../views/compaction.ts";
import { digestOf, digestText } from "../views/digest.ts";
import type { SessionState } from "../views/session.ts";
import { type Asking, askSummary, type Limit } from "./ask.ts";
import { putMessage } from "./transcript.ts";

/** The longest summary that is believed, and the most of the newest changes that is told, in characters. */
const SUMMARY_CHARACTERS = 6_000;
const HUNK_CHARACTERS = 2_000;

/** What was done about a full context: nothing was due, room was made, or there is none left to make. */
export type Room = "enough" | "made" | Limit;

/** Makes room in the session when it is due: the transcript changes here and nowhere else, and each time on record. */
export async function makeRoom(session: string, state: SessionState, desk: Asking, asked?: "asked"): Promise<Room> {
  const { agent, read, record } = desk;
  if (agent.compacts === false && state.context.refused === null) return "enough";
  const messages = await read(state.messages);
  const tokens = contextTokens(messages, state.context);
  const fill = { tokens, window: agent.model.window ?? null, turns: state.turns };
  const cause = asked ?? compactionDue(state.context, fill);
  if (cause === null) return isHopeless(fill) ? full(fill) : "enough";
  if (isAlarming(fill) && fill.window !== null && !state.context.alarmed)
    await record({ type: "context.alarmed", session, turn: state.turns, tokens, window: fill.window });
  const usual = compactionTrigger(fill.window, cause === "overflow" ? tokens : null);
  const trigger = asked ? Math.min(usual, tokens) : usual;
  const scale = tokens / Math.max(1, contextTokens(messages, { ...state.context, counted: null }));
  const cut = tailStart(messages, trigger, scale);
  if (cut === null || (cause === "overflow" && state.context.refusals > MOST_REFUSALS)) {
    if (cause === "overflow")
      return {
        limit: "context",
        detail: `the session no longer fits into the model's context: ${state.context.refused}`,
      };
    return isHopeless(fill) ? full(fill) : "enough";
  }
  const plan = { session, state, desk, messages, cut, trigger, scale, fill, cause };
  const made = await shorten(plan);
  if (made) await recordCompaction(plan, made);
  return "made";
}

/** A server that refuses again and again has less room than any session needs. */
const MOST_REFUSALS = 2;

const full = ({ tokens, window }: Fill): Limit => ({
  limit: "context",
  detail: `the session fills ${tokens} of the model's ${window} tokens of context, and nothing can be left out`,
});

interface Plan {
  readonly session: string;
  readonly state: SessionState;
  readonly desk: Asking;
  readonly messages: readonly Message[];
  readonly cut: number;
  readonly trigger: number;
  /** What the server counts for each token that is estimated. */
  readonly scale: number;
  readonly fill: Fill;
  readonly cause: CompactionCause;
}

interface Shortened {
  readonly by: "trim" | "summary" | "log";
  readonly messages: readonly Message[];
}

/** The gentlest way that helps. Null: a summary was asked for first, and is used in the next round. */
async function shorten(plan: Plan): Promise<Shortened | null> {
  const { state, desk, messages, cut, trigger, fill, session } = plan;
  const trimmed = elided(messages, cut);
  const left = sizeIn(plan, trimmed);
  const { summary, unsummarised } = state.context;
  const fresh = summary === null && !unsummarised;
  if (fresh && freesEnough(fill.tokens, left, trigger)) return { by: "trim", messages: trimmed };
  if (fresh && left <= mostForSummary(plan)) {
    await askSummary(session, state, trimmed, desk);
    return null;
  }
  const [[task], record] = await Promise.all([
    desk.read(state.context.task === null ? [] : [state.context.task]),
    digestFor(plan),
  ]);
  const whole = (words: string): readonly Message[] =>
    summarised(
      messages,
      cut,
      task ?? { role: "user", origin: "task", text: "" },
      [words, record].filter(Boolean).join("\n\n"),
    );
  const said = summary === null ? "" : await textOf(summary, desk);
  const own = whole(said);
  if (said !== "" && sizeIn(plan, own) <= Math.max(0.5 * trigger, sizeIn(plan, whole("")) * 1.2))
    return { by: "summary", messages: own };
  return { by: "log", messages: whole("") };
}

/** A summary is only asked for where its request fits. */
const mostForSummary = ({ fill: { tokens, window }, cause }: Plan): number =>
  cause === "overflow" ? 0.6 * tokens : 0.85 * (window ?? Infinity);

const sizeIn = ({ state, scale }: Plan, messages: readonly Message[]): number =>
  Math.ceil(contextTokens(messages, { ...state.context, counted: null }) * scale);

async function textOf(sha: string, { read }: Asking): Promise<string> {
  const [message] = await read([sha]);
  return message?.role === "assistant" ? message.text.trim().slice(0, SUMMARY_CHARACTERS) : "";
}

/** What the record says the session did, with the newest changes themselves. */
async function digestFor({ session, desk }: Plan): Promise<string> {
  const { log } = desk.agent;
  const digest = digestOf(log.events, session);
  let hunks = "";
  for (const sha of digest.newest) {
    const hunk = hunkOf(JSON.parse(await log.text(sha)) as Record<string, unknown>);
    if (hunks.length + hunk.length > HUNK_CHARACTERS) break;
    hunks += `${hunk}\n`;
  }
  return digestText(digest, hunks.trimEnd());
}

/** A change in the words of a diff: a patch is that already. */
const hunkOf = ({ path, old_string: before, new_string: after, input }: Record<string, unknown>): string =>
  typeof input === "string"
    ? input.trim()
    : [`@@ ${String(path)}`, marked(before, "-"), marked(after, "+")].filter(Boolean).join("\n");

const marked = (text: unknown, mark: string): string =>
  typeof text === "string" && text !== "" ? text.trimEnd().replace(/^/gm, mark) : "";

async function recordCompaction(plan: Plan, { by, messages }: Shortened): Promise<void> {
  const { session, state, desk, cause, fill } = plan;
  const event: Event = {
    type: "session.compacted",
    session,
    turn: state.turns,
    cause,
    by,
    before: { messages: plan.messages.length, tokens: fill.tokens },
    after: { messages: messages.length, tokens: sizeIn(plan, messages) },
    transcript: messages.map((message, index) => {
      const same = plan.messages[index] === message ? state.messages[index] : undefined;
      return { message: same ?? putMessage(desk.agent.log, message) };
    }),
  };
  await desk.record(event);
}
