import type { App } from "../../app.ts";
import { systemClock } from "../../clock.ts";
import { ClawError, UsageError } from "../../errors.ts";
import { aboutOf, jobOf } from "../../fleet/feed.ts";
import { listTasks } from "../../fleet/task-list.ts";
import { withdraw } from "../../fleet/withdraw.ts";
import type { EventOf } from "../../ledger/events.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import { taskId } from "../../ledger/tasks.ts";
import { resultOf } from "../../reports/result.ts";
import { byUrgency, foldTask, type NamedTask } from "../../views/task.ts";
import { foldRun } from "../../views/run.ts";
import type { ApiHands } from "../../web/api/route.ts";
import type { Task, WantedTask } from "../../web/api/shapes.ts";
import { cancelRun } from "../../workflows/cancel.ts";
import { approveRun, rejectRun } from "../decide-run.ts";
import { pendingDecision } from "../decision.ts";
import { readRun } from "../run-id.ts";
import type { RunRow } from "../render-runs.ts";
import { listRuns } from "../run-list.ts";

/** Where decisions over the API were said, for the record. */
const SOURCE = "claw serve --api";
const RUN = /^[0-9a-z]{12}$/;
const TASK = /^t-[0-9a-z]{12}$/;

/**
 * What the API does for a person, with the parts of this program: tasks and runs of the repositories that are theirs, given by
 * their roots. Others are not there.
 */
export async function apiHands(
  app: App,
  repositoriesOf: (person: string | null) => readonly string[],
): Promise<(person: string | null) => ApiHands> {
  const ledger = await app.ledger();
  return (person) => handsOf(app, ledger, repositoriesOf(person));
}

function handsOf(app: App, ledger: Ledger, repositories: readonly string[]): ApiHands {
  const factsOf: FactsOf = async (run) => {
    if (!RUN.test(run) || !(await ledger.find(run)).includes(run)) return null;
    const facts = await readRun(ledger, run);
    return repositories.includes(foldRun(facts.events).started?.repository ?? "") ? facts : null;
  };
  const followed = new Set<string>();
  return {
    claw: app.version,
    submit: (wanted, by) => submit(app, ledger, { wanted, by, repositories }),
    tasks: async ({ status, limit }) => {
      const query = status === undefined ? {} : { outcome: status };
      const found = await Promise.all(repositories.map((repository) => listTasks(ledger, { ...query, repository })));
      const isClosed = (task: NamedTask): number => (task.status === "closed" ? 1 : 0);
      const sorted = found.flat().toSorted((a, b) => isClosed(a) - isClosed(b) || byUrgency(a, b));
      return sorted.slice(0, limit).map(shown);
    },
    task: async (id) => {
      const task = await taskIn(ledger, repositories, id);
      return task && shown(task);
    },
    cancel: async (id, by, reason) => {
      const task = await taskIn(ledger, repositories, id);
      return task && cancel(ledger, task, by, reason);
    },
    runs: async (query) => {
      const found: RunRow[] = [];
      for (const repository of repositories)
        found.push(...(await listRuns(ledger, { ...query, repository, tell: () => {} })));
      const page = found.filter(({ broken }) => !broken).toSorted((a, b) => (a.run < b.run ? 1 : -1));
      return Promise.all(page.slice(0, query.limit).map(async ({ run }) => resultOf(await readRun(ledger, run))));
    },
    run: async (id) => {
      const facts = await factsOf(id);
      return facts && resultOf(facts);
    },
    ...decisionsOf(app, ledger, factsOf),
    // Asked again and again of one run: whose it is is looked up once, and only what is new is read.
    events: async (id, from) => {
      if (!followed.has(id) && !(await factsOf(id))) return null;
      followed.add(id);
      const more = await ledger.active(id);
      return { events: await ledger.since(id, from), more };
    },
  };
}

type FactsOf = (run: string) => Promise<Awaited<ReturnType<typeof readRun>> | null>;

/** What waits for people, and their word about it. */
function decisionsOf(app: App, ledger: Ledger, factsOf: FactsOf): Pick<ApiHands, "pending" | "approve" | "reject"> {
  const pendingOf = async (run: string) => ((await factsOf(run)) ? pendingDecision(app, ledger, run) : null);
  return {
    pending: async (id) => {
      const pending = await pendingOf(id);
      if (!pending) return null;
      const { run, diff, facts } = pending;
      return { run, diff, patch: await ledger.text(diff), reason: foldRun(facts.events).end?.reason ?? "" };
    },
    approve: async (id, { by, diff, days }) => {
      const pending = await pendingOf(id);
      if (!pending) return null;
      if (pending.diff !== diff)
        throw new ClawError(`run ${id} waits for a decision about another change`, {
          outcome: "blocked",
          hint: `read it: /v1/runs/${id}/pending`,
        });
      await approveRun(app, pending, personWith(by), days);
      return { run: pending.run, by, diff };
    },
    reject: async (id, { by, reason }) => {
      const pending = await pendingOf(id);
      if (!pending) return null;
      await rejectRun(app, pending, personWith(by), reason);
      return { run: pending.run, by, diff: pending.diff };
    },
  };
}

/** Whose token it is says the configuration; neither git nor this machine's account says anything about them. */
const personWith = (by: string) => ({ by, identity: null, login: null, known: "token", source: SOURCE }) as const;

async function submit(
  app: App,
  ledger: Ledger,
  {
    wanted,
    by,
    repositories,
  }: { readonly wanted: WantedTask; readonly by: string; readonly repositories: readonly string[] },
): Promise<Task & { readonly added: boolean }> {
  const { title, body, priority, labels, acceptance, key } = wanted;
  const repository = wanted.repository ?? repositories[0];
  if (repository === undefined || !repositories.includes(repository))
    throw new UsageError(
      `${repository ?? "no repository"} is not among yours here`,
      `yours are: ${repositories.join(", ")}`,
    );
  // Two persons may choose the same key for what they want.
  const task = taskId("api", repository, by, key ?? "", key === undefined ? systemClock.newId() : "");
  const added: EventOf<"task.added"> = {
    type: "task.added",
    title,
    body: body === "" ? null : await ledger.keep(`${title}\n\n${body}`),
    priority,
    labels,
    acceptance: acceptance ?? null,
    due: null,
    held: false,
    wish: {},
    source: { kind: "person", ref: SOURCE },
    trust: "member",
    repository,
    workflow: "fix",
    links: [],
    by,
  };
  const isNew = await ledger.addTask(task, added);
  const state = await stateOf(ledger, task);
  if (!state) throw new UsageError(`task ${task} is damaged`, "look with claw audit verify");
  if (isNew) {
    const now = systemClock.now();
    await ledger.queue.move([
      {
        kind: "add",
        now,
        job: jobOf(state, aboutOf(state, app.config.user.model ?? ""), { id: systemClock.newId(), now }),
      },
    ]);
  }
  return { ...shown(state), added: isNew };
}

/** Closes it, takes its job out of the queue, and stops the run that works on it. */
async function cancel(ledger: Ledger, task: NamedTask, by: string, reason: string): Promise<Task> {
  if (task.status === "closed") return shown(task);
  const { task: id, openRun } = task;
  await ledger.tellTask(id, [{ type: "task.closed", outcome: "cancelled", reason, by }]);
  await withdraw(ledger, [id]);
  if (openRun !== null && (await ledger.active(openRun))) await cancelRun(ledger, openRun, by);
  return shown((await stateOf(ledger, id)) ?? task);
}

async function taskIn(ledger: Ledger, repositories: readonly string[], id: string): Promise<NamedTask | null> {
  const state = TASK.test(id) ? await stateOf(ledger, id) : null;
  return state && repositories.includes(state.repository) ? state : null;
}

async function stateOf(ledger: Ledger, task: string): Promise<NamedTask | null> {
  const state = foldTask((await ledger.read(task)).events);
  return state && { ...state, task };
}

const shown = ({
  task,
  title,
  status,
  priority,
  labels,
  source,
  repository,
  workflow,
  by,
  runs,
  openRun,
  created,
  updated,
  end,
}: NamedTask): Task => ({
  task,
  title,
  status,
  priority,
  labels: [...labels],
  source: { ...source },
  repository,
  workflow,
  by,
  runs: [...runs],
  openRun,
  created,
  updated,
  end: end && { ...end },
});
