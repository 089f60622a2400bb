import { z } from "zod";
import { exitCodes, type Outcome } from "../errors.ts";
import { chatEvents } from "./chat-events.ts";
import { aside, contextAlarmed, modelDescribed, notesOffered, sessionCompacted } from "./context-events.ts";
import { approvalExpired, approvalGiven, approvalRefused, bodiesRedacted, promptsJudged } from "./decision-events.ts";
import { effectEvents } from "./effect-events.ts";
import { Exchange } from "./exchange.ts";
import { event } from "./fact.ts";
import { Usage } from "./message.ts";
import { sandboxEvents } from "./sandbox-events.ts";
import { searchEvents } from "./search-events.ts";
import { workEvents } from "./work-events.ts";
import { triageEvents } from "./triage-events.ts";
import { budgets, prices } from "./prices.ts";

/** SHA-256 of a blob, hex. Anything long or sensitive is a blob, so that it can be redacted without breaking a chain. */
export const Sha = z.string().regex(/^[0-9a-f]{64}$/);
export type Sha = z.infer<typeof Sha>;

const outcome = z.enum(Object.keys(exitCodes) as [Outcome, ...Outcome[]]);
const commit = z.string();
const nano = z.int().nonnegative();
const json = z.json();

/** Everything that can happen to a run, to a task, or to a schedule. Past tense, never changed, only added to. */
export const Event = z.discriminatedUnion("type", [
  event("run.started", {
    workflow: z.string(),
    input: json,
    version: z.string(),
    host: z.string(),
    initiator: z.string(),
    /** Who commits in the repository by its git settings, as "Name <email>"; null when they do not say. */
    identity: z.string().nullable().optional(),
    /** Who asked for the task, where that is somebody else: "ada at github.com", the person of a token. */
    asker: z.string().optional(),
    /** The run that started this one. */
    parent: z.string().optional(),
    /** Which step of that run's flow it is: "mend", or "mend[2]" for its second item. */
    step: z.string().optional(),
    /** The task that it works on; every run has one since there are tasks. */
    task: z.string().optional(),
    /** Root of the user's working tree. */
    repository: z.string(),
    base: commit,
    model: z
      .object({
        choice: z.string().nullable(),
        endpoint: z.string(),
        model: z.string(),
        wire: z.string(),
        label: z.string(),
      })
      .nullable(),
    limits: z.object({ usdNano: nano.nullable(), turns: z.int(), tokens: z.int(), wallMs: z.int(), attempts: z.int() }),
    manifest: Sha.nullable(),
    /** Hashes of the prompt files of this release, by their names. */
    prompts: z.record(z.string(), Sha),
    /** They are bodies of this run. Left out by early releases, which kept nothing but the hashes. */
    promptsKept: z.literal(true).optional(),
    /** What replies are priced by: hash of the price list with the table of service tiers, and the terms of this model. */
    prices: prices.optional(),
    /** Limits in money that this run shares with others, as they held when it began. */
    budgets: budgets.optional(),
  }),
  event("run.resumed", { host: z.string(), budgets: budgets.optional(), prices: prices.optional() }),
  bodiesRedacted,
  promptsJudged,
  notesOffered,
  event("run.paused", {
    outcome,
    reason: z.string(),
    hint: z.string(),
    /** What a person must decide about, and until when (milliseconds since the epoch). */
    diff: Sha.optional(),
    expires: z.int().optional(),
    /** What was missing wants to be left alone until then. */
    after: z.int().optional(),
  }),
  event("run.ended", { outcome, reason: z.string(), hint: z.string() }),

  /** Models that the user allows, in the order they are tried, and why: what runs of this installation cost and proved. */
  event("tiers.ordered", {
    tiers: z.array(
      z.object({
        model: z.string(),
        runs: z.int(),
        solved: z.int(),
        chance: z.number(),
        cost: nano.nullable(),
        score: nano.nullable(),
      }),
    ),
    /** What kind of work the chances are for, by the task's title; without it they are for any. */
    kind: z.enum(["bug", "feature", "deps", "docs"]).optional(),
  }),
  /** The proof failed with one model; the next begins afresh, with a few words about it. */
  event("tier.moved", {
    stage: z.string(),
    from: z.string(),
    to: z.string(),
    because: z.string(),
    handover: Sha,
    /** The server could not be reached: this says nothing about the model. */
    lost: z.literal(true).optional(),
  }),
  event("stage.started", { stage: z.string() }),
  event("stage.finished", { stage: z.string(), output: json }),

  event("session.started", {
    session: z.string(),
    kind: z.string(),
    prompt: Sha,
    tools: Sha,
    /** The role file that narrowed it. */
    role: Sha.optional(),
  }),
  event("session.ended", {
    session: z.string(),
    reason: z.enum(["finished", "gave-up", "over-budget", "stuck"]),
    detail: z.string(),
    /** Which limit was reached: a budget's scope, turns, tokens, or what the model can read at once. */
    limit: z.enum(["run", "day", "repository", "fleet", "turns", "tokens", "context"]).optional(),
  }),
  event("message.added", {
    session: z.string(),
    about: z.enum(["system", "task", "note", "finish", "stuck", "budget", "restored", "smaller", "person"]),
    message: Sha,
  }),

  modelDescribed,
  event("model.requested", {
    session: z.string(),
    turn: z.int(),
    messages: z.int(),
    inputTokens: z.int(),
    reserved: nano.nullable(),
    /** Size of messages and tools as JSON: with the usage reported for it, the next request is bounded more closely. */
    bytes: z.int().optional(),
    ...aside,
  }),
  event("model.waited", { session: z.string(), kind: z.string(), reason: z.string(), until: z.int() }),
  event("model.failed", {
    session: z.string(),
    turn: z.int(),
    kind: z.string(),
    reason: z.string(),
    billable: z.boolean(),
    exchange: Exchange.optional(),
    /** What it cost where that can be known: the time of one's own server. Without it a billable failure costs all that was reserved. */
    cost: nano.optional(),
    ...aside,
  }),
  event("model.replied", {
    session: z.string(),
    turn: z.int(),
    message: Sha,
    calls: z.array(
      z.object({ id: z.string(), name: z.string(), error: z.string().optional(), repairs: z.array(z.string()) }),
    ),
    stop: z.enum(["calls", "end", "length", "refusal"]),
    usage: Usage,
    cost: nano.nullable(),
    servedModel: z.string(),
    servedTier: z.string().nullable(),
    requestId: z.string().nullable(),
    firstByteMs: z.number(),
    ms: z.number(),
    exchange: Exchange.optional(),
    /** How long it waited for a place at the server before it was sent. */
    queuedMs: z.number().optional(),
    /** The limiter's state then: requests at once that the server of one's own was sent, under way, and waiting. */
    places: z.object({ limit: z.int(), held: z.int(), queued: z.int() }).optional(),
    ...aside,
  }),
  contextAlarmed,
  sessionCompacted,
  event("call.judged", {
    session: z.string(),
    call: z.string(),
    tool: z.string(),
    effect: z.enum(["read", "write", "execute", "stop"]),
    verdict: z.enum(["allow", "deny"]),
    rule: z.string(),
    args: Sha,
    summary: z.string(),
  }),
  event("call.finished", {
    session: z.string(),
    call: z.string(),
    tool: z.string(),
    ok: z.boolean(),
    message: Sha,
    output: Sha.nullable(),
    exitCode: z.int().nullable(),
    /** Why claw did not accept a `finish`, in one line for people. */
    why: z.string().optional(),
    /** Same for two calls that asked for the same thing and saw the same answer: what stuck detection counts. */
    signature: z.string(),
    /** Same for two calls that asked for the same thing, whatever they saw. */
    asked: z.string().optional(),
    /** Same for two outputs in which the same tests fail in the same way; null when none does. */
    failing: z.string().nullable().optional(),
    ms: z.number(),
  }),

  ...chatEvents,
  ...sandboxEvents,
  event("dependencies.prepared", {
    how: z.enum(["none", "reused", "installed"]),
    manager: z.string().nullable(),
    command: z.string().nullable(),
    why: z.string(),
    ms: z.number(),
  }),
  event("suite.planned", {
    runner: z.string(),
    command: z.string(),
    source: z.string(),
    /** A test never ends: from here on such tests are stopped, and fail. */
    hangs: z.boolean().optional(),
  }),
  event("suite.ran", {
    purpose: z.string(),
    tree: commit,
    command: z.string(),
    runner: z.string(),
    files: z.array(z.string()),
    exitCode: z.int(),
    killed: z.string().nullable(),
    verdict: z.enum(["green", "red", "broken"]),
    passed: z.int(),
    failed: z.int(),
    skipped: z.int(),
    /** Test files that did not even load; they count as failed. */
    unloaded: z.int().optional(),
    signature: z.string(),
    result: Sha,
    output: Sha,
    ms: z.number(),
  }),
  event("diff.taken", {
    /** "session": what a session with a person made; nobody has checked it. */
    purpose: z.enum(["reproduction", "patch", "rejected", "session"]),
    from: commit,
    to: commit,
    patch: Sha,
    files: z.int(),
    added: z.int(),
    deleted: z.int(),
    /** The engine's words for it; empty when nobody said anything. */
    summary: z.string().default(""),
  }),
  /**
   * What a workspace holds, kept in the record: `pack` is a git pack of what is in `commit`, whose tree it is, and not in
   * the snapshot before it, nor in the base.
   */
  event("snapshot.taken", { workspace: z.string(), tree: commit, commit, pack: Sha }),
  /** A workspace was gone when the run was resumed, and made anew from the record. */
  event("workspace.restored", { workspace: z.string(), tree: commit }),
  /** Lines that failing tests point at; the ranked list is a blob. `method` is "coverage", "stack" or "words". */
  event("suspects.ranked", {
    tree: commit,
    method: z.enum(["coverage", "stack", "words", "none"]),
    executions: z.int(),
    failing: z.int(),
    lines: z.int(),
    suspects: Sha,
    ms: z.number(),
  }),
  ...searchEvents,
  ...triageEvents,
  event("gate.judged", {
    gate: z.string(),
    tree: commit,
    verdict: z.enum(["pass", "ask", "block"]),
    reasons: z.array(z.string()),
  }),
  approvalGiven,
  approvalRefused,
  approvalExpired,
  ...effectEvents,
  /** What people had done with the pull request when somebody looked; `edits` are theirs, after claw's commit. */
  event("pull-request.followed", {
    url: z.string(),
    fate: z.enum(["pending", "accepted", "accepted-with-edits", "rejected", "superseded", "reverted"]),
    edits: Sha.nullable(),
  }),
  /** A forge limits requests: nothing is asked there until then (milliseconds since the epoch). */
  event("forge.limited", { host: z.string(), until: z.int() }),
  /** The repository was found under another name on the same forge ("owner/repo"), and work goes on there. */
  event("forge.moved", { host: z.string(), from: z.string(), to: z.string() }),
  event("report.written", { report: Sha }),
  ...workEvents,
]);
export type Event = z.infer<typeof Event>;
export type EventOf<Type extends Event["type"]> = Extract<Event, { type: Type }>;

/** An event as the ledger keeps it: when it happened and its place in the run's chain. */
export type Recorded<E extends Event = Event> = E & { readonly seq: number; readonly at: number };
