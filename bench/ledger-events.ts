import { createHash } from "node:crypto";
import { GENESIS, seal } from "../src/ledger/chain.ts";
import type { Event } from "../src/ledger/events.ts";
import type { Blob, Row } from "../src/store/store.ts";

const sha = (text: string): string => createHash("sha256").update(text).digest("hex");

/** About 0.8 kB as stored, like the longer of the facts of a real session. */
const DETAIL = "grep -rn 'a passage that is looked for' src test docs # ".repeat(9);

/** A fact of a session. */
export const ordinary = (turn: number): Event => ({
  type: "call.judged",
  session: "patch",
  call: `call_${turn}`,
  tool: "bash",
  effect: "execute",
  verdict: "allow",
  rule: "role patch may use bash",
  args: sha(`arguments ${turn}`),
  summary: DETAIL,
});

/** A fact that is on the disk before anything else happens. */
export const durable = (turn: number): Event => ({
  type: "effect.judged",
  effect: "branch",
  key: sha(`effect ${turn}`),
  verdict: "allow",
  rule: "branches below claw/ may be made",
  target: DETAIL,
});

const started: Event = {
  type: "run.started",
  workflow: "fix",
  input: {},
  version: "0.0.0",
  host: "bench",
  initiator: "bench",
  repository: "/repository",
  base: "0".repeat(40),
  model: null,
  limits: { usdNano: null, turns: 1000, tokens: 1_000_000, wallMs: 3_600_000, attempts: 3 },
  manifest: null,
  prompts: {},
};

const opening: readonly Event[] = [
  started,
  { type: "stage.started", stage: "patch" },
  { type: "session.started", session: "patch", kind: "patch", prompt: sha("prompt"), tools: sha("tools") },
];

/** Four facts a turn, as the loop records them. */
const turnOf = (turn: number): Event[] => [
  { type: "model.requested", session: "patch", turn, messages: 2 * turn, inputTokens: 5000, reserved: 1_000_000 },
  {
    type: "model.replied",
    session: "patch",
    turn,
    message: sha(`reply ${turn}`),
    calls: [{ id: `call_${turn}`, name: "bash", repairs: [] }],
    stop: "calls",
    usage: {
      inputUncached: 900,
      inputCacheRead: 4000,
      inputCacheWrite: 0,
      outputVisible: 120,
      outputReasoning: 0,
      source: "provider",
    },
    cost: 1_000_000,
    servedModel: "test-model",
    servedTier: null,
    requestId: null,
    firstByteMs: 1,
    ms: 2,
  },
  ordinary(turn),
  {
    type: "call.finished",
    session: "patch",
    call: `call_${turn}`,
    tool: "bash",
    ok: true,
    message: sha(`result ${turn}`),
    output: null,
    exitCode: 0,
    signature: sha(`result ${turn}`).slice(0, 16),
    ms: 3,
  },
];

/** The sealed rows of a run of `length` events, as the ledger would have stored them. */
export function rowsOfRun(run: string, length: number): Row[] {
  const events = [...opening];
  for (let turn = 1; events.length < length; turn++) events.push(...turnOf(turn));
  let head = GENESIS;
  return events.slice(0, length).map((event, seq) => {
    const body = JSON.stringify({ at: 1_700_000_000_000 + seq, ...event });
    head = seal(head, run, seq, body);
    return { run, seq, body, hash: head };
  });
}

/** The bodies that the events of such a run name; they are the same for every run. */
export function bodiesOfRun(length: number): Blob[] {
  const turns = Array.from({ length }, (_, turn) => [`reply ${turn}`, `arguments ${turn}`, `result ${turn}`]);
  return ["tools", ...turns.flat()].map((text) => ({ sha: sha(text), data: Buffer.from(text) }));
}
