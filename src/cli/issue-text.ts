import type { CiRun, ForgeIssue, Place } from "../forge/forge.ts";
import { placeName } from "../forge/place.ts";
import { keepEnds, plural, stripInvisible } from "../text.ts";
import type { IssueOrigin } from "../workflows/fix/input.ts";

/** More of one comment is a pasted log: its ends tell what it is about. */
const MAX_COMMENT = 8000;

/** An issue as a text for a run, and what is recorded of where that came from. */
export interface IssueText {
  readonly text: string;
  readonly origin: IssueOrigin;
}

/**
 * Title first; then who said what, each with how near they are to the project; what is linked; and how CI failed. What a
 * page does not show (comments of HTML) is left out and counted; images are named and not fetched. All of it is data.
 */
export function issueText(issue: ForgeIssue, ciRuns: readonly CiRun[], place: Place): IssueText {
  const { number, title, author, association, state, labels, comments, commentsLeftOut, linked } = issue;
  const seen = { hidden: 0, images: 0 };
  const shown = (markdown: string): string => withoutImages(withoutHidden(markdown, seen), seen).trim();
  const tags = labels.length > 0 ? `, labelled ${labels.join(", ")}` : "";
  const parts = [
    title,
    `Issue #${number} of ${placeName(place)}, ${state}${issue.locked ? " and locked" : ""}, by ${author} (${association})${tags}`,
    shown(issue.body),
    ...comments.map(
      (comment) =>
        `Comment by ${comment.author} (${comment.association}):\n\n${keepEnds(shown(comment.body), MAX_COMMENT)}`,
    ),
    ...(commentsLeftOut > 0 ? [`(${plural(commentsLeftOut, "comment")} in between were not read)`] : []),
    ...linked.map(
      (pull) => `Pull request #${pull.number}, ${pull.state}, by ${pull.author}, mentions it: ${pull.title}`,
    ),
    ...ciRuns.map(ciText),
  ];
  return {
    text: parts.filter((part) => part.trim() !== "").join("\n\n"),
    origin: {
      author,
      association,
      trust: trustOf(association),
      ...seen,
      invisible: [title, issue.body, ...comments.map(({ body }) => body)].reduce(
        (sum, part) => sum + stripInvisible(part).stripped,
        0,
      ),
      commentsLeftOut,
      linked: linked.map((pull) => pull.number),
      ciRuns: ciRuns.map(({ id }) => id),
    },
  };
}

/** Nothing in its title or its text can be seen on its page. */
export const saysNothing = ({ title, body }: Pick<ForgeIssue, "title" | "body">): boolean =>
  stripInvisible(title + withoutHidden(body, { hidden: 0 })).text.trim() === "";

/** How near the one who opened it is to the project. It is told and recorded; it grants nothing. */
const trustOf = (association: string): IssueOrigin["trust"] =>
  ["OWNER", "MEMBER", "COLLABORATOR"].includes(association)
    ? "member"
    : association === "CONTRIBUTOR"
      ? "contributor"
      : "stranger";

function withoutHidden(markdown: string, seen: { hidden: number }): string {
  return markdown.replaceAll(/<!--[\s\S]*?(?:-->|$)/g, () => {
    seen.hidden += 1;
    return "";
  });
}

function withoutImages(markdown: string, seen: { images: number }): string {
  const named = (words: string): string => {
    seen.images += 1;
    return `[image${words.trim() === "" ? "" : ` "${words.trim().slice(0, 200)}"`}, not looked at]`;
  };
  return markdown
    .replaceAll(/!\[([^\]]*)\]\([^)]*\)/g, (_, words: string) => named(words))
    .replaceAll(/<img\b[^>]*>/gi, (tag) => named(/\balt\s*=\s*["']([^"']*)["']/i.exec(tag)?.[1] ?? ""));
}

function ciText({ id, name, status, commit, failed }: CiRun): string {
  const logs = failed.map(
    (job) => `Its job ${job.name} failed. The end of the log:\n\n${job.log || "(it cannot be read)"}`,
  );
  return [`CI run ${id} (${name}) at ${commit.slice(0, 12)}: ${status}`, ...logs].join("\n\n");
}

/** Numbers of the CI runs of this place that the texts link to, at most two. */
export function ciRunsNamed({ host, owner, repo }: Place, texts: readonly string[]): readonly number[] {
  const escaped = [host, owner, repo].map((word) => word.replaceAll(".", "\\."));
  const link = new RegExp(`https?://${escaped.join("/")}/actions/runs/(\\d{1,15})\\b`, "gi");
  const found = texts.flatMap((text) => [...text.matchAll(link)].map(([, id]) => Number(id)));
  return [...new Set(found)].slice(0, 2);
}
