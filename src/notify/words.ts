import { headline, printableLine } from "../text.ts";
import type { Notice } from "./notice.ts";

const LONGEST = 280;

const plain = (text: string): string => headline(printableLine(text), LONGEST);

/** "claw: waiting: Umlauts are lost". */
export function titleOf({ outcome, title, workflow }: Notice): string {
  return `claw: ${outcome}: ${plain(title) || workflow}`;
}

/** Works of a night that a chat is told of one by one. */
const MOST_WORKS = 12;

/** What came of each work, a line each, as the report's lists have them. */
function worksOf(report: string | null): readonly string[] {
  const works = (report ?? "")
    .split("\n")
    .filter((line) => /^- .*\*\*: /.test(line))
    .map((line) => plain(line.replaceAll("**", "").replaceAll("`", "").slice(2)));
  const more = works.length - MOST_WORKS;
  return more > 0 ? [...works.slice(0, MOST_WORKS), `and ${more} more`] : works;
}

/** What happened and what to do next, a line each. */
export const linesOf = ({ reason, hint, pullRequest, run, repository, report }: Notice): readonly string[] =>
  [
    plain(reason),
    ...worksOf(report),
    plain(pullRequest ?? hint),
    `run ${run}${repository === "" ? "" : ` in ${plain(repository)}`}`,
  ].filter((line) => line !== "");

/** Text in which nothing is a mention or a link of Slack's: https://docs.slack.dev/messaging/formatting-message-text#escaping */
export const forSlack = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** Text in which nothing is Markdown of Discord's. Mentions are switched off beside it. */
export const forDiscord = (text: string): string => text.replace(/[\\*_~`|>#[\]()<-]/g, "\\$&");
