import { nanoOf } from "../../budgets.ts";
import { money } from "../../text.ts";
import type { Part, SessionScreen } from "../../tui/session/screen.ts";
import { latest } from "../../views/run.ts";
import type { Recorded } from "../../ledger/events.ts";
import type { Wish } from "../../workflows/chat/person.ts";
import { costPart, helpPart, permissionsPart } from "./tellings.ts";

/** What a session at a terminal knows besides its run. */
export interface Attendance {
  /** What the next run begins with, and what the status line tells. */
  model: string | undefined;
  usdNano: number | null;
  /** Facts of the run that goes on; none before the first words. */
  events: Recorded[];
  /** The session that the person wants to go on with instead. */
  wanted: string | null;
  /** They want to begin anew. */
  afresh: boolean;
}

/** What commands do that is no wish of the run's. */
export interface Errands {
  fix(words: string, signal: AbortSignal): Promise<void>;
  sessions(): Promise<Part>;
  /** The session that a person means. Throws UsageError. */
  session(prefix: string): Promise<string>;
}

export interface Room {
  readonly screen: SessionScreen;
  readonly state: Attendance;
  readonly errands: Errands;
  readonly signal: AbortSignal;
}

/** A wish for the run; null where the command is done with; "leave" the session. */
type Granted = Wish | null | "leave";
type Slash = (rest: string, room: Room) => Granted | Promise<Granted>;

function note({ screen }: Room, text: string, mark: "·" | "!" = "·"): null {
  screen.show({ kind: "note", mark, text });
  return null;
}

const show = ({ screen }: Room, part: Part): null => {
  screen.show(part);
  return null;
};

const isRunning = ({ state }: Room): boolean => state.events.length > 0;

/** A wish that means something only once a run goes on. */
const once =
  (wish: Wish): Slash =>
  (_, room) =>
    isRunning(room) ? wish : note(room, "nothing has been asked yet", "!");

const leave: Slash = () => "leave";

/** The model forgets; what the session changed stays with it. */
function begin(_: string, room: Room): Granted {
  if (!isRunning(room)) return note(room, "nothing has been asked yet", "!");
  room.state.afresh = true;
  return "leave";
}

/** Commands that only tell something: they need not wait until the model rests. */
export const telling: ReadonlySet<string> = new Set(["help", "cost", "permissions"]);

/** What each command means; the help tells them in its own order. */
export const slashes: Readonly<Record<string, Slash>> = {
  help: (_, room) => show(room, helpPart()),
  quit: leave,
  exit: leave,
  new: begin,
  clear: begin,
  diff: once({ kind: "diff" }),
  apply: once({ kind: "apply" }),
  undo: once({ kind: "undo" }),
  compact: once({ kind: "compact" }),
  retry: once({ kind: "again" }),
  cost: (_, room) => show(room, costPart(room.state.events, room.state.usdNano)),
  permissions: (_, room) => show(room, permissionsPart(room.state.events)),
  review: (rest) => ({ kind: "say", text: reviewText(rest) }),
  model,
  budget,
  async fix(rest, room) {
    if (rest === "") return note(room, "say what is wrong, or the issue's number: /fix <issue>", "!");
    await room.errands.fix(rest, room.signal);
    return null;
  },
  async resume(rest, room) {
    if (rest === "") return show(room, await room.errands.sessions());
    room.state.wanted = await room.errands.session(rest);
    return "leave";
  },
};

function model(rest: string, room: Room): Granted {
  if (rest === "") return note(room, modelText(room.state));
  if (isRunning(room)) return { kind: "model", choice: rest };
  room.state.model = rest;
  room.screen.status({ model: rest });
  return note(room, `${rest} is asked with your first words`);
}

function budget(rest: string, room: Room): Granted {
  const { screen, state } = room;
  if (rest === "") return show(room, costPart(state.events, state.usdNano));
  const dollars = Number(rest.replace(/^\$/, ""));
  if (!Number.isFinite(dollars) || dollars <= 0 || dollars > 10_000)
    return note(room, "a budget is a number of dollars, such as /budget 5", "!");
  const usdNano = nanoOf(dollars) ?? 0;
  if (isRunning(room)) return { kind: "budget", usdNano };
  state.usdNano = usdNano;
  screen.status({ usdNano });
  return note(room, `the budget of this session is ${money(usdNano)}`);
}

function modelText({ events, model: begun }: Attendance): string {
  const now = latest(events, "model.chosen")?.label ?? latest(events, "run.started")?.model?.label ?? begun;
  return `${now ?? "the model of config.yaml"} answers; another one: /model <endpoint>/<model> (claw models list tells which)`;
}

const reviewText = (words: string): string =>
  `Review ${words === "" ? "the change that this session and I have made so far (git diff HEAD, and untracked files)" : words}. Look for what is wrong or missing: bugs, cases that are not handled, tests that would fail or are lacking. Name each finding with path:line, the worst first, and say so when there is none. Change nothing.`;
