import type { App } from "../../app.ts";
import { systemClock } from "../../clock.ts";
import { ClawError } from "../../errors.ts";
import { fireDue } from "../../fleet/schedules.ts";
import { openTasks } from "../../fleet/task-list.ts";
import { noDetails, wantedTask } from "../../fleet/wanted-task.ts";
import type { CiRun, Forge, Place, RedRun } from "../../forge/forge.ts";
import { placeName } from "../../forge/place.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import type { NightWork } from "../../fleet/night.ts";
import type { NightKind } from "../../policy/night.ts";
import { plural } from "../../text.ts";
import { type NamedTask, readyTasks } from "../../views/task.ts";
import type { WantedWork } from "../../workflows/start.ts";
import { FixFlags, type WorkPlace, wantedOf } from "../fix-work.ts";
import { forgeFor, placeOfOrigin, readForgeIssue } from "../forge-issue.ts";
import { keeperOf } from "../schedule/keeper.ts";
import { readBytes } from "../triage/read-files.ts";

/** What a night looks for. */
export interface Search {
  readonly root: string;
  /** Issues with this label. */
  readonly label: string;
  /** Flags that issues and red CI are worked on with, as they are typed. */
  readonly flags: Readonly<Record<string, string | boolean>>;
  readonly issues: boolean;
  readonly ci: boolean;
}

/** What was found, and what a person should know about it. */
export interface Collected {
  readonly notes: readonly string[];
  /** The forge could not be asked. */
  readonly unavailable: ClawError | null;
}

/** Work that the red CI of one night is taken from. */
export const MOST_RED = 5;

/** By what red CI, and an issue, is known again: how a task that was made of it is called. */
export const ciKey = ({ url, name, commit }: RedRun): readonly string[] => [
  "ci",
  url.replace(/\/\d+$/, ""),
  name,
  commit,
];
export const issueKey = ({ host, owner, repo }: Place, number: number): readonly string[] => [
  "issue",
  host,
  owner,
  repo,
  String(number),
];

/** Makes tasks of what is wanted: by the clock, by a label on the forge, by red CI. What is a task already stays one. */
export async function collect(place: WorkPlace, search: Search): Promise<Collected> {
  const { app } = place;
  const notes: string[] = [];
  const ledger = await app.ledger();
  const fired = await fireDue(await keeperOf(app));
  for (const { name, task, skipped } of fired)
    notes.push(
      task === null
        ? `schedule ${name} was left out: ${skipped === "missed" ? "its time is long over" : "its last task is not done"}`
        : `schedule ${name} added ${task}`,
    );
  if (!search.issues && !search.ci) return { notes, unavailable: null };
  try {
    const where = await placeOfOrigin(app, place.cwd).catch((error: unknown) => {
      if (!(error instanceof ClawError)) throw error;
      notes.push(`no forge was asked: ${error.message}`);
      return null;
    });
    if (where === null) return { notes, unavailable: null };
    const forge = await forgeFor(app, place, where);
    if (search.issues) notes.push(...(await takeIssues(place, forge, ledger, search)));
    if (search.ci) notes.push(...(await takeRedCi(app, forge, ledger, search)));
    return { notes, unavailable: null };
  } catch (error) {
    if (!(error instanceof ClawError) || error.outcome === "interrupted") throw error;
    notes.push(`the forge was not asked: ${error.message}`);
    return { notes, unavailable: error };
  }
}

async function takeIssues(
  place: WorkPlace,
  forge: Forge,
  ledger: Ledger,
  { label, flags, root }: Search,
): Promise<string[]> {
  const notes: string[] = [];
  const desk = { ...place, app: () => Promise.resolve(place.app) };
  const issues = await forge.issuesLabelled(label);
  for (const { number } of issues) {
    try {
      const issue = await readForgeIssue(desk, { place: forge.place, number }, false);
      await take(ledger, wantedOf(FixFlags.parse(flags), issue), root, place.app.config.initiator);
    } catch (error) {
      // What is on its way, empty or a twin is for nobody's night.
      if (!(error instanceof ClawError) || (error.outcome !== "blocked" && error.outcome !== "usage")) throw error;
      notes.push(`#${number} is left out: ${error.message}`);
    }
  }
  if (issues.length === 0) notes.push(`no open issue of ${placeName(forge.place)} is labelled ${label}`);
  return notes;
}

async function takeRedCi(app: App, forge: Forge, ledger: Ledger, { root, flags }: Search): Promise<string[]> {
  const branch = await forge.defaultBranch();
  const red = await forge.redRuns(branch);
  // As with issues: what is proven becomes a draft pull request where the user lets claw open any.
  const wish = app.config.user.forge.publish ? { ...flags, pr: true } : flags;
  for (const run of red.slice(0, MOST_RED)) {
    const seen = await forge.ciRun(run.id);
    if (seen) await take(ledger, ciWork(run, seen, branch, wish), root, app.config.initiator, 1);
  }
  return red.length > MOST_RED ? [`${plural(red.length, "CI workflow")} are red; ${MOST_RED} of them were taken`] : [];
}

/** A red workflow at one commit is one task. The test that its log names first is the reproduction, where it names one. */
function ciWork(run: RedRun, { failed }: CiRun, branch: string, flags: Search["flags"]): WantedWork {
  const logs = failed.map(({ name, log }) => `${name}:\n\n${log.trim()}`).join("\n\n");
  const found = failed.flatMap(({ log }) => readBytes([Buffer.from(log)]).found);
  const file = found.find((one) => one.file !== null)?.file ?? null;
  return {
    known: ciKey(run),
    text: `CI workflow "${run.name}" is red on ${branch} at ${run.commit.slice(0, 12)}\n\n${logs}`,
    source: { kind: "ci", ref: run.url },
    trust: "tool",
    wish: { flags: { ...flags, ...(file !== null && { repro: file }) } },
  };
}

async function take(ledger: Ledger, wanted: WantedWork, repository: string, by: string, priority = 2): Promise<void> {
  const { task, added } = await wantedTask(ledger, wanted, { repository, by, details: { ...noDetails, priority } });

  await ledger.addTask(task, added);
}

/** What a night could do in a repository, in no order: tasks that are ready, and those whose person has decided. */
export async function nightWork(ledger: Ledger, root: string): Promise<readonly NightWork[]> {
  const here = (await openTasks(ledger)).filter(({ repository }) => repository === root);
  const answered = await Promise.all(here.map(async (task) => ((await isAnswered(ledger, task)) ? [task] : [])));
  const tasks = [...readyTasks(here), ...answered.flat()];
  return Promise.all(tasks.map(async (task) => workOf(task, await hasOpened(ledger, task))));
}

/** Tasks of a repository that wait for a person. */
export async function waitingTasks(ledger: Ledger, root: string): Promise<readonly NamedTask[]> {
  const waiting = (await openTasks(ledger)).filter((task) => task.repository === root && task.status === "waiting");
  const open = await Promise.all(waiting.map(async (task) => ((await isAnswered(ledger, task)) ? [] : [task])));
  return open.flat();
}

async function hasOpened(ledger: Ledger, { openRun }: NamedTask): Promise<boolean> {
  if (openRun === null) return false;
  const { events } = await ledger.read(openRun);
  return events.some((event) => event.type === "effect.done" && event.effect === "pull-request");
}

async function isAnswered(ledger: Ledger, { status, held, openRun }: NamedTask): Promise<boolean> {
  if (status !== "waiting" || held || openRun === null) return false;
  return (await ledger.read(openRun)).events.at(-1)?.type === "approval.given";
}

export const workOf = (task: NamedTask, opened = false): NightWork => ({
  key: task.source.kind === "issue" || task.source.kind === "ci" ? task.source.ref : task.task,
  kind: kindOf(task),
  title: task.title,
  priority: task.priority,
  since: Math.min(task.created, systemClock.now()),
  opened,
  task: task.task,
  source: task.source.ref === "" ? task.source.kind : task.source.ref,
});

function kindOf({ openRun, source }: NamedTask): NightKind {
  if (openRun !== null) return "parked";
  return source.kind === "ci" || source.kind === "issue" ? source.kind : "task";
}
