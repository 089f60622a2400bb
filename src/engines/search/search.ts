import type { EventOf } from "../../ledger/events.ts";
import { duration, plural } from "../../text.ts";
import type { Engine, EngineEnd } from "../engine.ts";
import { type Candidate, candidatesOf } from "./candidates.ts";
import { describeFind } from "./describe.ts";
import { type Lab, MAX_TIMEOUTS, type Trial, type Worker } from "./lab.ts";
import { languageOf } from "./languages.ts";
import { openReaders } from "./parse.ts";
import { newTally, placeOf, type Tally, tallied, waveEvents } from "./tally.ts";
import { judgeCandidate, type Verdict, type Walls, wallFor } from "./validate.ts";

/** Candidates tried between two looks at the limits: few at first, more later. Constants, so that the outcome does not depend on the number of workers. */
const FIRST_CHUNK = 16;
const CHUNK = 64;
/** A worker takes a fourth of a chunk at once, but no fewer than this. */
const BATCH = 8;
/** How many more candidates are tried after the first that passes, and how many are compared at most. */
const LOOK_FURTHER = 16;
const MAX_COMPARED = 3;
/** Tries small changes until the tests pass. Needs no model, and understands nothing. */
export const search: Engine = {
  name: "search",
  async patch(assignment): Promise<EngineEnd> {
    const lab = await assignment.lab();
    const workers = await Promise.all(Array.from({ length: lab.workers }, () => lab.openWorker()));
    try {
      return await hunt(lab, workers);
    } finally {
      await Promise.all(workers.map((worker) => worker.close()));
    }
  },
};

type Stop = EventOf<"search.tried">["why"];

async function hunt(lab: Lab, workers: readonly Worker[]): Promise<EngineEnd> {
  const tally = newTally(lab.now());
  const end = async (why: Stop, last: EngineEnd): Promise<EngineEnd> => {
    for (const event of waveEvents(tally, why)) await lab.record(event);
    return last;
  };
  const walls = wallsFor(lab, workers);
  let plausible: Verdict[] = [];
  let sinceFirst = 0;
  let refused = 0;
  for await (const chunk of chunks(lab, tally)) {
    const before = lab.now();
    const verdicts = await tryAll(lab, workers, chunk, walls);
    tallied(tally, verdicts, lab.now() - before);
    lab.progress(`${plural(tally.tried, "candidate")} tried, ${plural(tally.plausible, "one")} that passes`);
    plausible = [...plausible, ...verdicts.filter(({ fate }) => fate === "plausible")];
    sinceFirst = plausible.length > 0 ? sinceFirst + chunk.length : 0;
    if (plausible.length < MAX_COMPARED && sinceFirst < LOOK_FURTHER) continue;
    for (const found of plausible.toSorted(better)) {
      const accepted = await submit(lab, found, tally);
      if (accepted !== null) return end("found", { reason: "finished", detail: accepted });
      refused += 1;
      if (refused >= lab.attempts)
        return end("attempts", gaveUp(lab, tally, "what passed its tests did not pass claw's check"));
    }
    plausible = [];
  }
  for (const found of plausible.toSorted(better)) {
    const accepted = await submit(lab, found, tally);
    if (accepted !== null) return end("found", { reason: "finished", detail: accepted });
  }
  const spent = isSpent(lab, tally);
  return end(
    spent ? "limits" : "exhausted",
    gaveUp(lab, tally, spent ? "its limits were reached" : "no small change makes the tests pass"),
  );
}

/** The candidates in order, a few at a time, each group of one wave, until the limits are reached. */
async function* chunks(lab: Lab, tally: Tally): AsyncGenerator<Candidate[]> {
  const readers = openReaders();
  const files = [];
  for (const file of lab.files) {
    const language = languageOf(file.path);
    if (language) files.push({ file, reader: await readers(language) });
  }
  let size = FIRST_CHUNK;
  let chunk: Candidate[] = [];
  for (const candidate of candidatesOf(files, lab.limits.deep ? [1, 2, 3, 4] : [1, 2, 3])) {
    if (!lab.endless && (tally.timeoutsAt.get(placeOf(candidate)) ?? 0) >= MAX_TIMEOUTS) continue;
    if (chunk.length > 0 && (chunk.length >= size || chunk[0]?.wave !== candidate.wave)) {
      yield chunk;
      if (isSpent(lab, tally)) return;
      chunk = [];
      size = CHUNK;
    }
    chunk.push(candidate);
  }
  if (chunk.length > 0) yield chunk;
}

const isSpent = (lab: Lab, tally: Tally): boolean =>
  tally.tried >= lab.limits.candidates || lab.now() - tally.startedAt >= lab.limits.wallMs;

/** Each worker takes the next few candidates as soon as it is free; the verdicts come in the order of the candidates. */
async function tryAll(
  lab: Lab,
  workers: readonly Worker[],
  chunk: readonly Candidate[],
  walls: Walls,
): Promise<Verdict[]> {
  const verdicts: Verdict[] = [];
  const size = Math.max(BATCH, Math.ceil(chunk.length / 4));
  let next = 0;
  await Promise.all(
    workers.map(async (worker) => {
      for (let from = next; from < chunk.length; from = next) {
        lab.signal.throwIfAborted();
        next = from + size;
        const few = chunk.slice(from, next);
        const trials = await worker.tryEach(few, walls("failing"));
        for (const [index, candidate] of few.entries()) {
          verdicts[from + index] = await judgeCandidate(lab, worker, candidate, trials[index] as Trial, walls);
        }
      }
    }),
  );
  return verdicts;
}

/** How long the parts may take, by how long they take without a change. */
function wallsFor({ allMs }: Lab, workers: readonly Worker[]): Walls {
  const failing = wallFor(Math.max(...workers.map(({ failingMs }) => failingMs)));
  const all = Math.max(failing, wallFor(allMs));
  return (part) => (part === "failing" ? failing : all);
}

/** Less suspicious first, then what is more often a fix. */
const better = (a: Verdict, b: Verdict): number =>
  Number(a.candidate.suspicious) - Number(b.candidate.suspicious) || b.candidate.score - a.candidate.score;

/** Null when claw's own check says no. */
async function submit(lab: Lab, found: Verdict, tally: Tally): Promise<string | null> {
  const { candidate, heldOut } = found;
  const { path, line, operator, suspicious } = candidate;
  const summary = describeFind(lab, found, tally);
  await lab.record({
    type: "search.found",
    path,
    line,
    operator,
    suspicious,
    rank: tally.rankOfFirst ?? tally.tried,
    tried: tally.tried,
    heldOut,
    failing: lab.failing.length,
  });
  const answer = await lab.submit(candidate, summary);
  return answer.accepted ? answer.detail : null;
}

const gaveUp = (lab: Lab, { tried, startedAt }: Tally, why: string): EngineEnd => ({
  reason: "gave-up",
  detail: `the search engine tried ${plural(tried, "small change")} in ${duration(lab.now() - startedAt)}: ${why}`,
});
