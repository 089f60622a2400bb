import type { App } from "../../app.ts";
import { systemClock } from "../../clock.ts";
import { ClawError, UsageError } from "../../errors.ts";
import { aboutOf, jobOf } from "../../fleet/feed.ts";
import { noDetails, wantedTask } from "../../fleet/wanted-task.ts";
import type { Forge, Place } from "../../forge/forge.ts";
import { placeName } from "../../forge/place.ts";
import type { EventOf } from "../../ledger/events.ts";
import type { TaskEvent } from "../../ledger/task-events.ts";
import { taskId } from "../../ledger/tasks.ts";
import { type Hook, type HookPlace, readHook } from "../../policy/hook-event.ts";
import { plural } from "../../text.ts";
import { foldTask, type NamedTask } from "../../views/task.ts";
import type { Delivery, Received } from "../../web/webhook/receive.ts";
import { decisionOn } from "../../workflows/forge-approval.ts";
import type { CommandDesk } from "../command.ts";
import { approveRun, rejectRun } from "../decide-run.ts";
import { pendingDecision } from "../decision.ts";
import { FixFlags, wantedOf } from "../fix-work.ts";
import { forgeFor, placeOfOrigin, readForgeIssue } from "../forge-issue.ts";

/** A repository that is served: where it is here, and on its forge. */
export interface Served {
  readonly root: string;
  readonly place: Place;
}

type HookDesk = Pick<CommandDesk, "err" | "times">;
type Of<Kind extends Hook["kind"]> = Extract<Hook, { kind: Kind }>;

/** What a delivery is taken with. */
interface Taking extends HookDesk {
  readonly app: App;
  readonly served: Served;
  readonly delivery: Delivery;
  readonly signal: AbortSignal;
}

const ignored = (reason: string): Received => ({ status: "ignored", reason });

/** Working trees by where their origins lead. UsageError for two of one place: nobody could say which is meant. */
export async function servedPlaces(app: App, roots: readonly string[]): Promise<readonly Served[]> {
  const found: Served[] = [];
  for (const root of roots) {
    const place = await placeOfOrigin(app, root);
    const twin = found.find((other) => isPlace(other.place, place));
    if (twin)
      throw new UsageError(
        `${twin.root} and ${root} are both clones of ${placeName(place)}`,
        "name one of them in config.yaml: webhook.repositories",
      );
    found.push({ root, place });
  }
  return found;
}

const isPlace = (one: HookPlace, other: HookPlace): boolean =>
  placeName(one).toLowerCase() === placeName(other).toLowerCase();

/**
 * Makes tasks of what deliveries ask for, by the rules of the Action and of approvals; workers do them. Rejects where the
 * forge or the ledger does not answer: then nothing was made, and the same delivery may come again.
 */
export function hookHands(
  app: App,
  places: readonly Served[],
  desk: HookDesk,
): (delivery: Delivery, signal: AbortSignal) => Promise<Received> {
  const underWay = new Set<string>();
  return async (delivery, signal) => {
    const hook = readHook(delivery.event, delivery.payload, app.config.user.webhook.label);
    if (hook.kind === "ping")
      return {
        status: "pong",
        reason: `claw ${app.version} serves ${plural(places.length, "repository", "repositories")}`,
      };
    if (hook.kind === "ignored") return ignored(hook.reason);
    const served = places.find(({ place }) => isPlace(place, hook.place));
    if (!served) return ignored(`${placeName(hook.place)} is not among webhook.repositories`);
    if (underWay.has(delivery.digest)) return { status: "repeated", reason: "this delivery is being taken" };
    underWay.add(delivery.digest);
    try {
      return await take({ ...desk, app, served, delivery, signal }, hook);
    } catch (error) {
      // What is on its way, empty, a twin or not to be decided so is refused for good; all else may be asked for again.
      if (!(error instanceof ClawError) || (error.outcome !== "blocked" && error.outcome !== "usage")) throw error;
      return ignored(error.message);
    } finally {
      underWay.delete(delivery.digest);
    }
  };
}

function take(taking: Taking, hook: Of<"fix"> | Of<"decision"> | Of<"red">): Promise<Received> {
  switch (hook.kind) {
    case "fix":
      return fixIssue(taking, hook);
    case "decision":
      return hearDecision(taking, hook);
    case "red":
      return triageRed(taking, hook);
  }
}

const forgeOf = ({ app, err, times, signal, served }: Taking): Promise<Forge> =>
  forgeFor(app, { err, times, signal }, served.place);

/** The task of an issue, whoever brings it. */
const issueTask = ({ host, owner, repo }: Place, issue: number): string =>
  taskId("issue", host, owner, repo, String(issue));

async function fixIssue(taking: Taking, { issue: number, asker }: Of<"fix">): Promise<Received> {
  const { app, served, signal } = taking;
  const { place, root } = served;
  const seen = await repeated(taking, issueTask(place, number));
  if (seen) return seen;
  if (!(await (await forgeOf(taking)).mayWrite(asker)))
    return ignored(`${asker} may not write to ${placeName(place)}, and so starts no work there`);
  const desk = { ...taking, app: () => Promise.resolve(app), cwd: root, signal };
  const issue = await readForgeIssue(desk, { place, number }, false);
  const by = `${asker} at ${place.host}`;
  const ledger = await app.ledger();
  const { task, added } = await wantedTask(ledger, wantedOf(FixFlags.parse({}), issue), { repository: root, by });
  return keep(taking, task, added);
}

/** A red run of CI is one task for each workflow and commit: a run of it again is no other. */
async function triageRed(taking: Taking, { run }: Of<"red">): Promise<Received> {
  const { served } = taking;
  const name = placeName(served.place);
  const task = taskId("red CI", name, run.name, run.commit);
  const seen = await repeated(taking, task);
  if (seen) return seen;
  const title = `CI workflow "${run.name}" is red on ${run.branch} at ${run.commit.slice(0, 12)}`;
  return keep(taking, task, {
    type: "task.added",
    title,
    body: null,
    ...noDetails,
    source: { kind: "ci", ref: run.url },
    trust: "tool",
    repository: served.root,
    workflow: "triage",
    wish: { ciRun: run.url },
    by: `${name} on its forge`,
  });
}

/** Records what the forge says somebody who may has decided, and has the run go on. */
async function hearDecision(taking: Taking, { issue, asker }: Of<"decision">): Promise<Received> {
  const { app, served } = taking;
  if (!app.config.user.forge.publish) return ignored("forge.publish is off in config.yaml: nothing was asked there");
  const ledger = await app.ledger();
  const task = issueTask(served.place, issue);
  const seen = await repeated(taking, task);
  if (seen) return seen;
  const { status, openRun } = (await stateOf(taking, task)) ?? {};
  if (status !== "waiting" || !openRun) return ignored(`no run of this machine waits for an answer in #${issue}`);
  const pending = await pendingDecision(app, ledger, openRun);
  const decision = await decisionOn(await forgeOf(taking), issue, pending.diff);
  if (!decision)
    return ignored(`nobody who may write to ${placeName(served.place)} has decided about this very change`);
  const { verdict, reason, who } = decision;
  if (verdict === "approve") await approveRun(app, pending, who, undefined);
  else await rejectRun(app, pending, who, reason || "no reason given");
  await told(taking, task, [asked(taking, `${asker} at ${served.place.host}`)]);
  const done = verdict === "approve" ? "goes on with the next worker" : "has ended";
  return { status: "decided", reason: `${who.by}: ${verdict}; run ${openRun} ${done}`, task };
}

/** Its answer where this delivery, or another of the very same bytes, was taken already. */
async function repeated({ app, delivery: { id, digest } }: Taking, task: string): Promise<Received | null> {
  const { events } = await (await app.ledger()).read(task);
  const before = events.some(
    (event) => event.type === "task.asked" && (event.delivery === id || event.digest === digest),
  );
  return before ? { status: "repeated", reason: "this delivery was taken already", task } : null;
}

/** Adds the task, or opens it again where nobody works on it any more: somebody who may has asked for it anew. */
async function keep(taking: Taking, task: string, added: EventOf<"task.added">): Promise<Received> {
  const isNew = await (await taking.app.ledger()).addTask(task, added);
  const { status = "open" } = (await stateOf(taking, task)) ?? {};
  const isOver = status === "closed" || status === "failed" || status === "dead";
  const reopened = { type: "task.reopened", reason: "asked for again on the forge", by: added.by } as const;
  await told(taking, task, [asked(taking, added.by), ...(isOver ? [reopened] : [])]);
  if (!isNew && !isOver)
    return { status: "known", reason: `there is a task for it already, and it is ${status}`, task };
  return { status: "queued", reason: `${added.title}: the next worker does it`, task };
}

const asked = ({ delivery }: Taking, by: string): TaskEvent => ({
  type: "task.asked",
  delivery: delivery.id,
  digest: delivery.digest,
  event: delivery.event,
  by,
});

/** Tells a task what happened, and has a job wait for it. */
async function told(taking: Taking, task: string, facts: readonly TaskEvent[]): Promise<void> {
  const { app } = taking;
  const ledger = await app.ledger();
  const state = await stateOf(taking, task);
  if (!state) throw new UsageError(`task ${task} is damaged`, "look with claw audit verify");
  const now = systemClock.now();
  const job = jobOf(state, aboutOf(state, app.config.user.model ?? ""), { id: systemClock.newId(), now });
  await ledger.tellTask(task, facts, [{ kind: "add", now, job }]);
}

async function stateOf({ app }: Taking, task: string): Promise<NamedTask | null> {
  const state = foldTask((await (await app.ledger()).read(task)).events);
  return state && { ...state, task };
}
