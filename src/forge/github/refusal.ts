import { ClawError, UsageError } from "../../errors.ts";
import { isRequestFailure } from "./failure.ts";
import { limitOf } from "./limits.ts";

/** What a person can do about a refusal. `what` is the thing that was asked for, `host` the forge. */
export function forgeError(error: unknown, { what, host }: { what: string; host: string }): Error {
  if (error instanceof ClawError) return error;
  if (!isRequestFailure(error)) return error instanceof Error ? error : new Error(String(error));
  const unavailable = (message: string, hint: string): ClawError =>
    new ClawError(message, { outcome: "forge-unavailable", hint, cause: error });
  // A page for people says nothing in two lines.
  const said = /^\s*</.test(error.message)
    ? `status ${error.status}`
    : error.message.replace(/\s+/g, " ").slice(0, 200);
  const seconds = limitOf(error);
  if (seconds !== null)
    return unavailable(
      `${host} limits requests for longer than claw waits (${what}): ${said}`,
      `try again in ${seconds < 120 ? `${seconds} s` : `${Math.ceil(seconds / 60)} min`}; a run that stopped here goes on with claw resume`,
    );
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
        "the token needs the repository's contents, issues and pull requests; see what it may: claw doctor forge",
      );
    case 404:
    case 410:
      return new UsageError(
        `${host} finds nothing where it was asked for ${what}: it is not there, or the token may not see it`,
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
