import { type Repository, openRepository } from "../../repo/repository.ts";
import type { StartRequest, Watch } from "../../workflows/start.ts";
import type { WorkPlace } from "../fix-work.ts";
import { findBase } from "./find-base.ts";
import { forRecord } from "./for-record.ts";
import { readCiRun } from "./read-ci-run.ts";

const MINUTES = 30;

/** How a triage is to be made, where that is not as usual. */
interface TriageWish {
  /** Address of a run of CI that tells what failed, read now; without one the suite is run here. */
  readonly ciRun?: string | undefined;
  readonly against?: string | undefined;
  readonly testCommand?: string | undefined;
  readonly reruns?: number | undefined;
  readonly bisect?: number | undefined;
}

/** A triage as a worker starts it: what fails is executed again, and no model is asked. */
export async function triageWork(
  place: WorkPlace,
  { ciRun, against, testCommand, reruns = 10, bisect = 20 }: TriageWish = {},
): Promise<Omit<StartRequest, keyof Watch>> {
  const { app, cwd } = place;
  const { config } = app;
  const repository = await openRepository(cwd, { searchPath: config.path, home: config.userHome });
  const left = ciRun === undefined ? null : await readCiRun(ciRun, { ...place, app: () => Promise.resolve(app) });
  const commit = left && (await knownHere(repository, left.commit));
  const elsewhere =
    left && commit === null ? [`${left.commit} is not in this clone: executed at its HEAD instead`] : [];
  const base = await findBase(commit === null ? repository : { ...repository, head: commit }, against, config);
  const { triage: workflow } = await import("../../workflows/triage/triage.ts");
  return {
    workflow,
    cwd,
    baseRef: commit ?? undefined,
    model: { label: null },
    limits: { usdNano: null, turns: 0, tokens: 0, wallMs: MINUTES * 60_000, attempts: 1 },
    input: (put) => ({
      reports: (left?.reports ?? []).map((report) => forRecord(report, put)),
      notes: [...(left?.notes ?? []), ...elsewhere],
      testCommand: testCommand ?? null,
      base: base.commit,
      baseBecause: base.because,
      reruns,
      confidence: 0.95,
      bisect,
    }),
  };
}

/** The commit, where this clone has it. */
const knownHere = (repository: Repository, commit: string): Promise<string | null> =>
  repository.resolve(commit).catch(() => null);
