import type { Octokit } from "octokit";
import type { Check } from "../forge.ts";
import { isInDoubt, isRequestFailure } from "./failure.ts";
import { limitOf } from "./limits.ts";

/** GitHub takes so many in one request. */
const MAX_REMARKS = 50;

/**
 * A check run that has passed, found again by the run's id. Only GitHub Apps and the token of GitHub Actions may make one:
 * for anybody else, false.
 */
export async function showCheck(
  connected: () => Promise<Octokit>,
  at: { owner: string; repo: string },
  { commit, name, run, title, summary, remarks }: Check,
): Promise<boolean> {
  const shown = async (octokit: Octokit): Promise<boolean> => {
    const { data } = await octokit.rest.checks.listForRef({ ...at, ref: commit, check_name: name, per_page: 100 });
    return data.check_runs.some(({ external_id }) => external_id === run);
  };
  let octokit: Octokit | undefined;
  try {
    octokit = await connected();
    if (await shown(octokit)) return true;
    await octokit.rest.checks.create({
      ...at,
      name,
      head_sha: commit,
      external_id: run,
      status: "completed",
      conclusion: "success",
      output: {
        title,
        summary,
        annotations: remarks.slice(0, MAX_REMARKS).map(({ path, line, text }) => ({
          path,
          start_line: line,
          end_line: line,
          annotation_level: "notice",
          message: text,
        })),
      },
    });
    return true;
  } catch (error) {
    // An App that was never given checks is refused a token for them: 422.
    if (isRequestFailure(error) && limitOf(error) === null && [403, 404, 422].includes(error.status)) return false;
    if (octokit && isInDoubt(error) && (await shown(octokit))) return true;
    throw error;
  }
}
