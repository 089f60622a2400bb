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
import { listRuns } from "../run-list.ts";

/** Where decisions over the API were said, for the record. */
const SOURCE = "claw serve --api";
const RUN = /^[0-9a-z]{12}$/;
const TASK = /^t-[0-9a-z]{12}$/;

/** What the API does, with the parts of this program. Tasks are for these repositories only, given by their roots. */
export async function apiHands(app: App, repositories: readonly string[]): Promise<ApiHands> {
  const ledger = await app.ledger();
  const factsOf = async (run: string) => {
    if (!RUN.test(run) || !(await ledger.find(run)).includes(run)) return null;
    return readRun(ledger, run);
  };
  const pendingOf = async (run: string) => ((await factsOf(run)) ? pendingDecision(app, ledger, run) : null);
  return {
    claw: app.version,
    submit: (wanted, by) => submit(app, ledger, { wanted, by, repositories }),
    tasks: async ({ status, limit }) => {
      const found = await listTasks(ledger, status === undefined ? {} : { outcome: status });
      const isClosed = (task: NamedTask): number => (task.status === "closed" ? 1 : 0);
      const sorted = found.toSorted((a, b) => isClosed(a) - isClosed(b) || byUrgency(a, b));
      return sorted.slice(0, limit).map(shown);
    },
    task: (id) => oneTask(ledger, id),
    cancel: (id, by, reason) => cancel(ledger, id, by, reason),
    runs: async ({ before, ...query }) => {
      const rows = await listRuns(ledger, { ...query, before, tell: () => {} });
      return Promise.all(
        rows.filter(({ broken }) => !broken).map(async ({ run }) => resultOf(await readRun(ledger, run))),
      );
    },
    run: async (id) => {
      const facts = await factsOf(id);
      return facts && resultOf(facts);
    },
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
    events: async (id, from) => {
      const facts = await factsOf(id);
      return facts && { events: facts.events.slice(from), more: facts.active };
    },
  };
}

/** Whose token it is says the configuration; neither git nor this machine's account says anything about them. */
const personWith = (by: string) => ({ by, identity: null, login: null, source: SOURCE });

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
      `this server does not serve ${repository ?? "any repository"}`,
      `it serves: ${repositories.join(", ")}`,
    );
  const task = taskId("api", repository, key ?? app.config.initiator, key === undefined ? systemClock.newId() : "");
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
async function cancel(ledger: Ledger, id: string, by: string, reason: string): Promise<Task | null> {
  const before = TASK.test(id) ? await stateOf(ledger, id) : null;
  if (!before) return null;
  if (before.status === "closed") return shown(before);
  await ledger.tellTask(id, [{ type: "task.closed", outcome: "cancelled", reason, by }]);
  await withdraw(ledger, [id]);
  if (before.openRun !== null && (await ledger.active(before.openRun))) await cancelRun(ledger, before.openRun, by);
  return oneTask(ledger, id);
}

const oneTask = async (ledger: Ledger, id: string): Promise<Task | null> => {
  const state = TASK.test(id) ? await stateOf(ledger, id) : null;
  return state && shown(state);
};

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
