import { z } from "zod";
import { readStrictYaml } from "../strict-yaml.ts";

/** Name of the file, at the root of a repository. */
export const lockFile = "claw.lock";

const Approved = z.strictObject({
  sha256: z.string().regex(/^[0-9a-f]{64}$/, "must be a SHA-256, in lower-case hex"),
  by: z.string().min(1),
  at: z.iso.datetime({ error: "must be a time like 2026-11-21T12:00:00Z" }),
});

const Lock = z.strictObject({ version: z.literal(1), prompts: z.record(z.string(), Approved).default({}) });

/** claw.lock: which prompt files a person has approved for this repository, who and when. Read from the base commit. */
export type PromptLock = z.infer<typeof Lock>;

const schema = (): unknown => z.toJSONSchema(Lock, { io: "input", target: "draft-2020-12" });

/** Reads claw.lock; undefined is a lock that approves nothing. Throws UsageError naming the line. */
export const readLock = (text: string | undefined): PromptLock =>
  text === undefined
    ? { version: 1, prompts: {} }
    : readStrictYaml(text, { file: lockFile, schema: Lock, published: schema });

/** The lock as a file: one prompt after the other in order of their names, so that a review shows what changed. */
export function writeLock({ prompts }: PromptLock): string {
  const entries = Object.entries(prompts).sort(([a], [b]) => (a < b ? -1 : 1));
  return [
    "# Prompts that people have approved for this repository. claw prompts approve writes it; review it like code.",
    "version: 1",
    entries.length === 0 ? "prompts: {}" : "prompts:",
    ...entries.flatMap(([name, { sha256, by, at }]) => [
      `  ${JSON.stringify(name)}:`,
      `    sha256: "${sha256}"`,
      `    by: ${JSON.stringify(by)}`,
      `    at: ${JSON.stringify(at)}`,
    ]),
    "",
  ].join("\n");
}

/** A prompt file against the lock. */
export interface PromptState {
  readonly name: string;
  readonly sha: string;
  /** `changed`: another text of it was approved. */
  readonly state: "approved" | "changed" | "never approved";
  /** Who approved this text, or the earlier one, and when; null when nobody did. */
  readonly by: string | null;
  readonly at: string | null;
  /** Hash of the text that was approved. */
  readonly approved: string | null;
}

/** Which of these prompt files, by name and hash, the lock allows. */
export const comparePrompts = (
  prompts: readonly { readonly name: string; readonly sha: string }[],
  lock: PromptLock,
): readonly PromptState[] =>
  prompts.map(({ name, sha }) => {
    const found = Object.hasOwn(lock.prompts, name) ? lock.prompts[name] : undefined;
    const state = !found ? "never approved" : found.sha256 === sha ? "approved" : "changed";
    return { name, sha, state, by: found?.by ?? null, at: found?.at ?? null, approved: found?.sha256 ?? null };
  });
