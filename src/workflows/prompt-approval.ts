import type { EventOf } from "../ledger/events.ts";
import type { RunLog } from "../ledger/ledger.ts";
import { everyPrompt } from "../agent/prompt.ts";
import type { Manifest } from "../policy/manifest.ts";
import { comparePrompts, lockFile, readLock } from "../policy/prompt-lock.ts";
import type { Clone } from "../repo/clone.ts";
import type { RunEnd } from "./workflow.ts";

/**
 * Compares the prompts of this release with claw.lock of the base commit. Null where the repository neither asks for
 * approved prompts nor has any.
 */
export async function judgePrompts(
  clone: Pick<Clone, "base" | "read">,
  { require_approved_prompts: required }: Manifest,
): Promise<EventOf<"prompts.judged"> | null> {
  const text = (await clone.read(clone.base.tree, lockFile))?.toString("utf8");
  if (text === undefined && !required) return null;
  const prompts = comparePrompts(await everyPrompt(), readLock(text)).map(({ name, sha, state, by, at }) =>
    state === "approved" ? { name, sha, by, at } : { name, sha, by: null, at: null },
  );
  const allowed = !required || prompts.every(({ by }) => by !== null);
  return { type: "prompts.judged", required, verdict: allowed ? "allow" : "deny", prompts };
}

/** How a run ends whose prompts may not be used; null when they may. */
export function refusedPrompts(judged: EventOf<"prompts.judged"> | null): RunEnd | null {
  if (judged?.verdict !== "deny") return null;
  const names = judged.prompts.filter(({ by }) => by === null).map(({ name }) => name);
  return {
    outcome: "blocked",
    reason: `claw.yaml asks for approved prompts, and nobody has approved ${names.join(", ")} as this release has ${names.length === 1 ? "it" : "them"}`,
    hint: `read them with claw prompts diff, then: claw prompts approve && git add ${lockFile} && git commit`,
  };
}

/** The prompt files of this release, by their hashes; kept, so that a later release can be compared with them. */
export async function keptPrompts(log: RunLog): Promise<Pick<EventOf<"run.started">, "prompts" | "promptsKept">> {
  const prompts = await everyPrompt();
  for (const { whole } of prompts) log.put(whole);
  return { prompts: Object.fromEntries(prompts.map(({ name, sha }) => [name, sha])), promptsKept: true };
}
