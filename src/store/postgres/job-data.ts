import { hash } from "node:crypto";
import { type Job, type JobState, type NewJob, type Priority, rankOf, type Try, withTry } from "../queue.ts";

/**
 * What a job says that pg-boss has no column for. Texts from outside are JSON within a text: PostgreSQL's own JSON does not
 * take every character.
 */
export interface JobData extends Omit<NewJob, "at"> {
  /** See `rankOf`. */
  readonly rank: number;
  readonly tries: number;
  readonly crashes: number;
  /** JSON. */
  readonly history: string;
}

/** A job as the looks give it. */
export interface JobRow {
  readonly uuid: string;
  readonly data: JobData;
  readonly state: JobState;
  /** pg-boss's number of its tries: every claim has another one. */
  readonly fence: number;
  readonly at: number;
  readonly added: number;
  readonly started: number;
  readonly ended: number;
  /** How its last try went that nothing came after: JSON; null: there was none. */
  readonly last: string | null;
  readonly owner: string;
  readonly until: number;
}

/** pg-boss's own name of a job. */
export function uuidOf(id: string): string {
  const hex = hash("sha256", id);
  // The form that RFC 9562 leaves to everybody: version 8.
  return [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    "-",
  );
}

/** One job at a time has a key: without one of its own it is its id. */
export const keyOf = ({ dedupe, id }: Pick<NewJob, "dedupe" | "id">): string =>
  dedupe === null ? `id ${id}` : `key ${dedupe}`;

/** What limits and workers go by, as the group of a job. */
export type Group = readonly [kind: string, lane: string, role: string, model: string, repository: string];

export const groupOf = ({ kind, lane, role, model, repository }: Omit<NewJob, "at">): string =>
  JSON.stringify([kind, lane, role, model, repository] satisfies Group);

/** Above every job that only waits: a job that somebody asked for. */
export const ASKED_FOR = 2 ** 31 - 1;

const EPOCH_S = Date.UTC(2026, 0) / 1000;

/**
 * A rank as pg-boss's priority, where the highest comes first: a whole number of 32 bits, so it is to a second. Within a second
 * the one comes first that came first.
 */
export const priorityOf = (rank: number): number =>
  Math.max(-(2 ** 31), Math.min(ASKED_FOR - 1, EPOCH_S - Math.floor(rank / 1000)));

export function dataOf(job: NewJob, now: number): JobData {
  const { at: _, ...about } = job;
  return { ...about, rank: rankOf(job.priority, now), tries: 0, crashes: 0, history: "[]" };
}

/** Every try that is over, with the one that nothing came after: JSON. */
export const historyOf = ({ data, last }: Pick<JobRow, "data" | "last">): string =>
  last === null ? data.history : withTry(data.history, JSON.parse(last) as Try);

export function jobIn({ data, state, at, added, started, ended, owner, until, last }: JobRow): Job {
  const { rank: _, priority, ...about } = data;
  const history = JSON.parse(historyOf({ data, last })) as Try[];
  return { ...about, priority: priority as Priority, state, at, added, started, ended, owner, until, history };
}
