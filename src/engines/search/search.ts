import { duration, plural } from "../../text.ts";
import type { Engine, EngineEnd } from "../engine.ts";
import { type Candidate, candidatesOf } from "./candidates.ts";
import type { Lab, Trial, Worker } from "./lab.ts";
import { languageOf } from "./languages.ts";
import { openReaders } from "./parse.ts";
import { countOf, describeFind, isHopeless, type Hunt, rankOfFirst, type Stop, waveEvents } from "./tally.ts";
import { judgeCandidate, type Verdict, wallsFor } from "./validate.ts";

/** Candidates tried between two looks at the limits: few at first, more later. Constants, so that the outcome does not depend on the number of workers. */
const FIRST_CHUNK = 16;
const CHUNK = 64;
/** A worker takes a fourth of a chunk at once, but no fewer than this. */
const BATCH = 8;
/** How many more candidates are tried after the first that passes, and how many are compared at most. */
const LOOK_FURTHER = 16;
const MAX_COMPARED = 3;

const REFUSED = "what passed its tests did not pass claw's check";

interface End {
  readonly why: Stop;
  readonly detail: string;
}

/** Tries small changes until the tests pass. Needs no model, and understands nothing. */
export const search: Engine = {
  name: "search",
  async patch(assignment): Promise<EngineEnd> {
    const lab = await assignment.lab();
    const workers = await Promise.all(Array.from({ length: lab.workers }, () => lab.openWorker()));
    const walls = wallsFor(lab, workers);
    const hunt: Hunt = { lab, workers, walls, startedAt: lab.now(), verdicts: [], waveMs: new Map() };
    try {
      const { why, detail } = await seek(hunt);
      for (const event of waveEvents(hunt, why)) await lab.record(event);
      return { reason: why === "found" ? "finished" : "gave-up", detail };
    } finally {
      await Promise.all(workers.map((worker) => worker.close()));
    }
  },
};

async function seek(hunt: Hunt): Promise<End> {
  const { lab, verdicts, waveMs } = hunt;
  const gaveUp = (why: Stop, because: string): End => ({
    why,
    detail: `the search engine tried ${plural(verdicts.length, "small change")} in ${duration(lab.now() - hunt.startedAt)}: ${because}`,
  });
  let [waiting, sinceFirst, refused]: [Verdict[], number, number] = [[], 0, 0];
  const submitWaiting = async (): Promise<End | null> => {
    for (const found of waiting.toSorted(better)) {
      const answer = await submit(hunt, found);
      if (answer.accepted) return { why: "found", detail: answer.detail };
      refused += 1;
      if (refused >= lab.attempts) return gaveUp("attempts", REFUSED);
    }
    [waiting, sinceFirst] = [[], 0];
    return null;
  };

  for await (const chunk of chunks(hunt)) {
    const before = lab.now();
    const latest = await tryAll(hunt, chunk);
    const wave = chunk[0]?.wave ?? 0;
    waveMs.set(wave, (waveMs.get(wave) ?? 0) + lab.now() - before);
    verdicts.push(...latest);
    waiting.push(...latest.filter(({ fate }) => fate === "plausible"));
    lab.progress(`${plural(verdicts.length, "candidate")} tried, ${countOf(verdicts, "plausible")} passed`);
    if (waiting.length > 0) sinceFirst += chunk.length;
    const ended = waiting.length >= MAX_COMPARED || sinceFirst >= LOOK_FURTHER ? await submitWaiting() : null;
    if (ended) return ended;
  }
  const ended = await submitWaiting();
  if (ended) return ended;
  if (isSpent(hunt)) return gaveUp("limits", "its limits were reached");
  return gaveUp("exhausted", refused > 0 ? REFUSED : "no small change makes the tests pass");
}

/** The candidates in order, a few at a time, each group of one wave, until the limits are reached. */
async function* chunks(hunt: Hunt): AsyncGenerator<Candidate[]> {
  const { lab, verdicts } = hunt;
  const readers = openReaders();
  const files = [];
  for (const file of lab.files) {
    const language = languageOf(file.path);
    if (language) files.push({ file, reader: await readers(language) });
  }
  let [chunk, size]: [Candidate[], number] = [[], FIRST_CHUNK];
  for (const candidate of candidatesOf(files, lab.limits.deep ? [1, 2, 3, 4] : [1, 2, 3])) {
    if (!lab.endless && isHopeless(hunt, candidate)) continue;
    const most = Math.min(size, lab.limits.candidates - verdicts.length);
    if (chunk.length > 0 && (chunk.length >= most || chunk[0]?.wave !== candidate.wave)) {
      yield chunk;
      if (isSpent(hunt)) return;
      [chunk, size] = [[], CHUNK];
    }
    chunk.push(candidate);
  }
  if (chunk.length > 0) yield chunk;
}

const isInTime = ({ lab, startedAt }: Hunt): boolean => lab.now() - startedAt < lab.limits.wallMs;

const isSpent = (hunt: Hunt): boolean => hunt.verdicts.length >= hunt.lab.limits.candidates || !isInTime(hunt);

/** Each worker takes the next few candidates as soon as it is free, while there is time; the verdicts come in the order of the candidates. */
async function tryAll(hunt: Hunt, chunk: readonly Candidate[]): Promise<Verdict[]> {
  const verdicts: Verdict[] = [];
  let next = 0;
  const work = async (worker: Worker): Promise<void> => {
    const size = worker.manyAtOnce ? Math.max(BATCH, Math.ceil(chunk.length / 4)) : 1;
    for (let from = next; from < chunk.length && isInTime(hunt); from = next) {
      hunt.lab.signal.throwIfAborted();
      next = from + size;
      const few = chunk.slice(from, next);
      const trials = await worker.tryEach(few, hunt.walls("failing"));
      for (const [index, candidate] of few.entries())
        verdicts[from + index] = await judgeCandidate(hunt, worker, candidate, trials[index] as Trial);
    }
  };
  await Promise.all(hunt.workers.map(work));
  return verdicts;
}

/** Less suspicious first, then what is more often a fix. */
const better = (a: Verdict, b: Verdict): number =>
  Number(a.candidate.suspicious) - Number(b.candidate.suspicious) || b.candidate.score - a.candidate.score;

async function submit(hunt: Hunt, found: Verdict): ReturnType<Lab["submit"]> {
  const { lab, verdicts } = hunt;
  const { path, line, operator, suspicious } = found.candidate;
  const facts = { path, line, operator, suspicious, heldOut: found.heldOut, failing: lab.failing.length };
  await lab.record({ type: "search.found", ...facts, rank: rankOfFirst(hunt), tried: verdicts.length });
  return lab.submit(found.candidate, describeFind(hunt, found));
}
