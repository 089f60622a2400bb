import { realpath } from "node:fs/promises";
import { resolve } from "node:path";
import { z } from "zod";
import type { App } from "../app.ts";
import { systemClock } from "../clock.ts";
import { ClawError, UsageError, WorkspaceError } from "../errors.ts";
import type { CiRun, Forge, ForgeIssue, Place } from "../forge/forge.ts";
import { type IssueName, localPlace, pathOfRemote, placeName, placeOfRemote } from "../forge/place.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { answerTo, askedBy, judgeCaps, workOn } from "../policy/publish.ts";
import { clockTime } from "../times.ts";
import { openRepository } from "../repo/repository.ts";
import { foldRun } from "../views/run.ts";
import { claimedByOther } from "../workflows/claim.ts";
import type { IssueOrigin } from "../workflows/fix/input.ts";
import { otherWork } from "../workflows/other-work.ts";
import { expiredWait } from "../workflows/waiting.ts";
import { alikeIssues } from "./alike-issues.ts";
import type { CommandDesk } from "./command.ts";
import type { Issue } from "./issue.ts";
import { ciRunsNamed, issueText, saysNothing } from "./issue-text.ts";

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

/** Who hears of a forge's waits. */
export type ForgeDesk = Pick<CommandDesk, "signal" | "err" | "times">;

/** Opens a forge for a person: waits for its rate limits are told. */
export const forgeFor = (app: App, { signal, err, times }: ForgeDesk, place: Place): Promise<Forge> =>
  app.forge(place, {
    signal,
    onWait: (seconds) =>
      err(`${place.host} limits requests: waiting until ${clockTime(systemClock.now() + seconds * 1000, times)}`),
    onMoved: (from, to) => err(`${from} is called ${to} now on ${place.host}: claw goes on there`),
  });

/** Refuses work from `base` on that could not be published there in the end, by what is on the forge now. */
export async function refuseUnpublishable(
  { config }: App,
  forge: Forge,
  { cwd, place, base = "HEAD" }: { readonly cwd: string; readonly place: Place; readonly base: string | undefined },
): Promise<void> {
  await forge.checkPublish();
  const caps = judgeCaps(await forge.pullRequests(), config.user.forge, systemClock.now());
  if (caps.verdict === "deny")
    throw blocked(`a fix could not be published: ${caps.rule}`, "wait, or keep it here: --no-pr");
  const repository = await openRepository(cwd, { searchPath: config.path, home: config.userHome });
  const other = await otherWork(forge, { repository, place, base: await repository.resolve(base) });
  if (other) throw blocked(`a fix could not be published: ${other.rule}`, `${other.advice}; or keep it here: --no-pr`);
}

/** Issues that may tell of the same are named up to so many. */
const MAX_ALIKE = 3;

/** An issue on a forge as a text for a run. Refused where work on it is on its way already, unless `again`. */
export async function readForgeIssue(
  desk: ForgeDesk & Pick<CommandDesk, "app" | "cwd">,
  { place: named, number }: IssueName,
  again: boolean,
): Promise<
  Issue & { readonly at: Place & { readonly issue: number }; readonly origin: IssueOrigin; readonly forge: Forge }
> {
  const app = await desk.app();
  const place = named ?? (await placeOfOrigin(app, desk.cwd));
  const forge = await forgeFor(app, desk, place);
  const issue = await forge.readIssue(number);
  if (issue.isPullRequest)
    throw new UsageError(
      `#${number} of ${placeName(place)} is a pull request, not an issue`,
      "name the issue it answers",
    );
  if (saysNothing(issue))
    throw new UsageError(`issue #${number} of ${placeName(place)} is empty`, "describe there what is wrong");
  if (!again) await refuseTwice(app, forge, issue);
  const alike = alikeIssues(issue, await forge.openIssues());
  const twin = alike.find(({ isTwin }) => isTwin)?.issue;
  if (twin && !again)
    throw blocked(
      `#${number} of ${placeName(place)} says word for word what #${twin.number} says, which is open and older`,
      `work on that one: claw fix ${twin.number}; or on this one all the same: claw fix ${number} --again`,
    );
  for (const { issue: other, because } of alike.slice(0, MAX_ALIKE))
    desk.err(`#${other.number} may tell of the same, for ${because}: ${other.url}`);
  if (issue.state === "closed") desk.err(`#${number} of ${placeName(place)} is closed: it is worked on all the same`);
  if (issue.locked) desk.err(`#${number} of ${placeName(place)} is locked: claw may not be able to ask anything there`);
  const runs = ciRunsNamed(place, [issue.body, ...issue.comments.map(({ body }) => body)]);
  const ciRuns = (await Promise.all(runs.map((id) => ciRunOf(forge, id, desk)))).filter((run) => run !== null);
  return { source: issue.url, ...issueText(issue, ciRuns, place), at: { ...place, issue: number }, forge };
}

/** A run of CI that an issue names is context: work begins without it, too. */
async function ciRunOf(forge: Forge, id: number, { err, signal }: ForgeDesk): Promise<CiRun | null> {
  try {
    return await forge.ciRun(id);
  } catch (error) {
    if (!(error instanceof ClawError) || signal.aborted) throw error;
    err(`CI run ${id} cannot be read, and is left out: ${error.message}`);
    return null;
  }
}

/** Work that is on its way: a pull request, a run of this machine that has not ended, or a question of another one's. */
async function refuseTwice(app: App, forge: Forge, { number, comments }: ForgeIssue): Promise<void> {
  const { place } = forge;
  const subject = `#${number} of ${placeName(place)}`;
  const refuse = (message: string, hint: string): never => {
    throw blocked(message, `${hint}; for another attempt: claw fix ${number} --again`);
  };
  const pulls = await forge.pullRequests();
  const own = workOn(pulls, number);
  if (own)
    refuse(
      `for ${subject} a pull request of claw ${own.state === "open" ? "is open already" : "was closed by a person"}: ${own.url}`,
      "look at it",
    );
  const other = answerTo(pulls, number, `${place.owner}/${place.repo}`);
  if (other) refuse(`a pull request for ${subject} is open already: ${other.url}`, "look at it");
  const ledger = await app.ledger();
  const run = await unfinishedRun(ledger, place, number);
  if (run !== null) refuse(`run ${run} works on ${subject} and has not ended`, `go on with it: claw resume ${run}`);
  const asks = askedBy(comments, systemClock.now());
  if (asks !== undefined && (await ledger.find(asks)).length === 0)
    refuse(`run ${asks}, of another machine, waits for an answer in ${subject}`, "answer it there, or reject it");
  const claimed = await claimedByOther(forge, { issue: number, earlier: pulls, now: systemClock.now() });
  if (claimed !== null) refuse(claimed, "wait for it, or open it where it is: claw publish <run>");
}

const blocked = (message: string, hint: string): ClawError => new ClawError(message, { outcome: "blocked", hint });

const RECENT = 200;

/** A run here whose change would go to the same issue. */
async function unfinishedRun(ledger: Ledger, { host, owner, repo }: Place, issue: number): Promise<string | null> {
  const wish = z.object({
    host: z.literal(host),
    owner: z.literal(owner),
    repo: z.literal(repo),
    issue: z.literal(issue),
  });
  const same = z.object({ pullRequest: wish });
  for (const { run, started } of await ledger.newest(RECENT)) {
    if (!same.safeParse(started.input).success) continue;
    // A damaged record keeps nobody from working: claw audit verify tells of it.
    const events = await ledger.read(run).then(
      (record) => record.events,
      () => null,
    );
    if (events === null) continue;
    if (foldRun(events).status !== "ended" && !expiredWait(events, systemClock.now())) return run;
  }
  return null;
}
