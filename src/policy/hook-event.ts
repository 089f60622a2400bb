import { z } from "zod";
import { type Asked, readEvent } from "./forge-event.ts";

/** A repository as a delivery names it. */
export interface HookPlace {
  readonly host: string;
  readonly owner: string;
  readonly repo: string;
}

/** What a delivery of a webhook asks for. What it says was signed by the forge; who may ask is still to be looked up. */
export type Hook =
  | { readonly kind: "ping" }
  /** Work on an issue. */
  | { readonly kind: "fix"; readonly place: HookPlace; readonly issue: number; readonly asker: string }
  /** Somebody wrote a decision where an issue is: the forge is asked what holds. */
  | { readonly kind: "decision"; readonly place: HookPlace; readonly issue: number; readonly asker: string }
  /** CI of the default branch is red. */
  | { readonly kind: "red"; readonly place: HookPlace; readonly run: RedHook }
  | { readonly kind: "ignored"; readonly reason: string };

/** A run of a CI workflow that failed. */
interface RedHook {
  readonly id: number;
  readonly name: string;
  readonly url: string;
  readonly commit: string;
  readonly branch: string;
}

const Repository = z.object({ full_name: z.string(), html_url: z.url(), default_branch: z.string().optional() });
const Sent = z.object({ action: z.string().optional(), repository: Repository });
const Written = z.object({
  action: z.literal("created"),
  sender: z.object({ login: z.string() }),
  issue: z.object({ number: z.int().positive(), pull_request: z.undefined().optional() }),
  comment: z.object({ body: z.string(), user: z.object({ login: z.string() }) }),
});
const Finished = z.object({
  action: z.literal("completed"),
  workflow_run: z.object({
    id: z.int().positive(),
    name: z.string().nullish(),
    html_url: z.string(),
    head_sha: z.string().regex(/^[0-9a-f]{40,64}$/),
    head_branch: z.string().nullish(),
    conclusion: z.string().nullish(),
    head_repository: z.object({ full_name: z.string() }).nullish(),
  }),
});

const ignored = (reason: string): Hook => ({ kind: "ignored", reason });

/**
 * What a delivery asks for: `event` is its X-GitHub-Event, `label` the one that issues are asked for with.
 * https://docs.github.com/en/webhooks/webhook-events-and-payloads
 */
export function readHook(event: string, payload: unknown, label: string): Hook {
  if (event === "ping") return { kind: "ping" };
  if (!["issues", "issue_comment", "workflow_run"].includes(event))
    return ignored(`an event ${event} asks for nothing`);
  const sent = Sent.safeParse(payload);
  const place = sent.data && placeOf(sent.data.repository);
  if (!place) return ignored(`the event ${event} is not as GitHub writes it`);
  if (event === "workflow_run") return redRun(payload, sent.data.repository, place);
  const decided = Written.safeParse(payload).data;
  if (event === "issue_comment" && decided && isDecision(decided))
    return { kind: "decision", place, issue: decided.issue.number, asker: decided.sender.login };
  const asked: Asked = readEvent(event, payload, label);
  if (asked === "by hand") return ignored(`an event ${event} asks for nothing`);
  return "refused" in asked ? ignored(asked.refused) : { kind: "fix", place, issue: asked.issue, asker: asked.asker };
}

/** A new comment, in its author's own name, with a line that may decide about a change. */
const isDecision = ({ comment, sender }: z.infer<typeof Written>): boolean =>
  comment.user.login === sender.login && /^ {0,3}\/claw (?:approve|reject) [0-9a-f]{12,}/m.test(comment.body);

function redRun(payload: unknown, { full_name, default_branch }: z.infer<typeof Repository>, place: HookPlace): Hook {
  const { workflow_run: run } = Finished.safeParse(payload).data ?? {};
  if (!run) return ignored("the run of CI has not completed");
  const { conclusion, head_branch, head_repository } = run;
  if (conclusion !== "failure" && conclusion !== "timed_out") return ignored(`the run of CI ended with ${conclusion}`);
  if (head_repository?.full_name.toLowerCase() !== full_name.toLowerCase())
    return ignored("the run of CI is of another repository's commit");
  if (default_branch === undefined || head_branch !== default_branch)
    return ignored(`the run of CI is of ${head_branch ?? "no branch"}, and not of the default branch`);
  const { id, html_url: url, head_sha: commit, name } = run;
  return { kind: "red", place, run: { id, name: name ?? "CI", url, commit, branch: head_branch } };
}

function placeOf({ full_name, html_url }: z.infer<typeof Repository>): HookPlace | null {
  const [, owner, repo] = /^([\w.-]+)\/([\w.-]+)$/.exec(full_name) ?? [];
  return owner === undefined || repo === undefined ? null : { host: new URL(html_url).host.toLowerCase(), owner, repo };
}
