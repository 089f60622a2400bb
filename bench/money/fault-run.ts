import { drive } from "../../src/agent/loop.ts";
import { type Clock, systemClock } from "../../src/clock.ts";
import { ClawError } from "../../src/errors.ts";
import type { Ledger } from "../../src/ledger/ledger.ts";
import { connectModel } from "../../src/models/connect.ts";
import type { ConnectedModel } from "../../src/models/model.ts";
import { type Budgets, scopesOf } from "../../src/policy/budgets.ts";
import { roles } from "../../src/policy/roles.ts";
import type { Sandbox } from "../../src/sandbox/sandbox.ts";
import type { Tool } from "../../src/tools/tool.ts";
import { prices } from "./provider.ts";

/** What one fault run works with; the ledger may be shared with other processes. */
export interface FaultBench {
  readonly ledger: Ledger;
  readonly url: string;
  readonly budgets: Budgets;
  readonly next: () => number;
}

/** How often a run is started again after it crashed or its model failed. */
const LIVES = 3;
const MAX_OUTPUT = 400;

/** Waits cost nothing here: only their order counts. */
const impatient: Clock = { ...systemClock, sleep: () => Promise.resolve() };

/** Ten repositories share the runs. */
export const repositoryOf = (run: string): string => `/repository-${run.at(-1)}`;

/** One run through claw's own loop, reservation, retry and ledger, against a provider that fails; it may crash anywhere. */
export async function faultRun(run: string, { ledger, url, budgets, next }: FaultBench): Promise<void> {
  const model = await connectModel(
    {
      name: "faulty",
      baseUrl: url,
      wire: "chat",
      model: run,
      key: () => Promise.resolve("key"),
      selfHosted: false,
      prices,
      maxOutputTokens: MAX_OUTPUT,
      deadlines: { firstByteMs: 400, idleMs: 400, totalMs: 2_000 },
    },
    impatient,
  );
  for (let life = 0; life < LIVES; life++) if (await liveOnce(run, { ledger, budgets, next }, model)) return;
}

/** True when there is nothing to go on with. A crash leaves the log as it is: nobody settles, closes or anchors. */
async function liveOnce(
  run: string,
  { ledger, budgets, next }: Omit<FaultBench, "url">,
  model: ConnectedModel,
): Promise<boolean> {
  const log = await ledger.open(run);
  log.charge(() => scopesOf(budgets, { run, repository: repositoryOf(run), at: systemClock.now() }));
  const crash = new AbortController();
  const timer = next() < 0.4 ? setTimeout(() => crash.abort(new Error("crashed")), 1 + 300 * next()) : undefined;
  const agent = {
    log,
    clock: impatient,
    model,
    role: roles.patch,
    tools: [chatty(next)],
    limits: { usdNano: budgets.run, turns: 25, tokens: 10_000_000, wallMs: 60_000, attempts: 3 },
    deadline: Number.MAX_SAFE_INTEGER,
    sandbox: noSandbox,
    finish: async () => ({ accepted: true as const, detail: "" }),
  };
  try {
    await drive(
      "patch",
      { kind: "patch", prompt: "0".repeat(64), system: "You mend code.", task: run },
      agent,
      crash.signal,
    );
    await log.close();
    return true;
  } catch (error) {
    if (!crash.signal.aborted && !(error instanceof ClawError)) throw error;
    return false;
  } finally {
    clearTimeout(timer);
  }
}

/** Answers with more or less text, so that no request is as large as the one before. */
const chatty = (next: () => number): Tool => ({
  spec: {
    name: "read",
    about: "reads",
    schema: {
      type: "object",
      properties: { path: { type: "string" } },
      required: ["path"],
      additionalProperties: false,
    },
  },
  effect: "read",
  summary: () => "reads",
  call: () => Promise.resolve({ ok: true, text: "line of text\n".repeat(Math.floor(60 * next())) + next() }),
});

const never = (): Promise<never> => Promise.reject(new Error("nothing runs here"));
const noSandbox: Sandbox = {
  exec: never,
  collect: never,
  handOver: never,
  close: () => Promise.resolve(),
  backend: "none",
  policyHash: "",
  degraded: [],
};
