import type { Octokit } from "octokit";
import type { CiRun } from "../forge.ts";
import type { LeadingAnswer } from "./blob.ts";
import { isRequestFailure } from "./failure.ts";
import { limitOf } from "./limits.ts";
import { logText } from "./log.ts";

/** Jobs of a run whose logs are read. */
const MAX_JOBS = 2;

/** A workflow run with the ends of the logs of its failed jobs; null when there is none, or it may not be seen. */
export async function ciRun(
  octokit: Octokit,
  at: { owner: string; repo: string },
  id: number,
  signal?: AbortSignal,
): Promise<CiRun | null> {
  const run = { ...at, run_id: id };
  try {
    const { data } = await octokit.rest.actions.getWorkflowRun(run);
    const { data: list } = await octokit.rest.actions.listJobsForWorkflowRun({
      ...run,
      filter: "latest",
      per_page: 100,
    });
    const failed = list.jobs.filter(({ conclusion }) => conclusion === "failure").slice(0, MAX_JOBS);
    const log = (job_id: number): Promise<string> => logOf(octokit, { ...at, job_id }, signal);
    return {
      id,
      name: data.name ?? "",
      status: data.conclusion ?? data.status ?? "unknown",
      commit: data.head_sha,
      failed: await Promise.all(failed.map(async (job) => ({ name: job.name, log: await log(job.id) }))),
    };
  } catch (error) {
    if (isKeptBack(error)) return null;
    throw error;
  }
}

/** It is not there, or not shown: the server has not failed, and is not asked too much. */
export const isKeptBack = (error: unknown): boolean =>
  isRequestFailure(error) && [403, 404, 410, 422].includes(error.status) && limitOf(error) === null;

/** A log that is gone is empty. */
async function logOf(octokit: Octokit, job: Job, signal?: AbortSignal): Promise<string> {
  try {
    return await logText(await jobLog(octokit, job), signal);
  } catch (error) {
    if (isKeptBack(error)) return "";
    throw error;
  }
}

interface Job {
  readonly owner: string;
  readonly repo: string;
  readonly job_id: number;
}

/** The forge answers with a job's log, or with the address of one. */
export const jobLog = async (octokit: Octokit, job: Job): Promise<LeadingAnswer> =>
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the type knows only the redirection
  (await octokit.rest.actions.downloadJobLogsForWorkflowRun({
    ...job,
    request: { mayRedirect: true },
  })) as unknown as LeadingAnswer;
