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

/** A comment of HTML; one without an end is all the rest. */
const comment = /<!--[\s\S]*?(?:-->|(?![\s\S]))/g;

const withoutHidden = (markdown: string, seen: { hidden: number }): string =>
  outsideCode(markdown, comment, () => {
    seen.hidden += 1;
    return "";
  });

/** No part of it can begin another one: that keeps the time short. */
const image = /!\[[^[\]]*\]\((?:[^()]|\([^()]*\))*\)|<img\b[^<>]*>/gi;

const withoutImages = (markdown: string, seen: { images: number }): string =>
  outsideCode(markdown, image, (found) => {
    seen.images += 1;
    const [, first, second] = /^!\[([^\]]*)\]|\balt\s*=\s*["']([^"']*)["']/i.exec(found) ?? [];
    const words = (first ?? second ?? "").trim().slice(0, 200);
    return `[image${words === "" ? "" : ` "${words}"`}, not looked at]`;
  });

/** A fenced block, an open one to its end; or code on one line. */
const code =
  /(?<code>^ {0,3}(?<fence>`{3,}|~{3,})[^`\n]*\n[\s\S]*?(?:^ {0,3}\k<fence>[`~]*[ \t]*$|(?![\s\S]))|(?<![`\\])`[^`\n]+`(?!`))/;
/** HTML that goes on over empty lines: then nothing is sure to be code. Other HTML ends at one. */
const rawHtml = /<(?:script|pre|style|textarea|\?|!(?!--))/i;
/** In the same paragraph before it: HTML, or backticks whose partners only a whole reader of Markdown finds. */
const unsure = /^[ \t>*+\-\d.)]*<|``|\\`/m;
/** A paragraph that goes on for longer is not looked through. */
const MOST_BEFORE = 2000;

/** Replaces what a pattern finds, but for what a page surely shows as code: an issue may be about just that. */
function outsideCode(markdown: string, pattern: RegExp, replaced: (found: string) => string): string {
  const both = new RegExp(`${pattern.source}|${code.source}`, "gim");
  const codes = [...markdown.matchAll(both)].filter(({ 0: found, groups }) => groups?.["code"] === found);
  const kept = codes.filter(([found]) => found.search(pattern) >= 0);
  if (rawHtml.test(markdown) || !kept.every(({ index }) => isCodeAt(markdown, index)))
    return markdown.replaceAll(pattern, replaced);
  const all = new Set(codes.map(([found]) => found));
  return markdown.replaceAll(both, (found: string) => (all.has(found) ? found : replaced(found)));
}

function isCodeAt(markdown: string, index: number): boolean {
  const near = markdown.slice(Math.max(0, index - MOST_BEFORE), index).split(/\n[ \t]*\n/);
  const paragraph = near.at(-1) ?? "";
  const isWhole = near.length > 1 || index <= MOST_BEFORE;
  return isWhole && !unsure.test(paragraph) && paragraph.split("`").length % 2 === 1;
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
