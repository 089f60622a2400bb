import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../clock.ts";
import { TimeIsUp, WorkspaceError } from "../errors.ts";
import type { Forge, Place } from "../forge/forge.ts";
import type { Companion } from "../ledger/companion.ts";
import type { EventOf, Recorded } from "../ledger/events.ts";
import type { Ledger, RunLog } from "../ledger/ledger.ts";
import type { ConnectedModel } from "../models/model.ts";
import type { Budgets } from "../policy/budgets.ts";
import type { Manifest } from "../policy/manifest.ts";
import type { PolicySource } from "./room-policy.ts";
import { defaultGrants, type NetworkGrants } from "../policy/network.ts";
import type { PublishAuthority } from "../policy/publish.ts";
import { type Clone, createClone } from "../repo/clone.ts";
import type { Repository } from "../repo/repository.ts";
import type { Signing } from "../repo/sign.ts";
import type { OnEgress, Sandbox, SandboxPolicy } from "../sandbox/sandbox.ts";
import { foldRun } from "../views/run.ts";
import type { RunLimits } from "../views/spend.ts";
import { watchCancel } from "./cancel.ts";
import { clearAwayRun } from "./clear-away.ts";
import { chargeRun, granted, grantedBudgets, pricesOf, sharedBudgets } from "./budget.ts";
import { conduct } from "./conduct.ts";
import { type ForgeCall, limitsOnRecord } from "./forge-limits.ts";
import type { ChildPlace, Children } from "./flow/children.ts";
import { grantedManifest, policySource } from "./granted-manifest.ts";
import { hostText } from "./this-host.ts";
import { sweepLeftovers } from "./leftovers.ts";
import { judgePrompts, keptPrompts, refusedPrompts } from "./prompt-approval.ts";
import { type Notices, tellPeople } from "./notices.ts";
import { offerNotes } from "./offer-notes.ts";
import { openFor } from "./open-for.ts";
import { origins } from "./origins.ts";
import { refuseStopped, watchStop } from "./stop.ts";
import { asksModel, modelsOf, type ModelWish, noModel, whoAnswers, wishedModel } from "./model-wish.ts";
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
  /** Where a repository lies on this machine that a run may have been begun with on another one; the same path by default. */
  readonly here?: (repository: string) => string;
  /** Connects what a model flag, the environment and the configuration name together. */
  connect(
    choice: string | undefined,
    mayContact?: (label: string, selfHosted: boolean) => Promise<void>,
  ): Promise<ConnectedModel>;
  /** Learns from a run that ended how its models do. */
  learn?(events: readonly Recorded[]): Promise<void>;
  openSandbox(policy: SandboxPolicy, onEgress?: OnEgress): Promise<Sandbox>;
  /** What the user's configuration lets repositories declare; the default grants sessions nothing. */
  readonly network?: NetworkGrants;
  /** Labels of this host: which repositories that ask for one are worked on here. None by default. */
  readonly labels?: readonly string[];
  /** Where the user's sandbox policies are, and the variables that they pass on. */
  readonly policies: Pick<PolicySource, "directories" | "variable">;
  readonly authority: PublishAuthority;
  readonly signing?: Signing | undefined;
  /** Who is told how runs end; null where nobody is. `wanted`: what the person who started the run said about it. */
  notices?(wanted: boolean | undefined): Notices | null;
  /** The forge of a place, with the token the user's configuration names. */
  forge(place: Place, call: ForgeCall): Promise<Forge>;
  /** Other runs for a run to begin. */
  children?(place: ChildPlace): Promise<Children>;
}

/** A person's word that commands may run without a sandbox. */
export type Waiver = Pick<EventOf<"sandbox.waived">, "by" | "words">;

export interface Watch extends Screen {
  readonly signal: AbortSignal;
  /** Tell people how it ends; the configuration decides where this is left out. */
  readonly notify?: boolean | undefined;
  /** Called once, when the run has an id, and then after each recorded fact. */
  readonly onStart?: (run: string) => void;
  readonly onEvent?: (event: Recorded) => void;
  /** Called after each fact of a run that this one has begun. */
  readonly onChild?: ((run: string, event: Recorded) => void) | undefined;
  /** What becomes true of the run's job together with its facts. */
  readonly along?: Companion;
}

/** Work in the words of whoever wants it. */
export interface WantedWork {
  /** Where else it is known by a name that it is told apart by, as an issue on a forge is; null: by its words. */
  readonly known: readonly string[] | null;
  readonly text: string;
  readonly source: EventOf<"task.added">["source"];
  readonly trust: EventOf<"task.added">["trust"];
  readonly wish: EventOf<"task.added">["wish"];
}

export interface StartRequest extends Watch {
  readonly workflow: Workflow;
  /** The run that starts this one. */
  readonly parent?: string | undefined;
  /** Which step of that run's flow this one is. */
  readonly step?: string | undefined;
  /** The task that it works on. */
  readonly task?: string | undefined;
  /** Told of an earlier run of the same task that has not ended: this one begins afresh. */
  readonly onLeft?: (run: string) => void;
  /** Who asked for that task. */
  readonly asker?: string | undefined;
  /** Without one: the work that a task is made of. */
  readonly wanted?: WantedWork | undefined;
  /** Anywhere inside the user's repository. */
  readonly cwd: string;
  /** That repository, where it was opened just now. */
  readonly repository?: Repository | undefined;
  readonly baseRef: string | undefined;
  readonly model: ModelWish;
  /** Models to move on to when a proof fails, in their order; the first is `model`. */
  readonly tiers?: Omit<EventOf<"tiers.ordered">, "type"> | undefined;
  readonly limits: RunLimits;
  /** Its commands run without a sandbox. */
  readonly waiver?: Waiver | undefined;
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
  const repository = request.repository ?? (await openFor(house, request.cwd));
  const base = request.baseRef ? await repository.resolve(request.baseRef) : repository.head;
  const known = Promise.withResolvers<Manifest>();
  const model = wishedModel(house, request.model, known.promise);
  const identity = repository.identity().catch(() => null);
  const run = house.clock.newId();
  const dir = join(house.home, "runs", run);
  // Claimed first: a directory whose run nobody holds and that never began is left over.
  const log = await house.ledger.open(run);
  const swept = sweepLeftovers(house);
  try {
    await mkdir(dir, { recursive: true, mode: 0o700 });
    const clone = await createClone(repository, base, join(dir, "clone"));
    const text = (await clone.read(clone.base.tree, "claw.yaml"))?.toString("utf8");
    const manifest = await grantedManifest(house, repository, text);
    known.resolve(manifest);
    const connected = await model;
    const place = { run, repository: repository.root };
    const { limits, budgets } = await granted(house, request, manifest, connected, place);
    const judged = connected ? await judgePrompts(clone, manifest) : null;
    watched(log, request);
    const input = request.input((body) => log.put(body)) as EventOf<"run.started">["input"];
    await log.append({
      type: "run.started",
      workflow: request.workflow.name,
      input,
      version: house.version,
      host: hostText(),
      initiator: house.initiator,
      identity: await identity,
      ...origins(request),
      repository: repository.root,
      base,
      model: whoAnswers(request.model, connected),
      limits,
      manifest: text === undefined ? null : log.put(text),
      ...(connected && { prices: pricesOf(connected) }),
      budgets: sharedBudgets(budgets),
      ...(await keptPrompts(log)),
    });
    if (connected) await tellModels(house, log, { judged, task: request.task, base });
    await recordWishes(log, request);
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
    if (log.events.length === 0) await giveUp(log, dir);
    throw error;
  } finally {
    await swept;
  }
}

/** What concerns only runs in which a model works: may the repository's prompts be used, and what did the run before it learn? */
async function tellModels(
  { ledger }: House,
  log: RunLog,
  { judged, task, base }: { judged: EventOf<"prompts.judged"> | null; task: string | undefined; base: string },
): Promise<void> {
  if (judged) await log.append(judged);
  if (task !== undefined) await offerNotes(ledger, log, task, base);
}

/** What the person wants otherwise than usual, before anything runs. */
export async function recordWishes(
  log: RunLog,
  { waiver, tiers }: Pick<StartRequest, "waiver" | "tiers">,
): Promise<void> {
  if (waiver) await log.append({ type: "sandbox.waived", ...waiver });
  if (tiers) await log.append({ type: "tiers.ordered", ...tiers });
}

/** A run that did not begin leaves nothing. */
async function giveUp(log: RunLog, dir: string): Promise<void> {
  await rm(dir, { recursive: true, force: true });
  await log.close();
}

/** From now on somebody looks on. */
export function watched(log: RunLog, { onStart, onEvent, along }: Watch): void {
  if (along) log.along(along);
  onStart?.(log.run);
  if (onEvent) log.listen(onEvent);
}

/** What a run is made of. */
export interface Parts {
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
export async function go(house: House, watch: Watch, parts: Parts): Promise<FinishedRun> {
  const { log, limits, workflow } = parts;
  const state = foldRun(log.events);
  if (!state.started) throw new WorkspaceError(`run ${log.run} has no beginning`, "start a new run");
  chargeRun(house, log, grantedBudgets(house.budgets, parts.manifest, limits), state.started.repository);
  const left = Math.max(0, limits.wallMs - state.activeMs);
  const time = new AbortController();
  const timer = setTimeout(() => time.abort(new TimeIsUp(Math.round(limits.wallMs / 60_000))), left);
  const until = house.clock.now() + left;
  const stop = watchStop(house.home, watchCancel(house.ledger, log.run));
  const signal = AbortSignal.any([watch.signal, time.signal, stop.signal, log.lost]);
  const { repository, clone } = parts;
  const desk: WorkDesk = {
    ...parts,
    children: () =>
      house.children?.({ run: log.run, cwd: repository.root, base: clone.base.commit, watch: { ...watch, signal } }),
    ...modelsOf(house, parts),
    hasModel: asksModel(state.started),
    clock: house.clock,
    deadline: until,
    signal,
    waitMs: house.waitMs,
    dir: join(house.home, "runs", log.run),
    openSandbox: (policy, onEgress) => house.openSandbox(policy, onEgress),
    network: house.network ?? defaultGrants,
    policies: policySource(house, parts.repository),
    authority: house.authority,
    signing: house.signing,
    forge: (place) => house.forge(place, limitsOnRecord(house.clock, log, { place, signal: watch.signal, until })),
    screen: {
      onDelta: watch.onDelta,
      onOutput: watch.onOutput,
      onCall: watch.onCall,
      confirm: watch.confirm,
      person: watch.person,
    },
  };
  try {
    const input = workflow.input.parse(state.started.input);
    const story = () => (parts.refused ? Promise.resolve(parts.refused) : workflow.run(input, desk));
    const notices = house.notices?.(workflow.name === "chat" ? false : watch.notify) ?? null;
    const end = await conduct(log, desk.signal, story, async (how) => notices && tellPeople(log, how, notices));
    if (foldRun(log.events).status === "ended") {
      await clearAwayRun(house.home, log.run);
      await house.learn?.(log.events);
    }
    return { run: log.run, ...end };
  } finally {
    clearTimeout(timer);
    await stop.done();
  }
}
