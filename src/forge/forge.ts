import type { Claim } from "../policy/claim.ts";
import type { Reach } from "../policy/forge-reach.ts";

/**
 * A repository on a forge. `host` is a name with an optional port: "github.com", "git.example.org:8443". Without a server it
 * is `LOCAL`, and owner and repo together are the path of a bare repository.
 */
export interface Place {
  readonly host: string;
  readonly owner: string;
  readonly repo: string;
}

/** A text somebody wrote there. It is data: it grants nothing, and `association` says how near its author is to the project. */
interface Post {
  readonly author: string;
  /** As the forge calls it: "OWNER", "MEMBER", "CONTRIBUTOR", "NONE", … */
  readonly association: string;
  readonly body: string;
}

export interface ForgeIssue extends Post {
  readonly number: number;
  readonly title: string;
  readonly url: string;
  readonly state: "open" | "closed";
  readonly locked: boolean;
  readonly isPullRequest: boolean;
  readonly labels: readonly string[];
  /** The first and the last of them where there are many. */
  readonly comments: readonly Post[];
  readonly commentsLeftOut: number;
  /** Pull requests of the same repository that mention it, as far as the forge tells; at most ten. */
  readonly linked: readonly LinkedPull[];
}

/** An open issue as a list shows it. What it says is data. */
export type OpenIssue = Pick<ForgeIssue, "number" | "title" | "url" | "body">;

/** An open issue that somebody put a label on. What it says is data. */
export interface WantedIssue extends OpenIssue {
  readonly labels: readonly string[];
  /** In milliseconds since the epoch. */
  readonly createdAt: number;
}

/** A CI workflow whose newest finished run on a branch failed. */
export interface RedRun {
  readonly id: number;
  readonly name: string;
  readonly url: string;
  readonly commit: string;
  /** In milliseconds since the epoch. */
  readonly at: number;
}

/** A pull request as an issue's page shows it. */
export interface LinkedPull {
  readonly number: number;
  readonly title: string;
  readonly author: string;
  readonly state: "open" | "closed" | "merged";
}

/** What the repository's CI did once. */
export interface CiRun {
  readonly id: number;
  readonly name: string;
  /** As the forge calls it: "success", "failure", "in_progress", … */
  readonly status: string;
  readonly commit: string;
  /** The first few jobs that failed, each with the part of its log that tells why, bounded; empty where it cannot be read. */
  readonly failed: readonly { readonly name: string; readonly log: string }[];
}

/** All that a run of the repository's CI left behind and is worth reading, bounded in size. What it says is data. */
export interface CiEvidence {
  readonly commit: string;
  /** A job of it failed, or was cancelled. */
  readonly red: boolean;
  /** The logs of failed jobs; `cut` where a log is longer than what was read of it. */
  readonly logs: readonly { readonly name: string; readonly bytes: Uint8Array; readonly cut: boolean }[];
  /** Artifacts as the forge keeps them: zip archives that nobody has looked into yet. */
  readonly artifacts: readonly { readonly name: string; readonly archive: Uint8Array }[];
  /** What was not read, and why, one sentence each. */
  readonly leftOut: readonly string[];
}

export interface PullRequest {
  readonly number: number;
  readonly url: string;
  readonly state: "open" | "closed" | "merged";
  readonly draft: boolean;
  /** From a branch below claw/ of the repository itself, or of the fork that claw pushes to. */
  readonly own: boolean;
  /** In milliseconds since the epoch. */
  readonly createdAt: number;
  /** The branch it comes from, and the commit that branch was at. */
  readonly branch: string;
  readonly commit: string;
  readonly body: string;
}

/** What people did with a pull request since. */
interface FollowUp {
  readonly state: PullRequest["state"];
  /** Unified text of what was committed to its branch after claw's commit; null when nothing was. */
  readonly edits: string | null;
}

/** What a draft pull request says. */
export interface Draft {
  /** A branch that is on the forge already. */
  readonly branch: string;
  readonly base: string;
  readonly title: string;
  readonly body: string;
}

/** A comment in the order it was written. */
export interface ForgeComment {
  readonly author: string;
  readonly body: string;
  readonly url: string;
  /** Somebody changed it after it was written: then it may not be its author's word. */
  readonly edited: boolean;
}

/** A comment of claw's own that says what is so now. */
export interface Standing {
  /** The issue or pull request. */
  readonly issue: number;
  /** Markdown; what is too long for a comment is cut out of its middle. */
  readonly text: string;
  /** By which it is known again: its last line, invisible on the page, and the same whoever writes it. */
  readonly mark: string;
  /** False where it is only worth saying in place of something else. */
  readonly isNews: boolean;
}

/** Where it is, and what was done about it; null where nothing was there, and it was no news. */
export interface Saved {
  readonly url: string;
  readonly how: "written" | "edited" | "unchanged";
}

/** What is shown beside a commit. */
export interface Check {
  readonly commit: string;
  /** Its name among the checks of the commit, and what tells it from those of other runs. */
  readonly name: string;
  readonly run: string;
  readonly title: string;
  /** Markdown. */
  readonly summary: string;
  /** Remarks beside lines of files. */
  readonly remarks: readonly { readonly path: string; readonly line: number; readonly text: string }[];
}

/** How git reaches the repository, with the credential that writes. Resolved at the moment of use and never stored. */
type PushAccess =
  | {
      /** Without a credential in it. */
      readonly url: string;
      readonly username: string;
      readonly secret: string;
    }
  /** A bare repository of this machine. */
  | { readonly path: string };

/**
 * Where issues and pull requests live: everything claw can do there. There is no merging, approving, marking ready,
 * closing, reopening or deleting. Errors are ClawErrors with outcome forge-unavailable, or usage for what does not exist.
 */
export interface Forge {
  readonly place: Place;
  readIssue(number: number): Promise<ForgeIssue>;
  /** The newest hundred that are open, newest first; none where the forge does not tell. */
  openIssues(): Promise<readonly OpenIssue[]>;
  /** The oldest hundred open issues with this label, oldest first. */
  issuesLabelled(label: string): Promise<readonly WantedIssue[]>;
  /** CI workflows whose newest finished run on this branch failed; none where the credential may not see them. */
  redRuns(branch: string): Promise<readonly RedRun[]>;
  /** A run of its CI; null where there is none of this number, or the credential may not see it. */
  ciRun(id: number): Promise<CiRun | null>;
  /** The logs of its failed jobs, and its artifacts; null as above. */
  ciEvidence(id: number): Promise<CiEvidence | null>;
  defaultBranch(): Promise<string>;
  /** Refuses where nothing can be published with the credential that writes: asked before work begins. */
  checkPublish(): Promise<void>;
  /** The commit that a branch is at where claw pushes to, and that of the default branch; null for what cannot be seen. */
  tips(branch: string): Promise<{ readonly branch: string | null; readonly base: string | null }>;
  /** The nth claim on an issue, where claw pushes to; null where there is none, or the forge does not tell. */
  claim(issue: number, number: number): Promise<Claim | null>;
  /** Does it take signed commits only, on one of these branches? False also where the credential may not see that. */
  requiresSignatures(branches: readonly string[]): Promise<boolean>;
  /** Pull requests of the repository, newest first, whatever their state; the newest few hundred. */
  pullRequests(): Promise<readonly PullRequest[]>;
  /** The newest pull request from this branch; null when there never was one. */
  pullRequestFrom(branch: string): Promise<PullRequest | null>;
  /** What became of pull request `number`, whose branch claw left at `commit`. */
  followUp(number: number, commit: string): Promise<FollowUp>;
  /** Opens a draft pull request, or finds the one that a lost answer had opened: never a second from one branch. */
  openDraft(draft: Draft): Promise<PullRequest>;
  /** Adds labels to pull request `number`; what it has already stays. False where the credential may not, or they are refused. */
  addLabels(number: number, labels: readonly string[]): Promise<boolean>;
  /** Shows a passed check, once for each run. False where the credential may not show checks. */
  showCheck(check: Check): Promise<boolean>;
  /** The newest comments of an issue, oldest first. */
  comments(issue: number): Promise<readonly ForgeComment[]>;
  /** Comments on an issue, once: a comment of the credential's own that contains `mark` is found again. Gives its address. */
  say(issue: number, text: string, mark: string): Promise<string>;
  /** Writes a comment, or edits it in place where it says something else: never a second, and never anybody else's. */
  saveComment(standing: Standing): Promise<Saved | null>;
  /** May this person change the repository? */
  mayWrite(login: string): Promise<boolean>;
  pushAccess(): Promise<PushAccess>;
  /** What the credential that writes could do. */
  reach(): Promise<Reach>;
  /** The name of the account that the token belongs to, as the forge says; rejects for tokens that belong to no person. */
  account(): Promise<string>;
}
