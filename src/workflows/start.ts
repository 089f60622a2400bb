import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../clock.ts";
import { ClawError, TimeIsUp, UsageError, WorkspaceError } from "../errors.ts";
import type { Forge, Place } from "../forge/forge.ts";
import type { EventOf, Recorded } from "../ledger/events.ts";
import type { Ledger, RunLog } from "../ledger/ledger.ts";
import type { ConnectedModel } from "../models/model.ts";
import type { Budgets } from "../policy/budgets.ts";
import { everyPrompt } from "../agent/prompt.ts";
import { readManifest, type Manifest } from "../policy/manifest.ts";
import { defaultGrants, type NetworkGrants, readGranted } from "../policy/network.ts";
import type { PublishAuthority } from "../policy/publish.ts";
import { type Clone, createClone, openClone } from "../repo/clone.ts";
import { openRepository, type Repository } from "../repo/repository.ts";
import type { OnEgress, Sandbox, SandboxPolicy } from "../sandbox/sandbox.ts";
import { foldRun } from "../views/run.ts";
import type { RunLimits } from "../views/spend.ts";
import * as workflows from "./all.ts";
import { clearAwayRun } from "./clear-away.ts";
import { chargeRun, granted, grantedBudgets, pricesOf, sharedBudgets } from "./budget.ts";
import { conduct } from "./conduct.ts";
import { judgePrompts, refusedPrompts } from "./prompt-approval.ts";
import { refuseStopped, watchStop } from "./stop.ts";
import { endWhenExpired } from "./waiting.ts";
import { asksModel, type ModelWish, noModel, whoAnswers, wishedModel } from "./model-wish.ts";
import type { RunEnd, Screen, WorkDesk, Workflow } from "./workflow.ts";

/** What runs need from the machine; chosen once, in app.ts. */
export interface House {
  readonly version: string;
  readonly home: string;
  readonly path: string;
  readonly userHome: string;
  readonly initiator: string;
  /** How long a run waits for a person's decision, in milliseconds. */
  readonly waitMs: number;
  readonly clock: Clock;
  readonly ledger: Ledger;
  /** What the user grants every run together. */
  readonly budgets: Budgets;
  /** Connects what a model flag, the environment and the configuration name together. */
  connect(choice: string | undefined): Promise<ConnectedModel>;
  openSandbox(policy: SandboxPolicy, onEgress?: OnEgress): Promise<Sandbox>;
  /** What the user's configuration lets repositories declare; the default grants sessions nothing. */
  readonly network?: NetworkGrants;
  readonly authority: PublishAuthority;
  /** The forge of a place, with the token the user's configuration names. */
  forge(place: Place, signal: AbortSignal): Promise<Forge>;
}

export interface Watch extends Screen {
  readonly signal: AbortSignal;
  /** Called once, when the run has an id, and then after each recorded fact. */
  readonly onStart?: (run: string) => void;
  readonly onEvent?: (event: Recorded) => void;
}

export interface StartRequest extends Watch {
  readonly workflow: Workflow;
  /** The run that starts this one. */
  readonly parent?: string | undefined;
  /** Anywhere inside the user's repository. */
  readonly cwd: string;
  readonly baseRef: string | undefined;
  readonly model: ModelWish;
  readonly limits: RunLimits;
  /** The user limits tokens: then a model may be asked whose price is not known. */
  readonly tokenCap?: boolean;
  /** Makes the workflow's input; bodies go through `put`. */
  readonly input: (put: (body: string) => string) => unknown;
}

export interface FinishedRun extends RunEnd {
  readonly run: string;
}

/** Starts a run. Everything that can be refused without one is refused before its first event. */
export async function startRun(house: House, request: StartRequest): Promise<FinishedRun> {
  refuseStopped(house.home);
  const repository = await openRepository(request.cwd, { searchPath: house.path, home: house.userHome });
  const base = request.baseRef ? await repository.resolve(request.baseRef) : repository.head;
  const model = wishedModel(house, request.model);
  // Its failure is told where it is awaited, not as an unhandled rejection before.
  model?.catch(() => {});
  const identity = repository.identity().catch(() => null);
  const run = house.clock.newId();
  const dir = join(house.home, "runs", run);
  await mkdir(dir, { recursive: true, mode: 0o700 });
  try {
    const clone = await createClone(repository, base, join(dir, "clone"));
    const text = (await clone.read(clone.base.tree, "claw.yaml"))?.toString("utf8");
    const manifest = readGranted(text, house.network);
    const connected = await model;
    const { limits, budgets } = await granted(house, request, manifest, connected, {
      run,
      repository: repository.root,
    });
    const log = await house.ledger.open(run);
    const { onStart, onEvent } = request;
    onStart?.(run);
    if (onEvent) log.listen(onEvent);
    const input = request.input((body) => log.put(body)) as EventOf<"run.started">["input"];
    await log.append({
      type: "run.started",
      workflow: request.workflow.name,
      input,
      version: house.version,
      host: `${process.platform}-${process.arch} node-${process.versions.node}`,
      initiator: house.initiator,
      identity: await identity,
      ...(request.parent !== undefined && { parent: request.parent }),
      repository: repository.root,
      base,
      model: whoAnswers(request.model, connected),
      limits,
      manifest: text === undefined ? null : log.put(text),
      ...(connected && { prices: pricesOf(connected) }),
      budgets: sharedBudgets(budgets),
      prompts: await keptPrompts(log),
    });
    const judged = connected ? await judgePrompts(clone, manifest) : null;
    if (judged) await log.append(judged);
    return await go(house, request, {
      log,
      repository,
      clone,
      manifest,
      limits,
      workflow: request.workflow,
      model: () => model ?? noModel(),
      refused: refusedPrompts(judged),
    });
  } catch (error) {
    const begun = (await house.ledger.read(run)).events.length > 0;
    if (!begun) await rm(dir, { recursive: true, force: true });
    throw error;
  }
}

/** Continues a run where its ledger ends. */
export async function resumeRun(house: House, run: string, watch: Watch): Promise<FinishedRun> {
  refuseStopped(house.home);
  const log = await house.ledger.open(run);
  const state = foldRun(log.events);
  if (!state.started) throw new UsageError(`there is no run ${run}`, "list them with: claw runs");
  if (state.status === "ended") {
    await log.close();
    throw new UsageError(`run ${run} has ended (${state.end?.outcome})`, `see it with: claw show ${run}`);
  }
  const expired = await endWhenExpired(log, house.clock.now());
  if (expired) {
    await log.close();
    await clearAwayRun(house.home, run);
    return { run, ...expired };
  }
  const { started } = state;
  const workflow = Object.values(workflows).find(({ name }) => name === started.workflow);
  if (!workflow) throw new UsageError(`this claw knows no workflow ${started.workflow}`, "update claw");
  const repository = await openRepository(started.repository, { searchPath: house.path, home: house.userHome });
  const clone = await openClone(repository, started.base, join(house.home, "runs", run, "clone"));
  const manifest = readManifest(started.manifest === null ? undefined : await log.text(started.manifest));
  const judged = asksModel(started) ? await judgePrompts(clone, manifest) : null;
  await refuseOtherPrompts(log, judged);
  let model: Promise<ConnectedModel> | undefined;
  watch.onStart?.(run);
  if (watch.onEvent) log.listen(watch.onEvent);
  const { limits } = started;
  const budgets = sharedBudgets(grantedBudgets(house.budgets, manifest, limits));
  await log.append({
    type: "run.resumed",
    host: `${process.platform}-${process.arch} node-${process.versions.node}`,
    budgets,
  });
  if (judged) await log.append(judged);
  return go(house, watch, {
    log,
    repository,
    clone,
    manifest,
    limits,
    workflow,
    model: () => (asksModel(started) ? (model ??= house.connect(started.model?.choice ?? undefined)) : noModel()),
    refused: null,
  });
}

/** The prompt files of this release, by their hashes; kept, so that a later release can be compared with them. */
async function keptPrompts(log: RunLog): Promise<Record<string, string>> {
  const prompts = await everyPrompt();
  for (const { whole } of prompts) log.put(whole);
  return Object.fromEntries(prompts.map(({ name, sha }) => [name, sha]));
}

/** A run that waits stays as it is when this release has other prompts than were approved: the release that began it can go on. */
async function refuseOtherPrompts(log: RunLog, judged: Parameters<typeof refusedPrompts>[0]): Promise<void> {
  const refused = refusedPrompts(judged);
  if (!refused) return;
  await log.close();
  throw new ClawError(refused.reason, {
    outcome: refused.outcome,
    hint: "continue with the claw that began it, or approve the prompts and start a new run",
  });
}

interface Parts {
  readonly log: RunLog;
  readonly repository: Repository;
  readonly clone: Clone;
  readonly manifest: Manifest;
  readonly limits: RunLimits;
  readonly workflow: Workflow;
  readonly model: () => Promise<ConnectedModel>;
  /** The end of a run that may not begin. */
  readonly refused: RunEnd | null;
}

/** The part that starting and resuming share: the story, within the time that is left. */
async function go(house: House, watch: Watch, parts: Parts): Promise<FinishedRun> {
  const { log, limits, workflow } = parts;
  const state = foldRun(log.events);
  if (!state.started) throw new WorkspaceError(`run ${log.run} has no beginning`, "start a new run");
  chargeRun(house, log, grantedBudgets(house.budgets, parts.manifest, limits), parts.repository.root);
  const left = Math.max(0, limits.wallMs - state.activeMs);
  const time = new AbortController();
  const timer = setTimeout(() => time.abort(new TimeIsUp(Math.round(limits.wallMs / 60_000))), left);
  const stop = watchStop(house.home);
  const desk: WorkDesk = {
    ...parts,
    hasModel: asksModel(state.started),
    clock: house.clock,
    deadline: house.clock.now() + left,
    signal: AbortSignal.any([watch.signal, time.signal, stop.signal]),
    waitMs: house.waitMs,
    dir: join(house.home, "runs", log.run),
    openSandbox: (policy, onEgress) => house.openSandbox(policy, onEgress),
    network: house.network ?? defaultGrants,
    authority: house.authority,
    forge: (place) => house.forge(place, watch.signal),
    screen: { onDelta: watch.onDelta, onOutput: watch.onOutput, confirm: watch.confirm },
  };
  try {
    const input = workflow.input.parse(state.started.input);
    const end = await conduct(log, desk.signal, () =>
      parts.refused ? Promise.resolve(parts.refused) : workflow.run(input, desk),
    );
    if (foldRun(log.events).status === "ended") await clearAwayRun(house.home, log.run);
    return { run: log.run, ...end };
  } finally {
    clearTimeout(timer);
    stop.done();
  }
}
