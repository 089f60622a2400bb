import { z } from "zod";

/** What an event asks for: work on an issue, by somebody whose right to ask is still to be looked up; or why nothing. */
export type Asked =
  | { readonly issue: number; readonly asker: string; readonly repository: string }
  /** By hand or by a clock: who may start those may write. */
  | "by hand"
  | { readonly refused: string };

const Login = z.object({ login: z.string() });
const Payload = z.object({
  action: z.string().default(""),
  repository: z.object({ full_name: z.string() }),
  sender: Login,
  issue: z.object({ number: z.int(), pull_request: z.unknown().optional() }).optional(),
  label: z.object({ name: z.string() }).optional(),
  comment: z.object({ body: z.string(), user: Login }).optional(),
});

/** Events in which what lies in the checkout can be a stranger's, while secrets are at hand. */
const untrusted = ["pull_request_target", "workflow_run"];

/** Why work does not begin in such an event, whatever it was asked with; null where nothing is against it. */
export const refusedEvent = (name: string | undefined): string | null =>
  name !== undefined && untrusted.includes(name)
    ? `${name} runs with secrets and may have checked out what a stranger wrote: claw does not work there`
    : null;

/**
 * What a GitHub event asks for: the label `label` put on an issue, or a new comment on one that has the line "/claw fix". Its
 * name is that of GITHUB_EVENT_NAME, its payload what GITHUB_EVENT_PATH holds.
 * https://docs.github.com/en/webhooks/webhook-events-and-payloads
 */
export function readEvent(name: string, payload: unknown, label: string): Asked {
  const refused = refusedEvent(name);
  if (refused !== null) return { refused };
  if (name === "workflow_dispatch" || name === "schedule") return "by hand";
  if (name !== "issues" && name !== "issue_comment") return { refused: `an event ${name} asks for no fix` };
  const event = Payload.safeParse(payload);
  if (!event.success || !event.data.issue) return { refused: `the event ${name} is not as GitHub writes it` };
  const { action, issue, sender, comment, repository } = event.data;
  if (issue.pull_request !== undefined) return { refused: `#${issue.number} is a pull request, not an issue` };
  const asked = { issue: issue.number, asker: sender.login, repository: repository.full_name };
  if (name === "issues")
    return action === "labeled" && event.data.label?.name === label
      ? asked
      : { refused: `the issue was ${action || "changed"}, and not labelled ${label}` };
  // An edited comment may not be its author's word.
  const says =
    action === "created" && comment?.user.login === sender.login && /^\/claw fix[ \t]*\r?$/m.test(comment.body);
  return says ? asked : { refused: "the comment is not a new one with the line /claw fix" };
}

const OfPullRequest = z.object({
  repository: z.object({ full_name: z.string() }).optional(),
  pull_request: z.object({ number: z.int().positive() }).optional(),
  issue: z.object({ number: z.int().positive(), pull_request: z.unknown().optional() }).optional(),
  workflow_run: z.object({ pull_requests: z.array(z.object({ number: z.int().positive() })).default([]) }).optional(),
});

/**
 * The pull request that a GitHub event is about, by its payload or by the reference of its merge ("refs/pull/12/merge"), and
 * the repository where the payload tells it; null where it is about none, or about several.
 */
export function pullRequestOf(
  payload: unknown,
  ref: string | undefined,
): { readonly number: number; readonly repository: string | null } | null {
  const event = OfPullRequest.safeParse(payload).data;
  const runs = event?.workflow_run?.pull_requests ?? [];
  const number =
    event?.pull_request?.number ??
    (event?.issue?.pull_request === undefined ? undefined : event.issue.number) ??
    (runs.length === 1 ? runs[0]?.number : undefined) ??
    Number(/^refs\/pull\/(\d{1,9})\//.exec(ref ?? "")?.[1] ?? 0);
  return number > 0 ? { number, repository: event?.repository?.full_name ?? null } : null;
}
