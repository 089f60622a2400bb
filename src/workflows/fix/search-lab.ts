import { availableParallelism } from "node:os";
import type { Candidate, SuspectFile } from "../../engines/search/candidates.ts";
import type { Lab, Part } from "../../engines/search/lab.ts";
import { joinLines } from "../../suite/coverage.ts";
import { shellQuote } from "../../suite/shell.ts";
import { failedTests } from "../../suite/suite.ts";
import type { FinishAnswer, FinishRequest } from "../../tools/tool.ts";
import { baselineMs, type Localisation } from "../localise/localise.ts";
import type { Room } from "../sandboxes.ts";
import type { WorkDesk } from "../workflow.ts";
import type { Bases } from "./check.ts";
import type { SearchOptions } from "./input.ts";
import { openWorker, type Run } from "./search-worker.ts";

/** What the search engine is given to work with by a run. */
export interface LabParts {
  readonly bases: Bases;
  readonly found: Localisation;
  readonly options: SearchOptions;
  /** The run's workspace, where a change is left for claw's own check. */
  readonly room: Room;
  readonly finish: (request: FinishRequest) => Promise<FinishAnswer>;
}

/** The more workspaces, the less is gained: they share the processors with what the tests start. */
const MAX_WORKERS = 4;
/** A suite that takes longer is left to claw's own check, which runs it in any case. */
const SLOW_MS = 60_000;
/** Share of the run's time that is left which the search may use: what it finds is still to be proven. */
const FOR_SEARCH = 0.8;
const MAX_FILES = 30;
/** Longer sources are written by programs, or take minutes to parse once per candidate. */
const MAX_LETTERS = 400_000;
const MAX_RELATED = 8;

/** A lab on the base of a run, and the suspicious files that it leaves alone: too long, or no text. */
export async function searchLab(
  desk: WorkDesk,
  { bases, found, options, room, finish }: LabParts,
): Promise<Lab & { readonly leftAlone: readonly string[] }> {
  const { baseline, baseResult, reproduction } = bases;
  const shown = new Set(reproduction.files);
  const allMs = baselineMs(desk, baseline.ran);
  const others = !baseResult.structured || baseResult.tests.some(({ file }) => file === null || !shown.has(file));
  const relatedTo = relatedFiles(found, shown);
  const runOf = (part: Part, candidate: Candidate | null): Run =>
    part === "failing"
      ? { plan: reproduction.plan, files: reproduction.files }
      : { plan: baseline.plan, files: part === "related" && candidate ? relatedTo(candidate) : [] };
  const { files, leftAlone } = await suspectFiles(desk, reproduction.tree, found);
  return {
    files,
    leftAlone,
    failing: reproduction.plan.runner === "generic" ? [] : reproduction.failing,
    failedBefore: new Set(failedTests(baseResult).map(({ id }) => id)),
    partsFor: (candidate) => [
      "failing",
      ...(relatedTo(candidate).length > 0 ? (["related"] as const) : []),
      ...((others || shown.size === 0) && allMs < SLOW_MS ? (["all"] as const) : []),
    ],
    endless: reproduction.plan.hangs === true,
    allMs,
    limits: {
      candidates: options.candidates,
      wallMs: Math.min(options.seconds * 1000, FOR_SEARCH * (desk.deadline - desk.clock.now())),
      deep: options.deep,
    },
    workers: Math.max(1, Math.min(MAX_WORKERS, options.workers ?? availableParallelism())),
    signal: desk.signal,
    now: () => desk.clock.now(),
    openWorker: () => openWorker(desk, bases, runOf),
    submit: (candidate, summary) =>
      submit(desk, room, candidate, () => finish({ outcome: "done", summary, testCommands: [] })),
    attempts: desk.limits.attempts,
    record: (event) => desk.log.append(event),
    progress: (line) => desk.screen.onDelta?.({ kind: "waiting", text: line }),
  };
}

/** Test files that run a line, without those that show the bug; the same few for the same line. */
function relatedFiles(found: Localisation, shown: ReadonlySet<string>): (candidate: Candidate) => readonly string[] {
  const files = [
    ...new Set(found.executions.flatMap(({ file }) => (file === null || shown.has(file) ? [] : [file]))),
  ].toSorted();
  const reach = files.map((file) => ({
    file,
    lines: joinLines(found.executions.filter((each) => each.file === file).map(({ lines }) => lines)),
  }));
  return ({ path, line }) =>
    reach
      .filter(({ lines }) => lines.get(path)?.has(line))
      .map(({ file }) => file)
      .slice(0, MAX_RELATED);
}

/** What of the suspicious files can be searched. */
export async function suspectFiles(
  desk: { readonly clone: Pick<WorkDesk["clone"], "read"> },
  tree: string,
  { suspects }: Pick<Localisation, "suspects">,
): Promise<{ readonly files: readonly SuspectFile[]; readonly leftAlone: readonly string[] }> {
  const paths = [...new Set(suspects.map(({ path }) => path))].slice(0, MAX_FILES);
  const read = paths.map(async (path): Promise<SuspectFile[]> => {
    const text = (await desk.clone.read(tree, path))?.toString("utf8");
    const lines = new Map(suspects.filter((each) => each.path === path).map(({ line, score }) => [line, score]));
    return text === undefined || text.length > MAX_LETTERS || text.includes("\uFFFD") ? [] : [{ path, text, lines }];
  });
  const files = (await Promise.all(read)).flat();
  return { files, leftAlone: paths.filter((path) => !files.some((file) => file.path === path)) };
}

const ORIGINAL = "/tmp/claw-search-original";

/** Leaves the change in the run's workspace if claw accepts it, and takes it out otherwise. */
async function submit(
  desk: WorkDesk,
  { sandbox }: Room,
  candidate: Candidate,
  ask: () => Promise<FinishAnswer>,
): Promise<FinishAnswer> {
  const path = shellQuote(candidate.path);
  const put = (script: string, stdin?: string) =>
    sandbox.exec(["/bin/bash", "-c", script], { signal: desk.signal, ...(stdin !== undefined && { stdin }) });
  await put(`cp ${path} ${ORIGINAL} && cat >${path}`, candidate.apply());
  const answer = await ask();
  if (!answer.accepted) await put(`cp ${ORIGINAL} ${path}`);
  return answer;
}
