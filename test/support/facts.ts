import type { Event, EventOf, Recorded } from "../../src/ledger/events.ts";

const sha = "0".repeat(64);

/** Facts as a ledger gives them back: numbered, a second apart, unless they say when they happened. */
export const recorded = (facts: readonly (Event & { readonly at?: number })[]): Recorded[] =>
  facts.map((fact, seq) => ({ at: 1000 * (seq + 1), ...fact, seq }));

export const requested = (reserved: number | null, session = "patch"): Event => ({
  type: "model.requested",
  session,
  turn: 1,
  messages: 2,
  inputTokens: 100,
  reserved,
});

export const failed = (billable: boolean, session = "patch"): Event => ({
  type: "model.failed",
  session,
  turn: 1,
  kind: "server",
  reason: "it broke",
  billable,
});

/** A reply of 100 tokens in, 10 of them cached, and 20 out, that calls these tools by id. */
export const replied = (
  calls: readonly string[] = [],
  { cost = 5, session = "patch" }: { cost?: number | null; session?: string } = {},
): EventOf<"model.replied"> => ({
  type: "model.replied",
  session,
  turn: 1,
  message: sha,
  calls: calls.map((id) => ({ id, name: "bash", repairs: [] })),
  stop: calls.length > 0 ? "calls" : "end",
  usage: {
    inputUncached: 90,
    inputCacheRead: 10,
    inputCacheWrite: 0,
    outputVisible: 15,
    outputReasoning: 5,
    source: "provider",
  },
  cost,
  servedModel: "m",
  servedTier: null,
  requestId: null,
  firstByteMs: 1,
  ms: 2,
});

export const judged = (call: string, verdict: "allow" | "deny" = "allow", session = "patch"): Event => ({
  type: "call.judged",
  session,
  call,
  tool: "bash",
  effect: "execute",
  verdict,
  rule: "role",
  args: sha,
  summary: "ls",
});

export const finished = (
  call: string,
  { session = "patch", ...changes }: Partial<EventOf<"call.finished">> = {},
): EventOf<"call.finished"> => ({
  type: "call.finished",
  session,
  call,
  tool: "bash",
  ok: true,
  message: sha,
  output: null,
  exitCode: 0,
  signature: `signature of ${call}`,
  ms: 1,
  ...changes,
});

export const told = (about: EventOf<"message.added">["about"], session = "patch"): Event => ({
  type: "message.added",
  session,
  about,
  message: sha,
});

/** How a run begins. */
export const started: EventOf<"run.started"> = {
  type: "run.started",
  workflow: "fix",
  input: {},
  version: "0.0.0",
  host: "linux",
  initiator: "ada",
  repository: "/repository",
  base: "d".repeat(40),
  model: { choice: null, endpoint: "test", model: "m", wire: "chat", label: "test/m" },
  limits: { usdNano: 2e9, turns: 100, tokens: 5_000_000, wallMs: 3_600_000, attempts: 3 },
  manifest: null,
  prompts: {},
};
