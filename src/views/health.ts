import type { EventOf, Recorded } from "../ledger/events.ts";
import { attemptsOf } from "./tiers.ts";

/** How one model did in one run: what its drift is judged by. A share is null where there was too little to tell. */
export interface HealthSample {
  /** "<endpoint>/<model>". */
  readonly model: string;
  readonly replies: number;
  /** Of all calls, those that could not be read. */
  readonly malformed: number | null;
  /** Of all replies, those without any call, and those that the server could not read. */
  readonly wordless: number | null;
  readonly tokensPerReply: number | null;
  readonly tokensPerSecond: number | null;
  /** Whether the proof held; null where the run does not say. */
  readonly proven: boolean | null;
  /** Who answered last, as the server names itself; empty where it does not. */
  readonly installation: string;
}

/** A share of fewer than this says nothing. */
const LEAST = 3;

const share = (part: number, of: number): number | null => (of < LEAST ? null : part / of);
const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);

/** What a run says about each model that it worked with, in the order they were asked. Pure. */
export function healthOf(events: readonly Recorded[]): readonly HealthSample[] {
  const heard = new Map<string, { replies: EventOf<"model.replied">[]; unread: number }>();
  let model = "";
  for (const event of events) {
    // Recorded words drift nowhere.
    if (event.type === "run.started" && event.model && event.model.wire !== "scripted")
      model = `${event.model.endpoint}/${event.model.model}`;
    if (event.type === "model.described") model = `${event.endpoint}/${event.model}`;
    if (model === "" || (event.type !== "model.replied" && event.type !== "model.failed")) continue;
    if (event.purpose !== undefined) continue;
    const own = heard.get(model) ?? { replies: [], unread: 0 };
    if (event.type === "model.replied") own.replies.push(event);
    else if (event.kind === "tool_parse_server") own.unread += 1;
    heard.set(model, own);
  }
  const attempts = attemptsOf(events);
  return [...heard].map(([name, { replies, unread }]) => {
    const calls = replies.flatMap((reply) => reply.calls);
    const counted = replies.filter(({ usage }) => usage.source === "provider");
    const tokens = sum(counted.map(({ usage }) => usage.outputVisible + usage.outputReasoning));
    const wordless = replies.filter((reply) => reply.calls.length === 0).length + unread;
    return {
      model: name,
      replies: replies.length,
      malformed: share(calls.filter(({ error }) => error !== undefined).length, calls.length),
      wordless: share(wordless, replies.length + unread),
      tokensPerReply: share(tokens, counted.length),
      tokensPerSecond: pace(counted),
      proven: attempts.find((attempt) => attempt.model === name)?.solved ?? null,
      installation: installationOf(replies.at(-1)),
    };
  });
}

/** Tokens written in a second, prompts included where they were not streamed; null where too little was written. */
function pace(replies: readonly EventOf<"model.replied">[]): number | null {
  const tokens = sum(replies.map(({ usage }) => usage.outputVisible + usage.outputReasoning));
  const seconds =
    sum(replies.map(({ ms, firstByteMs, exchange }) => (exchange?.streamed ? ms - firstByteMs : ms))) / 1000;
  return tokens < 100 || seconds < 0.5 ? null : tokens / seconds;
}

const installationOf = (reply: EventOf<"model.replied"> | undefined): string =>
  reply === undefined ? "" : [reply.servedModel, reply.exchange?.fingerprint ?? ""].join(" ").trim();
