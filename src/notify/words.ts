import { headline, printableLine } from "../text.ts";
import type { Notice } from "./notice.ts";

const LONGEST = 280;

const plain = (text: string): string => headline(printableLine(text), LONGEST);

/** "claw: waiting: Umlauts are lost". */
export function titleOf({ outcome, title, workflow }: Notice): string {
  return `claw: ${outcome}: ${plain(title) || workflow}`;
}

/** What happened and what to do next, a line each. */
export const linesOf = ({ reason, hint, pullRequest, run, repository }: Notice): readonly string[] =>
  [
    plain(reason),
    plain(pullRequest ?? hint),
    `run ${run}${repository === "" ? "" : ` in ${plain(repository)}`}`,
  ].filter((line) => line !== "");

/** Text in which nothing is a mention or a link of Slack's: https://docs.slack.dev/messaging/formatting-message-text#escaping */
export const forSlack = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** Text in which nothing is Markdown of Discord's. Mentions are switched off beside it. */
export const forDiscord = (text: string): string => text.replace(/[\\*_~`|>#[\]()<-]/g, "\\$&");
