import type { EventOf } from "../ledger/events.ts";

/** What can become of a pull request. */
export type PullRequestFate = EventOf<"pull-request.followed">["fate"];

/** A pull request as the forge shows it. */
interface Seen {
  readonly number: number;
  /** From a branch of claw's. */
  readonly own: boolean;
  readonly state: "open" | "closed" | "merged";
  readonly body: string;
}

/**
 * What became of a pull request, from what the forge shows: `others` are claw's and people's in the repository. A merged one
 * counts as reverted when a merged one says "Reverts owner/repo#N", as the forge's own button writes it; a closed one as
 * superseded when a newer one of claw's answers the same issue.
 */
export function fateOf(
  pull: Omit<Seen, "own"> & { readonly edited: boolean },
  { place, issue, others }: { readonly place: string; readonly issue: number | null; readonly others: readonly Seen[] },
): PullRequestFate {
  if (pull.state === "open") return "pending";
  if (pull.state === "merged") {
    const reverted = others.some(
      ({ state, body }) =>
        state === "merged" && new RegExp(`\\bReverts ${place.replaceAll(".", "\\.")}#${pull.number}\\b`).test(body),
    );
    return reverted ? "reverted" : pull.edited ? "accepted-with-edits" : "accepted";
  }
  const again = others.some(
    ({ number, own, body }) => issue !== null && own && number > pull.number && body.includes(` issue=${issue} -->`),
  );
  return again ? "superseded" : "rejected";
}

/** Runs whose pull requests people took, and what one of those costs in nano-dollars: everything spent, over those taken. */
export function acceptance(rows: readonly { readonly fate: PullRequestFate; readonly cost: number | null }[]): {
  readonly accepted: number;
  readonly decided: number;
  readonly perAccepted: number | null;
} {
  const accepted = rows.filter(({ fate }) => fate.startsWith("accepted")).length;
  const decided = rows.filter(({ fate }) => fate !== "pending").length;
  const known = rows.every(({ cost }) => cost !== null);
  const total = rows.reduce((sum, { cost }) => sum + (cost ?? 0), 0);
  return { accepted, decided, perAccepted: accepted > 0 && known ? Math.round(total / accepted) : null };
}
