import { z } from "zod";
import type { Clock } from "../../clock.ts";
import type { EventOf, Recorded } from "../../ledger/events.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import { Message } from "../../ledger/message.ts";
import type { ToolSpec } from "../../models/model.ts";
import type { Sandbox } from "../../sandbox/sandbox.ts";
import { ofType } from "../../views/run.ts";
import { type Stretch, stretchesOf } from "../../views/stretches.ts";
import { drive, type Opening } from "../loop.ts";
import { loadPrompt } from "../prompt.ts";
import { replayLog } from "./log.ts";
import { recordedModel } from "./model.ts";
import { Diverged, RecordEnds, type Script, scriptOf } from "./script.ts";
import { recordedRole } from "./role.ts";
import { recordedTools } from "./tools.ts";

/** The first thing that the replay did otherwise. */
export interface Divergence {
  readonly session: string;
  /** Number of the recorded event; null when the replay did more than the record has. */
  readonly event: number | null;
  readonly recorded: string;
  readonly replayed: string;
}

export interface Replay {
  readonly sessions: number;
  /** Requests that were put together again, and compared by hash. */
  readonly requests: number;
  readonly calls: number;
  readonly divergence: Divergence | null;
  /** Prompt files of this release that differ from those of the run. They change nothing: the run's own words are used. */
  readonly otherPrompts: readonly string[];
}

type Book = Pick<Ledger, "read" | "bytes" | "text">;

/**
 * Drives every session of a run once more through the loop of this release: the model's replies and the tools' answers
 * are those on record, everything else is worked out anew. No network, no sandbox, nothing is written.
 */
export async function replayRun(ledger: Book, run: string): Promise<Replay> {
  const { events } = await ledger.read(run);
  const stretches = stretchesOf(events);
  const calls = ofType(events, "call.finished").length;
  const sessions = new Set(stretches.map(({ session }) => session)).size;
  const otherPrompts = await changedPrompts(events);
  let requests = 0;
  for (const stretch of stretches) {
    const played = await play(ledger, { run, events, stretch });
    requests += played.requests;
    if (played.divergence) return { sessions, requests, calls, otherPrompts, divergence: played.divergence };
  }
  return { sessions, requests, calls, otherPrompts, divergence: null };
}

interface Scene {
  readonly run: string;
  readonly events: readonly Recorded[];
  readonly stretch: Stretch;
}

async function play(ledger: Book, { run, events, stretch }: Scene) {
  const script = scriptOf(stretch);
  const { session } = stretch;
  const specs = await specsOf(ledger, events, session);
  const model = recordedModel(script, ledger, specs);
  const [started] = ofType(events, "run.started");
  const role =
    started && (await recordedRole({ events, session, kind: stretch.kind, started }, (sha) => ledger.text(sha)));
  if (!started || !role) {
    const recorded = `a session of the kind ${stretch.kind}`;
    return { requests: 0, divergence: { session, event: null, recorded, replayed: "this claw knows no such kind" } };
  }
  const agent = {
    log: replayLog(run, script, ledger),
    clock: recordedClock(script),
    model,
    role,
    tools: recordedTools(script, ledger, specs),
    limits: started.limits,
    compacts: "summary" in started.prompts,
    deadline: Infinity,
    sandbox: noSandbox,
    finish: () => Promise.reject(new RecordEnds()),
    restored: await textOf(ledger, restoredIn(stretch)),
  };
  try {
    await drive(session, await openingOf(ledger, events, session), agent, new AbortController().signal);
  } catch (error) {
    if (error instanceof Diverged) {
      const { event, recorded, replayed } = error;
      return { requests: model.asked(), divergence: { session, event, recorded, replayed } };
    }
    if (!(error instanceof RecordEnds)) throw error;
  }
  return { requests: model.asked(), divergence: leftOver(script) };
}

/** A request that failed for good is the last that a process records of a session. */
function leftOver(script: Script): Divergence | null {
  const due = script.peek();
  if (!due || (due.type === "model.failed" && script.peek(1) === undefined)) return null;
  return { session: due.session, event: due.seq, recorded: due.type, replayed: "nothing more" };
}

const Specs = z.array(
  z.object({
    name: z.string(),
    about: z.string(),
    schema: z.record(z.string(), z.unknown()),
    grammar: z.string().optional(),
  }),
);

/** The tools as the model was told about them then. */
async function specsOf(ledger: Book, events: readonly Recorded[], session: string): Promise<ToolSpec[]> {
  const started = ofType(events, "session.started").find((event) => event.session === session);
  const specs = started ? Specs.parse(JSON.parse(await ledger.text(started.tools))) : [];
  return specs.map(({ grammar, ...spec }) => (grammar === undefined ? spec : { ...spec, grammar }));
}

/** The words that the session began with. */
async function openingOf(ledger: Book, events: readonly Recorded[], session: string): Promise<Opening> {
  const own = ofType(events, "message.added").filter((event) => event.session === session);
  const words = async (about: EventOf<"message.added">["about"]): Promise<string> =>
    (await textOf(
      ledger,
      own.find((event) => event.about === about),
    )) ?? "";
  const started = ofType(events, "session.started").find((event) => event.session === session);
  return {
    kind: started?.kind ?? "",
    prompt: started?.prompt ?? "",
    system: await words("system"),
    task: await words("task"),
  };
}

/** What the session was told when its workspace had been lost. */
const restoredIn = ({ facts }: Stretch): EventOf<"message.added"> | undefined =>
  ofType(facts, "message.added").find(({ about }) => about === "restored");

async function textOf(ledger: Book, added: EventOf<"message.added"> | undefined): Promise<string | null> {
  const message = added && Message.parse(JSON.parse(await ledger.text(added.message)));
  return message && "text" in message ? message.text : null;
}

async function changedPrompts(events: readonly Recorded[]): Promise<string[]> {
  const [started] = ofType(events, "run.started");
  const known = Object.entries(started?.prompts ?? {});
  const now = await Promise.all(known.map(([name]) => loadPrompt(name).catch(() => null)));
  return known.filter(([, sha], index) => now[index]?.sha !== sha).map(([name]) => name);
}

/** Time stands where the record does. */
const recordedClock = (script: Script): Clock => ({
  now: () => script.peek()?.at ?? 0,
  sleep: () => Promise.resolve(),
  random: () => 0,
  newId: () => "",
});

const never = (): Promise<never> => Promise.reject(new Error("a replay runs nothing"));
const noSandbox: Sandbox = {
  exec: never,
  handOver: () => Promise.resolve(),
  collect: never,
  close: () => Promise.resolve(),
  policyHash: "",
  degraded: [],
};
