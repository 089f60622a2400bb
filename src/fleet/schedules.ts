import type { Clock } from "../clock.ts";
import { SlotTaken, UsageError } from "../errors.ts";
import type { EventOf } from "../ledger/events.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { ScheduleFacts } from "../ledger/schedules.ts";
import { scheduleStream } from "../ledger/schedules.ts";
import { taskId } from "../ledger/tasks.ts";
import type { Decider } from "../policy/approval.ts";
import type { Schedule } from "../policy/schedule.ts";
import { dueAt, nextSlot } from "../policy/slots.ts";
import type { JobMove } from "../store/queue.ts";
import { foldSchedule, type ScheduleState } from "../views/schedule.ts";
import { foldTask } from "../views/task.ts";

/** What schedules are kept with. `jobFor`: the job that a task is done as. */
export interface Keeper {
  readonly ledger: Pick<Ledger, "read" | "keep" | "schedules" | "dueSchedules" | "tellSchedule">;
  readonly clock: Pick<Clock, "now">;
  readonly jobFor: (task: string, added: EventOf<"task.added">) => readonly JobMove[];
}

/** Those that are due at once: more of them are looked at a moment later. */
const AT_ONCE = 100;

/** A schedule as it stands; null when there never was one of this name. */
export const readSchedule = async ({ ledger }: Pick<Keeper, "ledger">, name: string): Promise<ScheduleState | null> =>
  foldSchedule((await ledger.read(scheduleStream(name))).events);

/** All schedules that were not removed, in order of their names. */
export async function allSchedules(keeper: Pick<Keeper, "ledger">): Promise<readonly ScheduleState[]> {
  const rows = await keeper.ledger.schedules();
  const states = await Promise.all(rows.map(({ name }) => readSchedule(keeper, name)));
  return states.filter((state) => state !== null).filter(({ status }) => status !== "removed");
}

/** A schedule that a person adds, or takes over from claw.yaml, and so enables. */
export interface NewSchedule {
  readonly name: string;
  readonly says: Schedule;
  readonly repository: string;
  /** The commit whose claw.yaml proposed it. */
  readonly proposed?: string;
  readonly person: Decider;
}

/** Adds a schedule and enables it. UsageError where there is one of this name that says something else, or that never comes. */
export async function addSchedule(
  keeper: Keeper,
  { name, says, repository, proposed, person }: NewSchedule,
): Promise<ScheduleState> {
  const before = await readSchedule(keeper, name);
  if (before && before.status !== "removed" && before.repository !== repository)
    throw new UsageError(
      `there is a schedule ${name} already, of ${before.repository}`,
      `give it another name, or remove that one: claw schedule remove ${name}`,
    );
  const now = keeper.clock.now();
  const due = nextSlot(says, now, now);
  if (due === null) throw new UsageError(`${name} would never come`, "give it times that lie ahead");
  const body = says.body === "" ? null : await keeper.ledger.keep(says.body);
  await tell(keeper, name, before, {
    facts: [
      {
        type: "schedule.added",
        name,
        says: { ...says, body },
        repository,
        ...(proposed !== undefined && { proposed }),
        ...asWho(person),
      },
      { type: "schedule.enabled", due, ...asWho(person) },
    ],
    to: due,
  });
  return known(keeper, name);
}

/** Lets a schedule that was disabled come again, from now on. */
export async function enableSchedule(keeper: Keeper, name: string, person: Decider): Promise<ScheduleState> {
  const state = await known(keeper, name);
  if (state.status === "enabled") return state;
  const due = nextSlot(state.says, state.since, keeper.clock.now());
  if (due === null)
    throw new UsageError(`${name} has ended: it never comes again`, "add it anew: claw schedule add --help");
  await tell(keeper, name, state, { facts: [{ type: "schedule.enabled", due, ...asWho(person) }], to: due });
  return known(keeper, name);
}

/** From now on it does nothing: kept, or removed for good. */
export async function endSchedule(
  keeper: Keeper,
  name: string,
  type: "schedule.disabled" | "schedule.removed",
  person: Decider,
): Promise<ScheduleState> {
  const state = await known(keeper, name);
  if (type === "schedule.disabled" && state.status === "disabled") return state;
  await tell(keeper, name, state, { facts: [{ type, ...asWho(person) }], to: 0 });
  return { ...state, status: type === "schedule.disabled" ? "disabled" : "removed", due: 0, enabledBy: null };
}

/** What came of a schedule whose time had come, or that a person ran. */
export interface Firing {
  readonly name: string;
  readonly task: string | null;
  readonly late: boolean;
  /** Why it added nothing. */
  readonly skipped: "missed" | "unfinished" | null;
}

/** Adds its task now, whatever time it is; when it is due next stays as it is. */
export async function runSchedule(keeper: Keeper, name: string, person: Decider): Promise<Firing> {
  const state = await known(keeper, name);
  if (await isUnfinished(keeper, state))
    return { name, task: state.last?.task ?? null, late: false, skipped: "unfinished" };
  const task = newTask(keeper, state, { slot: `by hand ${keeper.clock.now()}`, by: person.by });
  const fired = {
    type: "schedule.fired",
    slot: null,
    late: false,
    task: task.id,
    due: state.due,
    by: person.by,
  } as const;
  await tell(keeper, name, state, { facts: [fired], to: state.due, task });
  return { name, task: task.id, late: false, skipped: null };
}

/**
 * Adds the tasks of all schedules whose time has come. However many processes do so at once, on however many machines: each
 * time of a schedule adds one task, once. Gives what this one did.
 */
export async function fireDue(keeper: Keeper): Promise<readonly Firing[]> {
  const done: Firing[] = [];
  for (const { name, due } of await keeper.ledger.dueSchedules(keeper.clock.now(), AT_ONCE)) {
    try {
      const firing = await fire(keeper, name, due);
      if (firing) done.push(firing);
    } catch (error) {
      if (!(error instanceof SlotTaken)) throw error; // another one was quicker
    }
  }
  return done;
}

async function fire(keeper: Keeper, name: string, slot: number): Promise<Firing | null> {
  const state = await readSchedule(keeper, name);
  if (state?.status !== "enabled" || state.due !== slot) {
    // Another one wrote meanwhile, and this is refused; or the time is not what the facts say: from now on it is.
    await keeper.ledger.tellSchedule({ name, facts: [], from: slot, to: state?.due ?? 0 });
    return null;
  }
  const { fires, late, next } = dueAt(state.says, state.since, slot, keeper.clock.now());
  const to = next ?? 0;
  const skipped = fires ? ((await isUnfinished(keeper, state)) ? "unfinished" : null) : "missed";
  if (skipped !== null) {
    await tell(keeper, name, state, { facts: [{ type: "schedule.skipped", slot, due: to, reason: skipped }], to });
    return { name, task: null, late, skipped };
  }
  const task = newTask(keeper, state, { slot: String(slot), by: state.enabledBy?.by ?? "" });
  await tell(keeper, name, state, {
    facts: [{ type: "schedule.fired", slot, late, task: task.id, due: to }],
    to,
    task,
  });
  return { name, task: task.id, late, skipped: null };
}

type Told = Pick<ScheduleFacts, "facts" | "to" | "task">;

const tell = ({ ledger }: Keeper, name: string, before: ScheduleState | null, told: Told): Promise<void> =>
  ledger.tellSchedule({ name, from: before?.due ?? 0, ...told });

async function known(keeper: Pick<Keeper, "ledger">, name: string): Promise<ScheduleState> {
  const state = await readSchedule(keeper, name);
  if (state && state.status !== "removed") return state;
  throw new UsageError(`there is no schedule ${name}`, "list them with: claw schedule list");
}

/** Work that comes again and again does not pile up: the next one waits for the last. */
async function isUnfinished({ ledger }: Pick<Keeper, "ledger">, { last }: ScheduleState): Promise<boolean> {
  if (!last) return false;
  const status = foldTask((await ledger.read(last.task)).events)?.status;
  return status === "open" || status === "running" || status === "paused" || status === "waiting";
}

function newTask(
  { jobFor }: Keeper,
  { name, says, repository }: ScheduleState,
  { slot, by }: { readonly slot: string; readonly by: string },
): NonNullable<Told["task"]> {
  const { workflow, title, body, priority, labels } = says;
  const id = taskId("schedule", name, slot);
  const added: EventOf<"task.added"> = {
    type: "task.added",
    title,
    body,
    priority,
    labels,
    acceptance: null,
    due: null,
    held: false,
    wish: {},
    source: { kind: "schedule", ref: name },
    trust: "user",
    repository,
    workflow,
    links: [],
    by,
  };
  return { id, added, jobs: jobFor(id, added) };
}

const asWho = ({ by, identity, login }: Decider): Pick<Decider, "by" | "identity" | "login"> => ({
  by,
  ...(identity !== undefined && { identity }),
  ...(login !== undefined && { login }),
});
