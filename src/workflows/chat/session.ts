import type { Agent } from "../../agent/agent.ts";
import { shortenNow, takeTurn, type Talk } from "../../agent/talk.ts";
import { ClawError } from "../../errors.ts";
import type { EventOf } from "../../ledger/events.ts";
import { ModelError } from "../../models/model-error.ts";
import { roles } from "../../policy/roles.ts";
import { nanoOf } from "../../budgets.ts";
import { money, plural } from "../../text.ts";
import { latest, ofType } from "../../views/run.ts";
import { runLimit } from "../budget.ts";
import { agentFor } from "../fix/agent-for.ts";
import { environmentText, guideText } from "../fix/context.ts";
import { endOf } from "../fix/ends.ts";
import type { Room } from "../sandboxes.ts";
import { keepTree } from "../snapshots.ts";
import type { RunEnd, WorkDesk } from "../workflow.ts";
import { type Opened, SESSION } from "./open.ts";
import type { Counts, News, Person, Wish } from "./person.ts";
import { bringOver, isInPlace, notInPlace } from "./in-place.ts";
import { takenTree, takeOver } from "./take-over.ts";
import { treesOf } from "./trees.ts";

interface Place {
  /** The session's workspace, and the sandbox around it. */
  readonly dir: string;
  readonly room: Room;
  readonly opened: Opened;
}

interface Seat extends Place {
  readonly desk: WorkDesk;
  readonly person: Person;
  readonly talk: Talk;
}

/** Does what the person wants, one wish after the other, until they leave or something ends the run. */
export async function holdSession(desk: WorkDesk, place: Place): Promise<RunEnd> {
  const { person = nobody } = desk.screen;
  const slots = {
    environment: environmentText(desk, desk.manifest.test.command ?? null),
    guide: await guideText(desk),
  };
  const by = latest(desk.log.events, "run.started")?.initiator ?? "";
  const seat: Seat = { ...place, desk, person, talk: { id: SESSION, slots, by } };
  const { tree: start } = place.opened;
  if (person.stays) await bringOver(desk, start);
  for (let wish = brokeOff(desk) ? again : await person.next(desk.signal); wish !== null;) {
    const end = await grant(wish, seat);
    if (end) return end;
    wish = await person.next(desk.signal);
  }
  const notTaken = person.stays ? null : notInPlace(desk, await bringOver(desk, start));
  const questions = ofType(desk.log.events, "turn.ended").length;
  const failed = latest(desk.log.events, "turn.ended");
  if (!person.stays && failed && failed.how !== "answered") return unanswered(failed);
  return (
    notTaken ?? {
      outcome: "done",
      reason: `the session was left after ${plural(questions, "question")}`,
      hint: `go on with it: claw resume ${desk.log.run}`,
      pauses: true,
    }
  );
}

const again: Wish = { kind: "again" };

/** Whoever resumes a session without a terminal has its last turn finished, and nothing more. */
const nobody: Person = {
  next: () => Promise.resolve(null),
  turn: () => new AbortController().signal,
  told: () => {},
  stays: false,
};

/** Is there a turn that no process has brought to its end? */
function brokeOff({ log }: WorkDesk): boolean {
  const spoke = log.events.findLastIndex((event) => event.type === "message.added" && event.about === "person");
  return spoke > log.events.findLastIndex((event) => event.type === "turn.ended");
}

/** How a run ends whose only question has no answer. */
function unanswered({ how, detail }: EventOf<"turn.ended">): RunEnd {
  if (how === "stuck" || how === "over-budget") return { ...endOf({ reason: how, detail }, "stuck"), pauses: true };
  return { outcome: "interrupted", reason: detail || "the turn was stopped", hint: "continue with: claw resume <run>" };
}

async function grant(wish: Wish, seat: Seat): Promise<RunEnd | null> {
  const { person } = seat;
  try {
    if (wish.kind === "say" || wish.kind === "again") return await turn(wish.kind === "say" ? wish.text : null, seat);
    person.told(await errands[wish.kind](wish as never, seat));
    if (wish.kind === "undo" && person.stays) await bringOver(seat.desk, seat.opened.tree);
  } catch (error) {
    if (!person.stays || !(error instanceof ClawError) || seat.desk.signal.aborted) throw error;
    if (!mendable.has(error.outcome)) throw error;
    person.told({ kind: "failed", message: error.message, hint: error.hint });
  }
  return null;
}

/** What a person who is still there can do something about: the session goes on. */
const mendable: ReadonlySet<string> = new Set(["usage", "model-unavailable", "workspace", "over-budget"]);

type Errands = {
  readonly [Kind in Exclude<Wish["kind"], "say" | "again">]: (
    wish: Extract<Wish, { readonly kind: Kind }>,
    seat: Seat,
  ) => Promise<News>;
};

const errands: Errands = {
  async compact(_, seat) {
    if (ofType(seat.desk.log.events, "model.replied").length === 0)
      return { kind: "refused", text: "there is nothing to shorten yet" };
    const shortened = await shortenNow(SESSION, await agentOf(seat), seat.desk.signal);
    const event = latest(seat.desk.log.events, "session.compacted");
    return shortened && event
      ? { kind: "done", text: `shortened from ${event.before.tokens} to ${event.after.tokens} tokens` }
      : { kind: "refused", text: "the session is short: nothing could be left out" };
  },
  undo: (_, seat) => undo(seat),
  async diff(_, { desk, dir, opened }) {
    const { patch } = await desk.clone.diff(opened.tree, await desk.clone.snapshot(dir));
    return { kind: "diff", patch: patch.toString("utf8") };
  },
  async apply(_, { desk, dir, opened }) {
    return takeOver(desk, { start: opened.tree, tree: await desk.clone.snapshot(dir), standing: false });
  },
  async model({ choice }, { desk, talk }) {
    const { info } = await desk.connect(choice);
    await desk.log.append({ type: "model.chosen", session: SESSION, by: talk.by, choice, label: info.label });
    return { kind: "done", text: `${info.label} answers from here on` };
  },
  async budget({ usdNano }, { desk, talk }) {
    const { limits, budgets } = desk.manifest;
    const most = [nanoOf(limits.usd), nanoOf(budgets.run)].filter((nano) => nano !== null);
    const allowed = Math.min(usdNano, ...most);
    await desk.log.append({ type: "budget.changed", by: talk.by, usdNano: allowed });
    const cut = allowed < usdNano ? " (claw.yaml allows no more)" : "";
    return { kind: "done", text: `the budget of this session is ${money(allowed)}${cut}` };
  },
};

/** The agent as it is now: model and limits may have changed since the last turn. */
async function agentOf({ desk, dir, room }: Seat): Promise<Agent> {
  const limits = { ...desk.limits, usdNano: runLimit(desk.log, desk.limits.usdNano) };
  const finish = (): Promise<never> => Promise.reject(new Error("a session with a person has no finish"));
  return agentFor({ ...desk, limits }, roles.chat, { sandbox: room.sandbox, finish, dir, session: SESSION });
}

/** One turn of the model's, and what it left in the workspace. */
async function turn(words: string | null, seat: Seat): Promise<RunEnd | null> {
  const { desk, person, talk } = seat;
  const stop = person.turn();
  let changed: Counts | null = null;
  try {
    const end = await takeTurn(talk, await agentOf(seat), words, { signal: desk.signal, stop });
    if (end.type === "session.ended") return { ...endOf(end, "stuck"), hint: "start a new session: claw" };
    changed = await rest(seat, end);
    const { type: _, ...how } = end;
    person.told({ kind: "turn", ...how, changed, inPlace: isInPlace(desk) === true });
  } catch (error) {
    if (!(error instanceof ModelError) || desk.signal.aborted) throw error;
    changed = await rest(seat, { how: "failed", detail: error.message });
    if (!person.stays) throw error;
    person.told({ kind: "failed", message: error.message, hint: hintFor(error) });
  }
  if (changed && person.stays) await bringOver(desk, seat.opened.tree);
  return null;
}

const hintFor = ({ hint }: ModelError): string =>
  hint.replaceAll("claw resume <run>", "/retry").replaceAll("--model", "/model");

/** The end of a turn, with what the workspace holds then; what the turn changed of it, null when nothing. */
async function rest(
  { desk, dir, opened }: Seat,
  { how, detail }: Pick<EventOf<"turn.ended">, "how" | "detail">,
): Promise<Counts | null> {
  const { log, clone } = desk;
  const before = treesOf(log.events, SESSION, opened.tree).at(-1) ?? opened.tree;
  const tree = await clone.snapshot(dir);
  await keepTree(desk, SESSION, tree);
  await log.append({ type: "turn.ended", session: SESSION, how, detail, tree });
  if (tree === before) return null;
  await recordChange(desk, opened.tree, tree);
  return countsOf(desk, before, tree);
}

/** What the session has made of the files it began with, for `claw diff` and `claw apply`. */
async function recordChange({ clone, log }: WorkDesk, from: string, to: string): Promise<void> {
  const { patch, files } = await clone.diff(from, to);
  const sum = (count: "added" | "deleted") => files.reduce((total, file) => total + (file[count] ?? 0), 0);
  await log.append({
    type: "diff.taken",
    purpose: "session",
    from,
    to,
    patch: log.put(patch),
    files: files.length,
    added: sum("added"),
    deleted: sum("deleted"),
    summary: "",
  });
}

async function countsOf({ clone }: WorkDesk, from: string, to: string): Promise<Counts> {
  const { files } = await clone.diff(from, to);
  const sum = (count: "added" | "deleted") => files.reduce((total, file) => total + (file[count] ?? 0), 0);
  return { files: files.map(({ path }) => path), added: sum("added"), deleted: sum("deleted") };
}

/** Takes back what the last turn changed that changed anything. */
async function undo({ desk, dir, opened, talk }: Seat): Promise<News> {
  const { log, clone } = desk;
  const trees = treesOf(log.events, SESSION, opened.tree);
  const now = await clone.snapshot(dir);
  const to = trees.at(-1) === now ? trees.at(-2) : trees.at(-1);
  if (to === undefined) return { kind: "refused", text: "there is no change to take back" };
  const { files } = await countsOf(desk, to, now);
  await clone.update(dir, now, to);
  await log.append({ type: "turn.undone", session: SESSION, by: talk.by, from: now, to });
  await recordChange(desk, opened.tree, to);
  const text = `claw: the person took your last changes back: ${files.join(", ")}.`;
  const message = log.putJson({ role: "user", origin: "harness", text });
  await log.append({ type: "message.added", session: SESSION, about: "note", message });
  const there =
    isInPlace(desk) !== true && takenTree(log.events) === now ? "; /apply takes it back in your files too" : "";
  return { kind: "done", text: `taken back in the session: ${files.join(", ")}${there}` };
}
