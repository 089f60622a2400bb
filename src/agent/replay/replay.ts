import type { Clock } from "../../clock.ts";
import { UsageError } from "../../errors.ts";
import type { Recorded } from "../../ledger/events.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import type { Sandbox } from "../../sandbox/sandbox.ts";
import { latest, ofType } from "../../views/run.ts";
import { type Stretch, stretchesOf } from "../../views/stretches.ts";
import type { Agent } from "../agent.ts";
import { drive } from "../loop.ts";
import { type Bench, checkRest, type RerunTally, rerunTools } from "./bench.ts";
import { replayLog } from "./log.ts";
import { recordedModel } from "./model.ts";
import { changedPrompts, openingOf, restoredText, specsOf } from "./opening.ts";
import { recordedRole } from "./role.ts";
import { Diverged, RecordEnds, type Script, scriptOf } from "./script.ts";
import { recordedTools } from "./tools.ts";
import { recordedWire, type WireCount } from "./wire.ts";

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
  /** Of these, compared byte for byte with what went over the wire; none where the record does not hold it. */
  readonly wire: WireCount;
  /** What was run once more; null when tools were answered from the record. */
  readonly rerun: Readonly<RerunTally> | null;
  readonly divergence: Divergence | null;
  /** Prompt files of this release that differ from those of the run. They change nothing: the run's own words are used. */
  readonly otherPrompts: readonly string[];
}

type Book = Pick<Ledger, "read" | "bytes" | "text">;

/**
 * Drives every session of a run once more through the loop and the adapters of this release: the bytes of the model's
 * replies and the tools' answers are those on record, everything else is worked out anew. No network, nothing is written.
 * With a bench, tools run again there: a change that comes out otherwise, and a call that fails where it did not, diverge; an
 * answer in other words is counted and named.
 */
export async function replayRun(ledger: Book, run: string, bench: Bench | null = null): Promise<Replay> {
  const { events } = await ledger.read(run);
  if (ofType(events, "message.added").some(({ about }) => about === "person"))
    throw new UsageError(
      `run ${run} is a session with a person, and those are not replayed`,
      `read it: claw log ${run} --full`,
    );
  const stretches = stretchesOf(events);
  const calls = ofType(events, "call.finished").length;
  const sessions = new Set(stretches.map(({ session }) => session)).size;
  const otherPrompts = await changedPrompts(events);
  const tally: Tally = {
    requests: 0,
    wire: { requests: 0, replies: 0 },
    rerun: bench && { calls: 0, reworded: 0, firstReworded: null, changes: 0 },
  };
  const scene = { ledger, run, events, bench, tally, sameSummary: !otherPrompts.includes("summary") };
  for (const stretch of stretches) {
    const divergence = await play(scene, stretch);
    if (divergence) return { sessions, calls, otherPrompts, ...tally, divergence };
  }
  return { sessions, calls, otherPrompts, ...tally, divergence: null };
}

interface Tally {
  requests: number;
  readonly wire: WireCount;
  readonly rerun: RerunTally | null;
}

interface Scene {
  readonly ledger: Book;
  readonly run: string;
  readonly events: readonly Recorded[];
  readonly bench: Bench | null;
  readonly tally: Tally;
  readonly sameSummary: boolean;
}

async function play(scene: Scene, stretch: Stretch): Promise<Divergence | null> {
  const { ledger, events } = scene;
  const { session, kind } = stretch;
  const [started] = ofType(events, "run.started");
  const role = started && (await recordedRole({ events, session, kind, started }, (sha) => ledger.text(sha)));
  if (!started || !role) {
    const recorded = `a session of the kind ${kind}`;
    return { session, event: null, recorded, replayed: "this claw knows no such kind" };
  }
  const script = scriptOf(stretch);
  const { agent, settle } = await recordedAgent(scene, script, { started, role });
  try {
    await drive(session, await openingOf(ledger, events, session), agent, new AbortController().signal);
    await settle();
  } catch (error) {
    if (error instanceof Diverged) return { session, ...sidesOf(error) };
    if (!(error instanceof RecordEnds)) throw error;
  }
  return leftOver(script);
}

const sidesOf = ({ event, recorded, replayed }: Diverged) => ({ event, recorded, replayed });

/** An agent with everything from the record; `settle` compares what can only be compared at the end. */
async function recordedAgent(
  { ledger, run, events, bench, tally, sameSummary }: Scene,
  script: Script,
  { started, role }: Pick<Agent, "role"> & { readonly started: Parameters<typeof recordedRole>[0]["started"] },
): Promise<{ readonly agent: Agent; readonly settle: () => Promise<void> }> {
  const { stretch } = script;
  const specs = await specsOf(ledger, events, stretch.session);
  const clock = recordedClock(script);
  const wire = await recordedWire(latest(stretch.before, "model.described"), ledger, clock, tally.wire);
  const model = recordedModel(script, { ledger, tools: specs, wire, sameSummary, asked: () => (tally.requests += 1) });
  const room = (await bench?.open(stretch, role)) ?? null;
  const recorded = recordedTools(script, ledger, specs);
  const rerun = room && tally.rerun && { room, script, events, tally: tally.rerun };
  const agent: Agent = {
    log: replayLog(run, script, ledger),
    clock,
    model,
    role,
    tools: rerun ? rerunTools(recorded, rerun) : recorded,
    limits: started.limits,
    compacts: "summary" in started.prompts,
    deadline: Infinity,
    sandbox: room?.sandbox ?? noSandbox,
    finish: () => Promise.reject(new RecordEnds()),
    restored: await restoredText(ledger, stretch),
  };
  return { agent, settle: async () => void (rerun && (await checkRest(rerun))) };
}

/** A request that failed for good is the last that a process records of a session. */
function leftOver(script: Script): Divergence | null {
  const due = script.peek();
  if (!due || (due.type === "model.failed" && script.peek(1) === undefined)) return null;
  return { session: due.session, event: due.seq, recorded: due.type, replayed: "nothing more" };
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
  backend: "none",
  policyHash: "",
  degraded: [],
};
