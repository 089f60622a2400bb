import { createHash } from "node:crypto";
import { LedgerBroken } from "../errors.ts";
import type { Event } from "../ledger/events.ts";
import type { Call, Message } from "../ledger/message.ts";
import { judge } from "../policy/judge.ts";
import { failingLines } from "../suite/failing-lines.ts";
import { stableText } from "../suite/failure-text.ts";
import { headline } from "../text.ts";
import type { Tool, ToolResult } from "../tools/tool.ts";
import { isEdit } from "../views/edits.ts";
import type { SessionState } from "../views/session.ts";
import type { Agent } from "./agent.ts";
import { callLimit } from "./bounds.ts";
import { putMessage } from "./transcript.ts";

export interface Door {
  readonly agent: Agent;
  readonly read: (shas: readonly string[]) => Promise<Message[]>;
  /** Several facts are recorded together, or not at all. */
  readonly record: (...events: readonly Event[]) => Promise<void>;
  readonly signal: AbortSignal;
}

/** The one door between a model's wish and the world: each call is judged, then done, and both are written down, in order. */
export async function perform(session: string, state: SessionState, door: Door): Promise<void> {
  const [reply] = await door.read(state.lastReply ? [state.lastReply] : []);
  const pending = reply?.role === "assistant" ? reply.calls.filter(({ id }) => state.pending.includes(id)) : [];
  if (pending.length === 0) {
    throw new LedgerBroken(`the calls of session ${session} are not in its last reply`, "start a new run");
  }
  // Before a crash, too: what was cancelled then is cancelled now.
  let failedEdit = state.trace.some(({ turn, tool, ok }) => turn === state.turns && isEdit(tool) && !ok);
  for (const [index, call] of pending.entries()) {
    door.signal.throwIfAborted();
    const number = state.calls + index + 1;
    const limit = callLimit(door.agent, number);
    if (limit !== null) return door.record({ type: "session.ended", session, reason: "over-budget", detail: limit });
    const wish = {
      session,
      call,
      number,
      missed: state.trace.findLast(({ tool }) => isEdit(tool))?.ok === false,
      inDoubt: state.inDoubt.includes(call.id),
      cancelled: failedEdit && call.name !== "read",
    };
    const result = await performOne(wish, door);
    if (result.finished !== undefined) return;
    failedEdit ||= isEdit(call.name) && call.args !== null && !result.ok;
  }
}

const shortHash = (value: unknown): string =>
  createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, 16);

/** Same for two outputs in which the same tests fail in the same way; null when none does. */
function failingHash(output: string): string | null {
  const lines = failingLines(output);
  return lines && shortHash(lines);
}

interface Wish {
  readonly session: string;
  readonly call: Call;
  readonly number: number;
  readonly inDoubt: boolean;
  /** The last edit before it failed, too. */
  readonly missed: boolean;
  /** An edit before it in the same reply failed: what was planned on top of it is answered, not done. */
  readonly cancelled: boolean;
}

/** Answers the calls that were pending when a person stopped the turn: nobody waits for them any more. */
export async function answerStopped(session: string, state: SessionState, door: Omit<Door, "signal">): Promise<void> {
  const [reply] = await door.read(state.lastReply ? [state.lastReply] : []);
  const pending = reply?.role === "assistant" ? reply.calls.filter(({ id }) => state.pending.includes(id)) : [];
  for (const call of pending) {
    const begun = state.inDoubt.includes(call.id);
    const { text } = notRun("a person stopped the turn");
    const told = begun ? "stopped by a person before it was done: look before you repeat it" : text;
    const { log, clock } = door.agent;
    const judged = log.events.findLast((event) => event.type === "call.judged" && event.call === call.id);
    const startedAt = begun && judged ? judged.at : clock.now();
    await door.record(factOf({ session, call }, { ok: false, text: told }, door.agent, startedAt));
  }
}

const notRun = (why: string): ToolResult => ({ ok: false, text: `not run: ${why}` });

async function performOne(wish: Wish, door: Door): Promise<ToolResult> {
  const { agent, record } = door;
  const { session, call } = wish;
  const startedAt = agent.clock.now();
  const result = wish.cancelled ? notRun("an edit before it in the same reply failed") : await judged(wish, door);
  // A person sees why, as they see what a command that failed has written.
  if (!result.ok && (result.full ?? "") === "") agent.onOutput?.(Buffer.from(`${headline(result.text, 300)}\n`));
  const finished = factOf({ session, call }, result, agent, startedAt);
  if (result.finished === undefined) await record(finished);
  else await record(finished, { type: "session.ended", session, reason: "finished", detail: result.finished });
  return result;
}

/** What came of a call, for the record. */
const factOf = (
  { session, call }: Pick<Wish, "session" | "call">,
  result: ToolResult,
  { log, clock }: Agent,
  startedAt: number,
): Event => ({
  type: "call.finished",
  session,
  call: call.id,
  tool: call.name,
  ok: result.ok,
  message: putMessage(log, { role: "tool", callId: call.id, name: call.name, ok: result.ok, text: result.text }),
  output: result.full === undefined || result.full === "" ? null : log.put(result.full),
  exitCode: result.exitCode ?? null,
  ...(result.why !== undefined && { why: result.why }),
  signature: shortHash([call.name, call.args, stableText(result.text)]),
  asked: shortHash([call.name, call.args]),
  failing: call.name === "read" || isEdit(call.name) ? null : failingHash(result.full ?? result.text),
  ms: clock.now() - startedAt,
});

async function judged(
  { session, call, number, inDoubt, missed }: Wish,
  { agent, record, signal }: Door,
): Promise<ToolResult> {
  const tool: Tool | undefined = agent.tools.find(({ spec }) => spec.name === call.name);
  if (!tool)
    return notRun(
      `there is no tool named ${call.name.slice(0, 60)}; there are ${agent.tools.map(({ spec }) => spec.name).join(", ")}`,
    );
  if (call.args === null) return notRun(call.error ?? "the arguments are not valid JSON");
  if (inDoubt && tool.effect === "execute") {
    const text = "no result: claw was interrupted here and cannot know whether this ran. Look before you repeat it";
    return { ok: false, text };
  }
  const { verdict, rule } = judge(agent.role, call.name);
  await record({
    type: "call.judged",
    session,
    call: call.id,
    tool: call.name,
    effect: tool.effect,
    verdict,
    rule,
    args: agent.log.putJson(call.args),
    summary: tool.summary(call.args),
  });
  if (verdict === "deny") return notRun(`denied: ${rule}`);
  agent.onCall?.(call);
  // What the model can mend comes back as a result. What throws (an abort, a full disk, a bug) ends or pauses the run.
  return tool.call(call.args, {
    sandbox: agent.sandbox,
    signal,
    number,
    repeated: inDoubt,
    missed,
    onOutput: agent.onOutput,
    finish: agent.finish,
  });
}
