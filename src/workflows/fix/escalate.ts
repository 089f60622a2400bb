import { ClawError } from "../../errors.ts";
import { keepEnds } from "../../text.ts";
import { latest, ofType } from "../../views/run.ts";
import { tierNow } from "../../views/tiers.ts";
import type { RunEnd, WorkDesk } from "../workflow.ts";

/** About 600 tokens, at fewer than three characters each. */
const HANDOVER = 1700;

/** Ends that say that the model could not do it: a stronger one may. Money and time are never a reason. */
const failedProofs: readonly string[] = ["unproven", "no-patch", "stuck", "blocked"];

/** The patch session's name: one of its own for each model that is tried. */
export function patchSessionName({ log }: Pick<WorkDesk, "log">): string {
  const { moves } = tierNow(log.events);
  return moves === 0 ? "patch" : `patch-${moves + 1}`;
}

/** What the model before left behind, in a few words; empty for the first. */
export async function handOver({ log }: Pick<WorkDesk, "log">): Promise<string> {
  const moved = latest(log.events, "tier.moved");
  return moved ? `${await log.text(moved.handover)}\n` : "";
}

/** Moves the run on to the next model after a failed proof, on record. False when there is none, or it cannot be asked. */
export async function escalate(desk: WorkDesk, end: RunEnd): Promise<boolean> {
  const { log, signal } = desk;
  const { next, current } = tierNow(log.events);
  if (next === null || signal.aborted || !failedProofs.includes(end.outcome)) return false;
  try {
    await desk.connect(next);
  } catch (error) {
    if (error instanceof ClawError) return false;
    throw error;
  }
  const from = current ?? latest(log.events, "tiers.ordered")?.tiers[0]?.model ?? "";
  const handover = log.put(await words(desk, end));
  await log.append({ type: "tier.moved", stage: "patch", from, to: next, because: end.reason, handover });
  return true;
}

/** Files it touched and where, and why it was not enough: facts of claw's own, cut to what a model reads in a glance. */
async function words({ log }: WorkDesk, end: RunEnd): Promise<string> {
  const diff = ofType(log.events, "diff.taken").findLast(({ purpose }) => purpose === "rejected");
  const places = diff ? touched(await log.text(diff.patch)) : [];
  const text = [
    "Another model tried this before you, from the same start, and its change did not hold. You begin afresh.",
    places.length > 0 ? `It changed: ${places.join(", ")}.` : "It changed nothing.",
    `Why that was not enough: ${end.reason}`,
  ].join("\n");
  return keepEnds(text, HANDOVER);
}

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
