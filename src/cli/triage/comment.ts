import { readFile } from "node:fs/promises";
import { ClawError, exitCodes, twoLines, UsageError } from "../../errors.ts";
import type { Place } from "../../forge/forge.ts";
import { placeName, placeOfRemote, readIssueName } from "../../forge/place.ts";
import { pullRequestOf } from "../../policy/forge-event.ts";
import { triageMarkdown } from "../../reports/triage-markdown.ts";
import type { CommandDesk } from "../command.ts";
import { writing } from "../decision.ts";
import { forgeFor, placeOfOrigin } from "../forge-issue.ts";
import { readRun } from "../run-id.ts";
import { type RecordedReport, recordedReport } from "./recorded.ts";

/** The mark of the one comment that a pull request has about its red tests. */
const MARK = "<!-- claw triage -->";

export interface CommentWish {
  readonly comment: boolean;
  /** The pull request, by its number or address. */
  readonly pr?: string | undefined;
  /** A run that was there before. */
  readonly of?: string | undefined;
  readonly json: boolean;
  /** Reports to read, and fixes to try: neither goes with a run that was there before. */
  readonly report: readonly string[];
  readonly fix: boolean;
}

/** Flags that are about the comment, without it. */
export function refuseLonely({ comment, pr, of, report, fix }: CommentWish): void {
  const lonely = pr !== undefined ? "--pr" : of !== undefined ? "--of" : null;
  if (!comment && lonely !== null)
    throw new UsageError(`${lonely} is about the comment on a pull request`, `claw triage --comment ${lonely} …`);
  if (of !== undefined && (report.length > 0 || fix))
    throw new UsageError("--of executes nothing and reads no report", "claw triage --comment --of <run>");
}

/** Says on a pull request what a run found that is on record; nothing is executed. */
export async function commentOf(wish: CommentWish, desk: CommandDesk): Promise<void> {
  const ledger = await (await desk.app()).ledger();
  const facts = await readRun(ledger, wish.of);
  const report = await recordedReport(ledger, facts);
  if (report === null)
    throw new UsageError(`run ${facts.run} has no verdicts on failing tests`, "name a run of claw triage: claw runs");
  await commentOn(report, wish, desk);
}

/** Says on a pull request what was found, in one comment that is edited in place; where nothing fails, only in place of one. */
async function commentOn(report: RecordedReport, wish: CommentWish, desk: CommandDesk): Promise<void> {
  const { saveStanding } = await import("../../workflows/standing-comment.ts");
  const app = await desk.app();
  const { place, number } = await subjectOf(wish, desk);
  const text = app.secrets.scrub(triageMarkdown(report));
  const forge = async (at: Place) => {
    const opened = await forgeFor(app, desk, at);
    if ((await opened.readIssue(number)).isPullRequest) return opened;
    throw new UsageError(`#${number} of ${placeName(at)} is an issue, not a pull request`, "name it: --pr <n>");
  };
  const saved = await writing(await app.ledger(), report.run, (log) =>
    saveStanding({ log, authority: app.config.user.forge, forge }, place, {
      issue: number,
      text,
      mark: MARK,
      isNews: report.failures.length > 0,
    }),
  );
  if (wish.json) desk.out(JSON.stringify({ type: "triage-comment", version: 1, run: report.run, ...saved }));
  else
    desk.err(
      saved ? `comment ${saved.how}: ${saved.url}` : "no comment is written: nothing fails, and none says otherwise",
    );
}

/** The pull request that is named, else the one of the GitHub event. */
async function subjectOf({ pr }: CommentWish, desk: CommandDesk): Promise<{ place: Place; number: number }> {
  const app = await desk.app();
  if (pr !== undefined) {
    const named = readIssueName(pr);
    if (!named) throw new UsageError(`--pr: ${pr} is no pull request`, "give its number, or its address");
    return { place: named.place ?? (await placeHere(desk)), number: named.number };
  }
  const { variable } = app.config;
  const asked = pullRequestOf(await payloadAt(variable("GITHUB_EVENT_PATH")), variable("GITHUB_REF"));
  if (asked === null)
    throw new UsageError(
      "no pull request is named",
      "claw triage --comment --pr <n>; in GitHub Actions its event names it",
    );
  const place = await placeHere(desk);
  if (asked.repository !== null && asked.repository.toLowerCase() !== `${place.owner}/${place.repo}`.toLowerCase())
    throw new UsageError(
      `the event is of ${asked.repository}, and this is a clone of ${placeName(place)}`,
      "check out the repository that the event is of",
    );
  return { place, number: asked.number };
}

/** Where the repository around is from; in a job of GitHub Actions without one, that of the job. */
async function placeHere(desk: CommandDesk): Promise<Place> {
  const app = await desk.app();
  const { variable } = app.config;
  const job = placeOfRemote(`${variable("GITHUB_SERVER_URL") ?? ""}/${variable("GITHUB_REPOSITORY") ?? ""}`);
  return placeOfOrigin(app, desk.cwd).catch((error: unknown) => {
    if (job && error instanceof ClawError && error.outcome === "workspace") return job;
    throw error;
  });
}

/** Null where there is none that can be read: then nothing is known from it. */
async function payloadAt(path: string | undefined): Promise<unknown> {
  if (path === undefined) return null;
  try {
    return JSON.parse(await readFile(path, "utf8"));
  } catch {
    return null;
  }
}

/**
 * Says on a pull request what was just found. What goes wrong with that is told, and gives an exit code; the verdicts stay
 * what they are.
 */
export async function tryComment(report: RecordedReport, wish: CommentWish, desk: CommandDesk): Promise<number> {
  try {
    await commentOn(report, wish, desk);
    return 0;
  } catch (error) {
    if (!(error instanceof ClawError) || desk.signal.aborted) throw error;
    desk.err(twoLines(error));
    return exitCodes[error.outcome];
  }
}
