import type { Octokit } from "octokit";
import type { RedRun, WantedIssue } from "../forge.ts";
import { isRequestFailure } from "./failure.ts";
import { limitOf } from "./limits.ts";

interface At {
  readonly owner: string;
  readonly repo: string;
}

const PER_PAGE = 100;
/** How a run ends that somebody should look at. */
const RED: readonly unknown[] = ["failure", "timed_out"];

/** The oldest hundred open issues with a label. Pull requests are among what GitHub lists, and left out. */
export async function issuesLabelled(octokit: Octokit, at: At, label: string): Promise<readonly WantedIssue[]> {
  const { data } = await octokit.rest.issues.listForRepo({
    ...at,
    labels: label,
    state: "open",
    sort: "created",
    direction: "asc",
    per_page: PER_PAGE,
  });
  return data
    .filter(({ pull_request }) => pull_request === undefined)
    .map(({ number, title, html_url, body, labels, created_at }) => ({
      number,
      title,
      url: html_url,
      body: body ?? "",
      labels: labels.map((one) => (typeof one === "string" ? one : (one.name ?? ""))),
      createdAt: Date.parse(created_at),
    }));
}

/** Of each CI workflow the newest finished run on a branch, where that is red. A credential that may not see runs sees none. */
export async function redRuns(octokit: Octokit, at: At, branch: string): Promise<readonly RedRun[]> {
  try {
    const { data } = await octokit.rest.actions.listWorkflowRunsForRepo({
      ...at,
      branch,
      status: "completed",
      exclude_pull_requests: true,
      per_page: PER_PAGE,
    });
    const newest = new Map<number, (typeof data.workflow_runs)[number]>();
    for (const run of data.workflow_runs) if (!newest.has(run.workflow_id)) newest.set(run.workflow_id, run);
    return [...newest.values()]
      .filter(({ conclusion }) => RED.includes(conclusion))
      .map(({ id, name, html_url, head_sha, created_at }) => ({
        id,
        name: name ?? "",
        url: html_url,
        commit: head_sha,
        at: Date.parse(created_at),
      }));
  } catch (error) {
    if (isRequestFailure(error) && error.status !== 401 && limitOf(error) === null) return [];
    throw error;
  }
}
