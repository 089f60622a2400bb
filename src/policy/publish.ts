import { judgeBranch, type Verdict } from "./judge.ts";

/** What a draft pull request would be made of. */
export interface PublishRequest {
  readonly branch: string;
  /** The outcome of the run so far: only what is proven leaves the machine as a fix. */
  readonly proven: boolean;
}

/** What the user's configuration grants. */
export interface PublishAuthority {
  readonly publish: boolean;
  /** Most pull requests claw opens in a repository in 24 hours. */
  readonly perDay: number;
  /** Most pull requests of claw's that are open in a repository at once. */
  readonly maxOpen: number;
  /** Put on each pull request. */
  readonly labels: readonly string[];
  /** The least share of decided pull requests that people must have merged for another one, 0 to 1. */
  readonly acceptance: number;
}

/** May this leave the machine? Asked before any token is looked up. Drafts only: nothing else is ever opened. */
export function judgePublish({ branch, proven }: PublishRequest, { publish }: PublishAuthority): Verdict {
  if (!publish) return { verdict: "deny", rule: "forge.publish is off in config.yaml" };
  if (!proven) return { verdict: "deny", rule: "only a proven change is published as a fix" };
  return judgeBranch(branch);
}

/** May claw say something where it was asked to? */
export const judgeComment = ({ publish }: Pick<PublishAuthority, "publish">): Verdict =>
  publish
    ? { verdict: "allow", rule: "a person asked for the comment, and forge.publish is on" }
    : { verdict: "deny", rule: "forge.publish is off in config.yaml" };

/** What the forge shows of earlier work of claw's in a repository. Times in milliseconds since the epoch. */
export interface EarlierWork {
  readonly url: string;
  readonly state: "open" | "closed" | "merged";
  readonly createdAt: number;
  /** From a branch of claw's. */
  readonly own: boolean;
  readonly body: string;
}

const DAY = 86_400_000;

/** So many of the newest decided pull requests count, and with fewer than `FEW` nothing is said about acceptance. */
const RECENT = 20;
const FEW = 5;

/** May another pull request be opened now? Counted from what is on the forge, not from what this machine remembers. */
export function judgeCaps(
  earlier: readonly EarlierWork[],
  { perDay, maxOpen, acceptance }: PublishAuthority,
  now: number,
): Verdict {
  const own = earlier.filter((pull) => pull.own).toSorted((a, b) => b.createdAt - a.createdAt);
  const today = own.filter(({ createdAt }) => createdAt > now - DAY).length;
  if (today >= perDay)
    return { verdict: "deny", rule: `${today} pull requests of claw in 24 hours, and forge.perDay is ${perDay}` };
  const open = own.filter(({ state }) => state === "open").length;
  if (open >= maxOpen)
    return { verdict: "deny", rule: `${open} pull requests of claw are open, and forge.maxOpen is ${maxOpen}` };
  const decided = own.filter(({ state }) => state !== "open").slice(0, RECENT);
  const merged = decided.filter(({ state }) => state === "merged").length;
  if (decided.length >= FEW && merged < acceptance * decided.length)
    return {
      verdict: "deny",
      rule: `people merged ${merged} of the last ${decided.length} pull requests of claw, and forge.acceptance asks for ${Math.round(acceptance * 100)} %`,
    };
  return { verdict: "allow", rule: `${today} of ${perDay} pull requests in 24 hours` };
}

/** The mark, invisible on the page, by which claw knows its own pull requests again. */
export const publishMark = (run: string, issue: number | null): string =>
  `<!-- claw run=${run}${issue === null ? "" : ` issue=${issue}`} -->`;

/** claw/<issue>-<n>: shorter than what is named after a run. */
const SHARED = /^claw\/(\d+)-(\d{1,6})$/;

/** Is to have made this branch a claim on its issue? */
export const isSharedName = (branch: string): boolean => SHARED.test(branch);

/**
 * What the branch for an issue is called, whoever makes it, by an older claw and where a server takes no claims: to make it is
 * the claim. One that is there without a pull request is somebody's work.
 */
export function sharedName(issue: number, earlier: readonly { readonly branch: string }[]): string {
  const taken = earlier.flatMap(({ branch }) => {
    const [, of, number] = SHARED.exec(branch) ?? [];
    return of === `${issue}` ? [Number(number)] : [];
  });
  return `claw/${issue}-${Math.max(0, ...taken) + 1}`;
}

/** Did this run open it? By the mark that its body ends with. */
export const workOfRun = ({ own, body }: EarlierWork, run: string): boolean =>
  own && new RegExp(`<!-- claw run=${run}[ ]`).test(body);

/** The pull request of a run: by the mark that its body ends with, or by the branch or the commit that it came from. */
export const workOf = <Work extends EarlierWork & { readonly branch: string; readonly commit: string }>(
  earlier: readonly Work[],
  { run, branch, commit }: { readonly run: string; readonly branch: string; readonly commit: string },
): Work | undefined =>
  earlier.find((work) => work.own && (work.branch === branch || work.commit === commit || workOfRun(work, run)));

/** Work on the same issue that a person has not merged: open, or closed by somebody who did not want it. */
export const workOn = (earlier: readonly EarlierWork[], issue: number): EarlierWork | undefined =>
  earlier.find(
    ({ own, body, state }) =>
      own && state !== "merged" && new RegExp(`<!-- claw run=\\w+ issue=${issue} -->`).test(body),
  );

/** A pull request of a person's that is open and says that it closes the issue, in the words that a forge acts on. */
export const answerTo = (open: readonly EarlierWork[], issue: number, repository: string): EarlierWork | undefined => {
  const name = repository.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const closes = new RegExp(
    `\\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?):?\\s+(?:(?:${name})?#|https?://[^\\s/]+/${name}/issues/)${issue}\\b`,
    "i",
  );
  return open.find(({ own, state, body }) => !own && state === "open" && closes.test(body));
};

/**
 * The run that asked a question in an issue which nobody has rejected, while there is time: a claim, perhaps of another
 * machine. Only what people of the project, or Apps, wrote counts: a stranger keeps nobody from working.
 */
export function askedBy(
  comments: readonly { readonly association: string; readonly author: string; readonly body: string }[],
  now: number,
): string | undefined {
  const rejected = comments.flatMap(({ body }) =>
    [...body.matchAll(/^\/claw reject (\w{12})/gm)].map(([, hash]) => hash),
  );
  return comments
    .filter(
      ({ association, author }) =>
        ["OWNER", "MEMBER", "COLLABORATOR"].includes(association) || author.endsWith("[bot]"),
    )
    .flatMap(({ body }) => {
      const [, run, hash] = /<!-- claw run=(\w+) asks=(\w{12}) -->/.exec(body) ?? [];
      const [, day, time] = /until (\d{4}-\d\d-\d\d) (\d\d:\d\d) UTC/.exec(body) ?? [];
      // The question itself shows how to reject it.
      const answers = rejected.filter((other) => other === hash).length;
      return run !== undefined && answers < 2 && Date.parse(`${day}T${time}:00Z`) > now ? [run] : [];
    })
    .at(-1);
}
