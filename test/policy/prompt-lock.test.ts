import { expect, test } from "vitest";
import { everyPrompt } from "../../src/agent/prompt.ts";
import { Manifest } from "../../src/policy/manifest.ts";
import { comparePrompts, type PromptLock, readLock, writeLock } from "../../src/policy/prompt-lock.ts";
import { judgePrompts, refusedPrompts } from "../../src/workflows/prompt-approval.ts";

const [one, two] = ["1".repeat(64), "2".repeat(64)];
const at = "2026-11-21T12:00:00.000Z";
const lock: PromptLock = { version: 1, prompts: { patch: { sha256: one, by: 'Ada "the" <a@x>: # 1', at } } };

test("a lock comes back from its file as it was, whatever is in a name", () => {
  expect(readLock(writeLock(lock))).toEqual(lock);
  expect(readLock(writeLock({ version: 1, prompts: {} }))).toEqual(readLock(undefined));
});

test.each([
  [
    "version: 1\nprompts:\n  patch: { sha256: abc, by: Ada, at: 2026-11-21T12:00:00Z }",
    "claw.lock:3: prompts.patch.sha256",
  ],
  ["version: 1\nprompt: {}", 'claw.lock:2: unknown key "prompt"'],
])("a mistake in it is named by its line", (text, message) => {
  expect(() => readLock(text)).toThrow(message);
});

test("only the very text that was approved is approved", () => {
  const files = [
    { name: "patch", sha: one },
    { name: "system", sha: one },
  ];
  expect(comparePrompts(files, lock).map(({ state }) => state)).toEqual(["approved", "never approved"]);
  expect(comparePrompts([{ name: "patch", sha: two }], lock)).toMatchObject([{ state: "changed", approved: one }]);
  expect(comparePrompts([{ name: "constructor", sha: two }], lock)).toMatchObject([{ state: "never approved" }]);
});

const judged = async (required: boolean, text: string | null) =>
  judgePrompts(
    { base: { commit: "c", tree: "t" }, read: async () => (text === null ? null : Buffer.from(text)) },
    Manifest.parse({ require_approved_prompts: required }),
  );

test("a run is refused when one prompt of its release is not approved, and only where that is asked", async () => {
  const all = await everyPrompt();
  const full = Object.fromEntries(all.map(({ name, sha }) => [name, { sha256: sha, by: "Ada", at }]));
  const { patch: _, ...partly } = full;
  expect(await judged(false, null)).toBeNull();
  expect(await judged(true, writeLock({ version: 1, prompts: full }))).toMatchObject({ verdict: "allow" });
  expect(await judged(false, writeLock({ version: 1, prompts: partly }))).toMatchObject({ verdict: "allow" });
  const refused = await judged(true, writeLock({ version: 1, prompts: partly }));
  expect(refused).toMatchObject({ verdict: "deny" });
  expect(refusedPrompts(refused)).toMatchObject({
    outcome: "blocked",
    reason: expect.stringContaining("approved patch as"),
  });
  expect(await judged(true, null)).toMatchObject({ verdict: "deny" });
});
