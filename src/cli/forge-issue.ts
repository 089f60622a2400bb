import { realpath } from "node:fs/promises";
import { resolve } from "node:path";
import type { App } from "../app.ts";
import { ClawError, UsageError, WorkspaceError } from "../errors.ts";
import type { Forge, ForgeIssue, Place } from "../forge/forge.ts";
import { type IssueName, localPlace, pathOfRemote, placeName, placeOfRemote } from "../forge/place.ts";
import { type EarlierWork, workOn } from "../policy/publish.ts";
import { openRepository } from "../repo/repository.ts";
import { plural, stripInvisible } from "../text.ts";
import type { CommandDesk } from "./command.ts";
import type { Issue } from "./issue.ts";

/**
 * The place that the remote called origin of the repository around `cwd` leads to: on a forge, or a bare repository of this
 * machine. The user's configuration can name a bare repository for it instead.
 */
export async function placeOfOrigin({ config }: App, cwd: string): Promise<Place> {
  const { origin, root } = await openRepository(cwd, { searchPath: config.path, home: config.userHome });
  const path = config.user.forge.local[root] ?? (origin === null ? null : pathOfRemote(origin));
  if (path !== null) return localPlace(await realpath(resolve(root, path)).catch(() => resolve(root, path)));
  const place = origin === null ? null : placeOfRemote(origin);
  if (place) return place;
  const why = origin === null ? "has no remote called origin" : "has an origin that is on no forge";
  throw new WorkspaceError(`${root} ${why}`, "name the issue by its address, or: git remote add origin <address>");
}

/** Opens a forge for a person: waits for its rate limits are told. */
export const forgeFor = (app: App, { signal, err }: CommandDesk, place: Place): Promise<Forge> =>
  app.forge(place, {
    signal,
    onWait: (seconds) => err(`${place.host} limits requests: waiting until ${clockTime(seconds)}`),
  });

const clockTime = (seconds: number): string =>
  new Date(Date.now() + seconds * 1000).toISOString().slice(11, 19).concat(" UTC");

/** An issue on a forge as a text for a run. Refused where claw's work on it is on the forge already, unless `again`. */
export async function readForgeIssue(
  desk: CommandDesk,
  { place: named, number }: IssueName,
  again: boolean,
): Promise<Issue & { readonly at: Place & { readonly issue: number } }> {
  const app = await desk.app();
  const place = named ?? (await placeOfOrigin(app, desk.cwd));
  const forge = await forgeFor(app, desk, place);
  const issue = await forge.readIssue(number);
  if (issue.isPullRequest)
    throw new UsageError(
      `#${number} of ${placeName(place)} is a pull request, not an issue`,
      "name the issue it answers",
    );
  if (!again) refuseTwice(await forge.pullRequests(), issue, place);
  return { source: issue.url, text: textOf(issue, place), at: { ...place, issue: number } };
}

function refuseTwice(earlier: readonly EarlierWork[], { number }: ForgeIssue, place: Place): void {
  const there = workOn(earlier, number);
  if (!there) return;
  const state = there.state === "open" ? "is open already" : "was closed by a person";
  throw new ClawError(`for #${number} of ${placeName(place)} a pull request of claw ${state}: ${there.url}`, {
    outcome: "blocked",
    hint: `look at it; for another attempt: claw fix ${number} --again`,
  });
}

/** Title first; then who said what, each with how near they are to the project. Comments that a page does not show are left out. */
function textOf(issue: ForgeIssue, place: Place): string {
  const { number, title, author, association, state, labels, comments, commentsLeftOut } = issue;
  const head = `Issue #${number} of ${placeName(place)}, ${state}, by ${author} (${association})`;
  const tags = labels.length > 0 ? `, labelled ${labels.join(", ")}` : "";
  const parts = [
    title,
    head + tags,
    visible(issue.body),
    ...comments.map((comment) => `Comment by ${comment.author} (${comment.association}):\n\n${visible(comment.body)}`),
    ...(commentsLeftOut > 0 ? [`(${plural(commentsLeftOut, "comment")} in between were not read)`] : []),
  ];
  const text = parts.filter((part) => part.trim() !== "").join("\n\n");
  if (stripInvisible(`${title}${issue.body}`).text.trim() === "")
    throw new UsageError(`issue #${number} of ${placeName(place)} is empty`, "describe there what is wrong");
  return text;
}

const visible = (markdown: string): string => markdown.replaceAll(/<!--[\s\S]*?(?:-->|$)/g, "").trim();
