import { ClawError } from "../../errors.ts";
import { ModelError, type ModelErrorKind } from "../../models/model-error.ts";
import { keepEnds } from "../../text.ts";
import { digestOf } from "../../views/digest.ts";
import { latest, ofType } from "../../views/run.ts";
import { silentSince, tierNow } from "../../views/tiers.ts";
import type { RunEnd, WorkDesk } from "../workflow.ts";

/** About 600 tokens, at fewer than three characters each. */
const HANDOVER = 1700;

/** Stages in which a model works, and the ends of each that say that it could not do it. Money and time are never a reason. */
const failedProofs = {
  reproduce: ["not-reproduced", "stuck"],
  patch: ["unproven", "no-patch", "stuck", "blocked"],
} as const satisfies Record<string, readonly string[]>;
type TieredStage = keyof typeof failedProofs;

/** Failures that no other try at the same model mends: its window, its way of calling tools, what it will not talk about. */
const beyondModel: ReadonlySet<ModelErrorKind> = new Set([
  "context_overflow",
  "tool_parse_server",
  "bad_history",
  "content_policy",
]);

/** The name of a stage's session: one of its own for each model that is tried. */
export function sessionName({ log }: Pick<WorkDesk, "log">, stage: TieredStage): string {
  const moves = ofType(log.events, "tier.moved").filter((moved) => moved.stage === stage).length;
  return moves === 0 ? stage : `${stage}-${moves + 1}`;
}

/** What the model before left behind in this stage, in a few words; empty for the first. */
export async function handOver({ log }: Pick<WorkDesk, "log">, stage: TieredStage): Promise<string> {
  const moved = latest(log.events, "tier.moved");
  return moved?.stage === stage ? `${await log.text(moved.handover)}\n` : "";
}

type Desk = Pick<WorkDesk, "log" | "signal" | "connect" | "clock">;

/** A server that gives no answer for so long is lost: the run goes on with the next model, where there is one. */
const LOST_MS = 60_000;
/** Until then it is tried again, so often. */
const AGAIN_MS = 15_000;

/** Waits for a server that does not answer, and moves on from one that is lost. False when there is nobody to move on to. */
async function outlast(desk: Desk, stage: TieredStage, error: ModelError): Promise<boolean> {
  const { log, clock, signal } = desk;
  if (tierNow(log.events).next === null || signal.aborted) return false;
  const left = LOST_MS - (clock.now() - (silentSince(log.events) ?? clock.now()));
  if (left <= 0) return escalate(desk, stage, { outcome: "stuck", reason: error.message, hint: error.hint }, "lost");
  await clock.sleep(Math.min(left, AGAIN_MS), signal);
  return true;
}

/** Tries a stage with one model after the other, each from the start, for as long as the proof fails and there is a next one. */
export async function throughTiers<Result extends object>(
  desk: Desk,
  stage: TieredStage,
  attempt: () => Promise<Result | { readonly end: RunEnd }>,
): Promise<Result | { readonly end: RunEnd }> {
  for (;;) {
    try {
      const made = await attempt();
      if (!("end" in made) || !(await escalate(desk, stage, made.end))) return made;
    } catch (error) {
      if (!(error instanceof ModelError)) throw error;
      if (error.isFault || error.kind === "circuit_open") {
        if (await outlast(desk, stage, error)) continue;
        throw error;
      }
      if (!beyondModel.has(error.kind)) throw error;
      if (!(await escalate(desk, stage, { outcome: "stuck", reason: error.message, hint: error.hint }))) throw error;
    }
  }
}

/** Moves the run on to the next model after a failed proof, on record. False when there is none, or it cannot be asked. */
async function escalate(
  desk: Desk,
  stage: TieredStage,
  end: RunEnd,
  why: "lost" | "failed" = "failed",
): Promise<boolean> {
  const { log, signal } = desk;
  const { next, current } = tierNow(log.events);
  const failed: readonly string[] = failedProofs[stage];
  // A session that no longer fits the model, shortened as it is, may fit the next one.
  const outgrown = end.outcome === "over-budget" && latest(log.events, "session.ended")?.limit === "context";
  const due = why === "lost" || outgrown || failed.includes(end.outcome);
  if (next === null || signal.aborted || !due) return false;
  try {
    await desk.connect(next);
  } catch (error) {
    if (error instanceof ClawError) return false;
    throw error;
  }
  const from = current ?? latest(log.events, "tiers.ordered")?.tiers[0]?.model ?? "";
  const handover = log.put(keepEnds(await words[stage](desk, end), HANDOVER));
  await log.append({
    type: "tier.moved",
    stage,
    from,
    to: next,
    because: end.reason,
    handover,
    ...(why === "lost" && { lost: true }),
  });
  return true;
}

/** Facts of claw's own about the attempt, cut to what a model reads in a glance. */
const words: Record<TieredStage, (desk: Desk, end: RunEnd) => Promise<string>> = {
  /** Files it touched and where, and why it was not enough. */
  async patch({ log }, end) {
    const diff = ofType(log.events, "diff.taken").findLast(({ purpose }) => purpose === "rejected");
    const places = diff ? touched(await log.text(diff.patch)) : [];
    return [
      "Another model tried this before you, from the same start, and its change did not hold. You begin afresh.",
      places.length > 0 ? `It changed: ${places.join(", ")}.` : "It changed nothing.",
      `Why that was not enough: ${end.reason}`,
    ].join("\n");
  },
  /** Tests it wrote, what claw said about them last, and how it ended. */
  async reproduce(desk, end) {
    const { edits, refusal } = digestOf(desk.log.events, sessionName(desk, "reproduce"));
    return [
      "Another model tried this before you, from the same start, and showed no failing test. You begin afresh.",
      edits.length > 0 ? `It wrote: ${edits.map(({ path }) => path).join(", ")}.` : "It wrote nothing.",
      ...(refusal === null ? [] : [`What claw said about it: ${refusal}`]),
      `How it ended: ${end.reason}`,
    ].join("\n");
  },
};

/** "src/a.ts 10-14": the places a patch changes, at most twelve. */
function touched(patch: string): readonly string[] {
  let file = "";
  const places: string[] = [];
  for (const line of patch.split("\n")) {
    file = /^\+\+\+ b\/(.*)$/.exec(line)?.[1] ?? file;
    const [, from = "", length = "1"] = /^@@ -(\d+)(?:,(\d+))? /.exec(line) ?? [];
    if (from !== "") places.push(`${file} ${from}-${Number(from) + Math.max(0, Number(length) - 1)}`);
  }
  return places.slice(0, 12);
}
