import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { ClawError, UsageError } from "../errors.ts";
import { readIssueName } from "../forge/place.ts";
import { readEvent, refusedEvent } from "../policy/forge-event.ts";
import { printableLine } from "../text.ts";
import type { CommandDesk } from "./command.ts";
import { forgeFor, placeOfOrigin } from "./forge-issue.ts";

/** Refuses to work where a stranger's commit may lie in the checkout while secrets are at hand. */
export async function refuseEvent(desk: CommandDesk): Promise<void> {
  const refused = refusedEvent((await desk.app()).config.variable("GITHUB_EVENT_NAME"));
  if (refused !== null) throw blocked(refused, "use the events issues and issue_comment: examples/ci/README.md");
}

/**
 * The issue that a GitHub event asks to be worked on, by somebody who may write to the repository; `given` where a person
 * named one and the event is a start by hand. Everything else is refused, and nothing has begun then.
 */
export async function issueOfEvent(
  desk: CommandDesk,
  { file, label, given }: { readonly file: string; readonly label: string; readonly given: readonly string[] },
): Promise<readonly string[]> {
  const app = await desk.app();
  const name = app.config.variable("GITHUB_EVENT_NAME");
  if (name === undefined)
    throw new UsageError("the event has no name", "GitHub Actions sets GITHUB_EVENT_NAME beside GITHUB_EVENT_PATH");
  const asked = readEvent(name, await payloadOf(resolve(desk.cwd, file)), label);
  if (asked === "by hand") return given;
  if ("refused" in asked) throw blocked(asked.refused, `label an issue ${label}, or comment on it: /claw fix`);
  const place = await placeOfOrigin(app, desk.cwd);
  if (`${place.owner}/${place.repo}`.toLowerCase() !== asked.repository.toLowerCase())
    throw new UsageError(
      `the event is of ${asked.repository}, and this is a clone of ${place.owner}/${place.repo}`,
      "check out the repository that the event is of",
    );
  const word = given.find((one) => one.trim() !== "");
  if (word !== undefined && readIssueName(word)?.number !== asked.issue)
    throw new UsageError(
      `the event is about #${asked.issue}, and not ${word}`,
      "leave the issue out: the event names it",
    );
  if (!(await (await forgeFor(app, desk, place)).mayWrite(asked.asker)))
    throw blocked(
      `${asked.asker} may not write to ${asked.repository}, and so starts no work there`,
      "somebody who may write labels the issue, or comments: /claw fix",
    );
  return [`${asked.issue}`];
}

const blocked = (message: string, hint: string): ClawError => new ClawError(message, { outcome: "blocked", hint });

async function payloadOf(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, "utf8"));
  } catch (error) {
    throw new UsageError(
      `the event ${path} cannot be read: ${printableLine((error as Error).message).slice(0, 120)}`,
      'give it as: --event "$GITHUB_EVENT_PATH"',
      error,
    );
  }
}
