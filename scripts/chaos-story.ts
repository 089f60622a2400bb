import type { EventOf } from "../src/ledger/events.ts";

/** Stages of a run of scripts/chaos.ts. */
export const STAGES = 8;
/** How much faster its clock runs: a lease of 30 s ends after 0.6 s. */
export const FASTER = 50;

export const chaosStarted = (task: string): EventOf<"run.started"> => ({
  type: "run.started",
  workflow: "chaos",
  input: null,
  version: "0.0.0",
  host: "chaos",
  initiator: "chaos",
  task,
  repository: "/nowhere",
  base: "0",
  model: null,
  limits: { usdNano: null, turns: 1, tokens: 1, wallMs: 1, attempts: 1 },
  manifest: null,
  prompts: {},
});

export const chaosTask = (title: string): EventOf<"task.added"> => ({
  type: "task.added",
  title,
  body: null,
  source: { kind: "text", ref: "chaos" },
  trust: "user",
  repository: "/nowhere",
  workflow: "chaos",
  priority: 2,
  labels: [],
  acceptance: null,
  due: null,
  held: false,
  wish: {},
  links: [],
  by: "chaos",
});
