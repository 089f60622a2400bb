import type { Octokit } from "octokit";
import { printable } from "../../text.ts";
import type { CiEvidence } from "../forge.ts";
import { blobOf, type LeadingAnswer } from "./blob.ts";
import { isKeptBack, jobLog } from "./ci.ts";

/** Failed jobs whose logs are read, and artifacts. */
const MOST_JOBS = 30;
const MOST_ARTIFACTS = 50;
/** Of one log or artifact, and of all logs or all artifacts together, in bytes. */
const MOST_OF_ONE = 64 * 2 ** 20;
const MOST_OF_ALL = 256 * 2 ** 20;
const PATIENCE_MS = 120_000;

interface Where {
  readonly owner: string;
  readonly repo: string;
}

/** The logs of a run's failed jobs and its artifacts, one after the other; null when there is no such run, or it may not be seen. */
export async function ciEvidence(
  octokit: Octokit,
  at: Where,
  id: number,
  signal?: AbortSignal,
): Promise<CiEvidence | null> {
  const run = { ...at, run_id: id, per_page: 100 };
  try {
    const { data } = await octokit.rest.actions.getWorkflowRun({ ...at, run_id: id });
    const leftOut: string[] = [];
    const jobs = await redJobs(octokit, run);
    const logs = await logsOf(octokit, { run, jobs, leftOut, signal });
    const artifacts = await artifactsOf(octokit, { run, leftOut, signal });
    return { commit: data.head_sha, red: jobs.length > 0, logs, artifacts, leftOut };
  } catch (error) {
    if (isKeptBack(error)) return null;
    throw error;
  }
}

type Run = Where & { readonly run_id: number; readonly per_page: number };

interface RedJob {
  readonly id: number;
  readonly name: string;
}

/** A job that took longer than it may is cancelled; beside one that failed it was cancelled for that. */
async function redJobs(octokit: Octokit, run: Run): Promise<readonly RedJob[]> {
  const { data } = await octokit.rest.actions.listJobsForWorkflowRun({ ...run, filter: "latest" });
  const ended = (...how: readonly string[]) => data.jobs.filter(({ conclusion }) => how.includes(conclusion ?? ""));
  const failed = ended("failure", "timed_out");
  return failed.length > 0 ? failed : ended("cancelled");
}

interface Reading {
  readonly run: Run;
  /** What is not read is told here. */
  readonly leftOut: string[];
  readonly signal: AbortSignal | undefined;
}

async function logsOf(
  octokit: Octokit,
  { run, jobs, leftOut, signal }: Reading & { readonly jobs: readonly RedJob[] },
): Promise<CiEvidence["logs"]> {
  if (jobs.length > MOST_JOBS) leftOut.push(`${jobs.length - MOST_JOBS} more jobs failed: their logs were not read`);
  const logs: CiEvidence["logs"][number][] = [];
  let room = MOST_OF_ALL;
  for (const { id, name } of jobs.slice(0, MOST_JOBS)) {
    const answer = await jobLog(octokit, { owner: run.owner, repo: run.repo, job_id: id }).catch(unlessKeptBack);
    const log = answer && (await taken(answer, Math.min(room, MOST_OF_ONE), signal));
    if (!log) leftOut.push(`the log of ${printable(name)} cannot be had`);
    else logs.push({ name, ...log });
    room -= log?.bytes.length ?? 0;
  }
  return logs;
}

async function artifactsOf(octokit: Octokit, { run, leftOut, signal }: Reading): Promise<CiEvidence["artifacts"]> {
  const list = await octokit.rest.actions.listWorkflowRunArtifacts({ ...run }).catch(unlessKeptBack);
  const all = list?.data.artifacts ?? [];
  if (all.length > MOST_ARTIFACTS)
    leftOut.push(`${all.length - MOST_ARTIFACTS} more artifacts were not read: the first ${MOST_ARTIFACTS} were`);
  const artifacts: CiEvidence["artifacts"][number][] = [];
  let room = MOST_OF_ALL;
  for (const { id, name, size_in_bytes: size, expired } of all.slice(0, MOST_ARTIFACTS)) {
    const most = Math.min(room, MOST_OF_ONE);
    const archive = expired || size > most ? null : await artifact(octokit, { ...run, artifact_id: id }, most, signal);
    if (archive && !archive.cut) artifacts.push({ name, archive: archive.bytes });
    else {
      const why = expired ? "has expired" : archive?.cut || size > most ? "is too large" : "cannot be had";
      leftOut.push(`the artifact ${printable(name)} ${why}`);
    }
    room -= archive?.bytes.length ?? 0;
  }
  return artifacts;
}

async function artifact(
  octokit: Octokit,
  { owner, repo, artifact_id }: Where & { readonly artifact_id: number },
  most: number,
  signal?: AbortSignal,
): Promise<Taken | null> {
  const asked = { owner, repo, artifact_id, archive_format: "zip", request: { mayRedirect: true } };
  const answer = await octokit.rest.actions.downloadArtifact(asked).catch(unlessKeptBack);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the type knows only the redirection
  return answer && taken(answer as unknown as LeadingAnswer, most, signal);
}

function unlessKeptBack(error: unknown): null {
  if (isKeptBack(error)) return null;
  throw error;
}

interface Taken {
  readonly bytes: Uint8Array;
  readonly cut: boolean;
}

/** The first `most` bytes; null where they cannot be had. */
async function taken(answer: LeadingAnswer, most: number, signal?: AbortSignal): Promise<Taken | null> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    const body = await blobOf(answer, PATIENCE_MS, signal);
    if (!body) return null;
    for await (const chunk of body) {
      chunks.push(chunk);
      size += chunk.length;
      if (size > most) break;
    }
  } catch {
    signal?.throwIfAborted();
    return null;
  }
  return { bytes: Buffer.concat(chunks).subarray(0, most), cut: size > most };
}
