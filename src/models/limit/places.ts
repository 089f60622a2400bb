import { z } from "zod";
import type { Gauges } from "../probe/metrics.ts";
import { afterReading, afterRefusal, afterReply, type Bounds, firstPace, type Pace } from "./aimd.ts";

// Who may send a request to a server, as pure functions over a note that all claw processes of the machine share.

/** A place or a turn in the queue that nobody renews is free again: its process is gone. */
const LEASE_MS = 30_000;
const QUEUE_MS = 5_000;
/** Readings of the server's own numbers: how often, and until when the last one counts. */
const READ_EVERY_MS = 5_000;
const STALE_MS = 20_000;

const Ticket = z.object({ id: z.string(), until: z.number() });
const Note = z.object({
  held: z.array(Ticket),
  /** In the order in which they came. */
  queue: z.array(Ticket),
  pace: z.object({
    limit: z.number(),
    raisedAt: z.number(),
    heldUntil: z.number(),
    calm: z.number(),
    strained: z.number(),
    preemptions: z.number().nullable(),
    recentMs: z.number().nullable(),
    usualMs: z.number().nullable(),
  }),
  /** When somebody last went to read, and when numbers last came; null where there are none. */
  wentAt: z.number(),
  readAt: z.number().nullable(),
  /** How long a request takes, lately; and what the server said last of those that wait there, and of its cache. */
  workMs: z.number().nullable().default(null),
  waiting: z.number().default(0),
  kvUsage: z.number().nullable().default(null),
});
type Note = z.infer<typeof Note>;

interface Next<T> {
  readonly body: string | null;
  readonly result: T;
}

/** How a server is used right now. */
export interface Standing {
  readonly limit: number;
  readonly held: number;
  readonly queued: number;
}

/** The answer to who asks for a place. */
export interface Asked extends Standing {
  readonly granted: boolean;
  /** It is this one's turn to read the server's numbers. */
  readonly read: boolean;
}

/** A note that cannot be read is none; what has expired is dropped. A time far ahead comes from a clock that was wrong. */
function noteOf(body: string | null, now: number, bounds: Bounds): Note {
  const parsed = body === null ? null : Note.safeParse(json(body)).data;
  const note = parsed ?? {
    held: [],
    queue: [],
    pace: firstPace(bounds),
    wentAt: 0,
    readAt: null,
    workMs: null,
    waiting: 0,
    kvUsage: null,
  };
  const alive =
    (within: number) =>
    ({ until }: { until: number }) =>
      until > now && until - now <= within;
  const pace = { ...note.pace, limit: Math.min(note.pace.limit, bounds.most) };
  return { ...note, pace, held: note.held.filter(alive(LEASE_MS)), queue: note.queue.filter(alive(QUEUE_MS)) };
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const standing = ({ pace, held, queue }: Note): Standing => ({
  limit: Math.max(1, Math.floor(pace.limit)),
  held: held.length,
  queued: queue.length,
});

/** Asks for a place, first come, first served; to be asked again until it is granted. Whoever holds it renews it so, too. */
export function ask(body: string | null, id: string, now: number, bounds: Bounds): Next<Asked> {
  const note = noteOf(body, now, bounds);
  // A time ahead of now was written by a clock that was wrong.
  const due = now < note.wentAt || now - note.wentAt >= READ_EVERY_MS;
  const wentAt = due ? now : note.wentAt;
  if (note.held.some((ticket) => ticket.id === id)) {
    const held = note.held.map((ticket) => (ticket.id === id ? { id, until: now + LEASE_MS } : ticket));
    return answer({ ...note, held, wentAt }, true, due);
  }
  const others = note.queue.filter((ticket) => ticket.id !== id);
  const before = note.queue.findIndex((ticket) => ticket.id === id);
  const rank = before < 0 ? others.length : before;
  const { limit } = standing(note);
  if (rank < limit - note.held.length)
    return answer({ ...note, wentAt, queue: others, held: [...note.held, { id, until: now + LEASE_MS }] }, true, due);
  return answer({ ...note, wentAt, queue: others.toSpliced(rank, 0, { id, until: now + QUEUE_MS }) }, false, due);
}

const answer = (note: Note, granted: boolean, read: boolean): Next<Asked> => ({
  body: JSON.stringify(note),
  result: { granted, read, ...standing(note) },
});

/** How a request ended, as far as the pace is concerned. */
export type Ending = { readonly firstByteMs: number; readonly ms: number } | "refused" | "other";

/** Gives a place, or a turn in the queue, back. */
export function leave(body: string | null, id: string, ending: Ending, now: number, bounds: Bounds): Next<Standing> {
  const note = noteOf(body, now, bounds);
  const without = (tickets: Note["held"]) => tickets.filter((ticket) => ticket.id !== id);
  const blind = note.readAt === null || now - note.readAt > STALE_MS;
  const wanted = note.queue.length > 0;
  const pace: Pace =
    ending === "refused"
      ? afterRefusal(note.pace, now)
      : ending === "other"
        ? note.pace
        : afterReply(note.pace, ending.firstByteMs, { now, wanted, blind }, bounds);
  const workMs = typeof ending === "string" ? note.workMs : 0.8 * (note.workMs ?? ending.ms) + 0.2 * ending.ms;
  const left = { ...note, workMs, pace, held: without(note.held), queue: without(note.queue) };
  return { body: JSON.stringify(left), result: standing(left) };
}

/** The server's own numbers came. */
export function readings(body: string | null, gauges: Gauges, now: number, bounds: Bounds): Next<Standing> {
  const note = noteOf(body, now, bounds);
  const pace = afterReading(note.pace, gauges, { now, wanted: note.queue.length > 0 }, bounds);
  const next = { ...note, pace, readAt: now, waiting: gauges.waiting, kvUsage: gauges.kvUsage };
  return { body: JSON.stringify(next), result: standing(next) };
}

/** How long somebody who came now would wait, in milliseconds, as far as that is known, and how full the server's cache is. */
export interface Outlook {
  readonly waitMs: number;
  readonly kvUsage: number | null;
}

/** Changes nothing. Numbers of the server that are old count for nothing. */
export function outlook(body: string | null, now: number, bounds: Bounds): Next<Outlook> {
  const note = noteOf(body, now, bounds);
  const { limit, held, queued } = standing(note);
  const fresh = note.readAt !== null && now - note.readAt <= STALE_MS;
  const ahead = Math.max(0, held + queued + 1 - limit) + (fresh ? note.waiting : 0);
  return { body, result: { waitMs: (ahead * (note.workMs ?? 0)) / limit, kvUsage: fresh ? note.kvUsage : null } };
}

/** How many more requests could be sent at once, without those that wait already. Changes nothing. */
export function placesLeft(body: string | null, now: number, bounds: Bounds): Next<number> {
  const { limit, held, queued } = standing(noteOf(body, now, bounds));
  return { body, result: Math.max(0, limit - held - queued) };
}
