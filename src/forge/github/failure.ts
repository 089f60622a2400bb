import { ClawError, UsageError } from "../../errors.ts";
import { OddReply } from "./replies.ts";

/** What octokit throws: an answer with a status, or no answer at all (status 500 and no response). */
export interface RequestFailure {
  readonly status: number;
  readonly message: string;
  readonly response?: {
    readonly headers: Readonly<Record<string, string | number | undefined>>;
    readonly data: unknown;
  };
}

export const isRequestFailure = (error: unknown): error is RequestFailure & Error =>
  error instanceof Error && typeof (error as { status?: unknown }).status === "number";

/** True when nobody knows whether a write was done: the answer was lost or says nothing, or the server failed while it worked. */
export const isInDoubt = (error: unknown): boolean =>
  error instanceof OddReply || (isRequestFailure(error) && error.status >= 500);

/** What a person can do about a refusal. `what` is the thing that was asked for, `host` the forge. */
export function forgeError(error: unknown, { what, host }: { what: string; host: string }): Error {
  if (error instanceof ClawError) return error;
  if (!isRequestFailure(error)) return error instanceof Error ? error : new Error(String(error));
  const unavailable = (message: string, hint: string): ClawError =>
    new ClawError(message, { outcome: "forge-unavailable", hint, cause: error });
  const said = error.message.replace(/\s+/g, " ").slice(0, 200);
  switch (error.status) {
    case 401:
      return unavailable(
        `${host} refuses the token: ${said}`,
        `give a valid one: GITHUB_TOKEN, gh auth login, or forge.hosts in config.yaml`,
      );
    case 403:
    case 429:
      return unavailable(
        `${host} does not allow ${what}: ${said}`,
        "the token needs the repository's contents, issues and pull requests; after a rate limit, try later",
      );
    case 404:
    case 410:
      return new UsageError(
        `${what} is not on ${host}, or the token may not see it`,
        "check the number and the repository, and what the token may read",
        error,
      );
    case 422:
      return unavailable(
        `${host} refuses ${what}: ${said}`,
        "look at the repository's rules for branches and pull requests",
      );
    default:
      return unavailable(
        `${host} did not answer (${what}): ${said}`,
        "try again later; a run that stopped here goes on with claw resume",
      );
  }
}
