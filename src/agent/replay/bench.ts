import type { EventOf, Recorded } from "../../ledger/events.ts";
import type { Role } from "../../policy/roles.ts";
import type { Sandbox } from "../../sandbox/sandbox.ts";
import { stableText } from "../../suite/failure-text.ts";
import { headline } from "../../text.ts";
import type { Tool, ToolResult } from "../../tools/tool.ts";
import { ofType } from "../../views/run.ts";
import type { Stretch } from "../../views/stretches.ts";
import { Diverged, type Script } from "./script.ts";

/** Where tools run once more when a run is replayed. */
export interface Bench {
  /** The room of a session, with the files that it had as the stretch began; without network. */
  open(stretch: Stretch, role: Role): Promise<BenchRoom>;
}

export interface BenchRoom {
  readonly sandbox: Sandbox;
  /** Tools that can run here; the others are answered from the record. */
  readonly tools: readonly Tool[];
  /** What the files are now, and the hash of the patch from a tree to there. */
  change(from: string): Promise<{ readonly tree: string; readonly patch: string }>;
}

interface Rerunning {
  readonly room: BenchRoom;
  readonly script: Script;
  /** Of the whole run. */
  readonly events: readonly Recorded[];
  readonly tally: RerunTally;
}

/** What running tools once more has shown so far. */
export interface RerunTally {
  /** Calls that were made again and came out as well as they had. */
  calls: number;
  /** Of these, those that said it in other words. */
  reworded: number;
  /** The first of those. */
  firstReworded: (Sides & { readonly session: string }) | null;
  /** Changes that came out the same, byte for byte. */
  changes: number;
}

interface Sides {
  readonly event: number | null;
  readonly recorded: string;
  readonly replayed: string;
}

/** Tools that do once more what they did, and compare it with the record. What the session hears is the record's word. */
export function rerunTools(recorded: readonly Tool[], rerunning: Rerunning): Tool[] {
  const { room, script, tally } = rerunning;
  return recorded.map((each) => {
    const real = room.tools.find(({ spec }) => spec.name === each.spec.name);
    return {
      ...each,
      async call(args, desk) {
        const due = script.peek();
        const then = await each.call(args, desk);
        if (each.spec.name === "finish") await checkChanges(rerunning, due?.type === "call.finished" ? due : null);
        if (!real) return then;
        const now = await real.call(args, { ...desk, sandbox: room.sandbox });
        const other = difference(then, now, due?.seq ?? null);
        if (other && then.ok !== now.ok) throw new Diverged(other);
        tally.calls += 1;
        if (other) tally.reworded += 1;
        if (other) tally.firstReworded ??= { session: script.stretch.session, ...other };
        return then;
      },
    };
  });
}

/** Times and dates as ls, date and test runners write them. */
const clockTimes =
  /\b(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? )?(?:\d{1,2} )?(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) +\d{1,2} +(?:\d\d:\d\d(?::\d\d)?|\d{4})\b(?: [AP]M)?(?: [A-Z]{3,4}\b)?(?: \d{4}\b)?|\b\d\d:\d\d:\d\d\b(?:[.,]\d+)?/g;

/** Durations whose unit is in their name, as test runners write them: "# duration_ms 158.2", `time="0.003"`. */
const namedDurations = /\b((?:duration|elapsed|time)(?:_?m?s)?["']?[ :=]+["']?)\d+(?:\.\d+)?/gi;

const fromRunToRun = (text: string): string =>
  stableText(text).replace(clockTimes, "<time>").replace(namedDurations, "$1<time>");

/** Where two answers differ, in more than times, durations, temporary paths, addresses, ports and ids; null where they do not. */
function difference(then: ToolResult, now: ToolResult, event: number | null): Sides | null {
  const [before, after] = [fromRunToRun(then.text), fromRunToRun(now.text)];
  if (then.ok === now.ok && before === after) return null;
  const [recorded, replayed] = firstDifference(before, after);
  return { event, recorded: answerText(then.ok, recorded), replayed: answerText(now.ok, replayed) };
}

const answerText = (ok: boolean, line: string): string => `an answer that is ${ok ? "ok" : "not ok"}, with: ${line}`;

/** The first line in which two texts differ. */
function firstDifference(one: string, other: string): readonly [string, string] {
  const [lines, others] = [one.split("\n"), other.split("\n")];
  const at = lines.findIndex((line, index) => line !== others[index]);
  const index = at < 0 ? Math.min(lines.length, others.length) : at;
  return [headline(lines[index] ?? "", 160), headline(others[index] ?? "", 160)];
}

/** The change that claw took while it answered a `finish` must come out the same. */
function checkChanges(rerunning: Rerunning, finished: Recorded<EventOf<"call.finished">> | null): Promise<void> {
  const judged = ofType(rerunning.events, "call.judged").findLast(
    ({ call, session, seq }) =>
      finished !== null && call === finished.call && session === finished.session && seq < finished.seq,
  );
  return judged && finished ? checkBetween(rerunning, judged.seq, finished.seq) : Promise.resolve();
}

/** The same for what was left when a session had ended. */
export async function checkRest(rerunning: Rerunning): Promise<void> {
  const { script, events } = rerunning;
  const last = script.stretch.facts.at(-1);
  if (script.peek() || last?.type !== "session.ended") return;
  const next = events.find(({ seq, type }) => seq > last.seq && /^(stage|session|tier|run)\./.test(type));
  await checkBetween(rerunning, last.seq, next?.seq ?? events.length);
}

async function checkBetween({ room, events, tally }: Rerunning, from: number, to: number): Promise<void> {
  for (const taken of ofType(events, "diff.taken")) {
    if (taken.seq < from || taken.seq > to) continue;
    const now = await room.change(taken.from);
    if (now.tree !== taken.to || now.patch !== taken.patch)
      throw new Diverged({
        event: taken.seq,
        recorded: `a change to tree ${taken.to}, patch ${taken.patch}`,
        replayed: `a change to tree ${now.tree}, patch ${now.patch}`,
      });
    tally.changes += 1;
  }
}
