import type { EventOf, Recorded } from "../ledger/events.ts";
import { headline, plural } from "../text.ts";
import { foldEvidence, latestGates } from "../views/evidence.ts";
import { asksForMore } from "../views/finishes.ts";
import { foldRun, latest, ofType } from "../views/run.ts";
import { lastModel } from "../views/tiers.ts";
import { wordsOf } from "../views/timeline.ts";
import { fixFacts } from "./fix-facts.ts";

/** One question of an auditor, answered from the record alone. */
export interface Answer {
  readonly question: string;
  readonly answer: string;
  readonly evidence: readonly Evidence[];
}

/** A fact that an answer rests on: the number of its event, and what it says. */
interface Evidence {
  readonly event: number;
  readonly fact: string;
}

/** What became of a run's commit in a repository since. */
export interface Fate {
  /** Where the branch is now, against the commit. */
  readonly branch: "there" | "moved" | "gone";
  /** Is the commit part of what is checked out? */
  readonly inHead: boolean;
  /** Files of the change that differ now from what the commit made of them. Only for a commit that is part of it. */
  readonly overwritten: readonly string[];
}

/** The five questions, in their order. `fate` is null where no repository was looked at. */
export const answersOf = (events: readonly Recorded[], fate: Fate | null): readonly Answer[] => [
  whoApprovedThePrompts(events),
  whichModel(events),
  wasItReproduced(events),
  whatTestsRan(events),
  whatBecameOfIt(events, fate),
];

const short = (sha: string): string => sha.slice(0, 12);

function whoApprovedThePrompts(events: readonly Recorded[]): Answer {
  const { started } = foldRun(events);
  const sessions = ofType(events, "session.started");
  const nameOf = (sha: string): string =>
    Object.entries(started?.prompts ?? {}).find(([, hash]) => hash === sha)?.[0] ?? "a prompt";
  const judged = latest(events, "prompts.judged");
  return {
    question: "Who approved the prompts?",
    answer: started
      ? `${approvers(judged)} They are the files of claw ${started.version}; ${started.initiator === "unknown" ? "someone" : started.initiator} started the run with them.`
      : "The run has no beginning on record.",
    evidence: [
      ...(judged ? [{ event: judged.seq, fact: `claw.lock of the base commit: ${approvals(judged)}` }] : []),
      ...(started ? [{ event: started.seq, fact: `prompt files: ${listed(Object.entries(started.prompts))}` }] : []),
      ...sessions.map(({ seq, session, prompt }) => ({
        event: seq,
        fact: `session ${session} was given ${nameOf(prompt)} ${short(prompt)}`,
      })),
    ],
  };
}

type PromptsJudged = EventOf<"prompts.judged">;

function approvers(judged: PromptsJudged | undefined): string {
  const approved = (judged?.prompts ?? []).filter(({ by }) => by !== null);
  const missing = (judged?.prompts ?? []).filter(({ by }) => by === null).map(({ name }) => name);
  if (approved.length === 0) return "No approval of a prompt is on record.";
  const who = [...new Set(approved.map(({ by }) => by))].join(", ");
  return `${who} approved ${missing.length === 0 ? "all of them" : `some of them, nobody ${missing.join(", ")}`}.`;
}

const approvals = ({ prompts }: PromptsJudged): string =>
  prompts
    .map(
      ({ name, sha, by, at }) =>
        `${name} ${short(sha)} ${by === null ? "by nobody" : `by ${by} on ${at?.slice(0, 10)}`}`,
    )
    .join(", ");

const listed = (prompts: readonly (readonly [string, string])[]): string =>
  prompts.map(([name, sha]) => `${name} ${short(sha)}`).join(", ") || "none";

function whichModel(events: readonly Recorded[]): Answer {
  const { started } = foldRun(events);
  const kinds = new Map(ofType(events, "session.started").map(({ session, kind }) => [session, kind]));
  const replies = ofType(events, "model.replied");
  const by = (session: string): string =>
    [...new Set(replies.filter((one) => one.session === session).map(served))].join(", ");
  const writers = [...kinds]
    .filter(([, kind]) => kind === "patch")
    .map(([session]) => by(session))
    .filter(Boolean);
  const [found] = ofType(events, "search.found").slice(-1);
  const asked = started?.model ? `${lastModel(events) ?? started.model.label} was asked` : "no model was asked";
  const patched =
    fixFacts(events).patch !== null || ofType(events, "diff.taken").some(({ purpose }) => purpose !== "reproduction");
  const writer = found ? "The search engine wrote it; no model did" : (writers.at(-1) ?? "");
  return {
    question: "Which model wrote the patch?",
    answer: patched && writer ? `${writer} (${asked}).` : `There is no patch of a model (${asked}).`,
    evidence: [
      ...[...kinds.keys()].flatMap((session) => repliesOf(session, replies, by(session))),
      ...(found ? [{ event: found.seq, fact: `found by ${found.operator} at ${found.path}:${found.line}` }] : []),
    ],
  };
}

const served = ({ servedModel }: EventOf<"model.replied">): string => servedModel;

function repliesOf(session: string, replies: readonly Recorded<EventOf<"model.replied">>[], by: string): Evidence[] {
  const own = replies.filter((reply) => reply.session === session);
  const [first] = own;
  const requests = own.flatMap(({ requestId }) => requestId ?? []);
  const ids = requests.length > 0 ? `, requests ${requests[0]} to ${requests.at(-1)}` : "";
  return first
    ? [
        {
          event: first.seq,
          fact: `session ${session}: ${plural(own.length, "reply", "replies")} of ${by}${ids}`,
        },
      ]
    : [];
}

function wasItReproduced(events: readonly Recorded[]): Answer {
  const { reproduction } = fixFacts(events);
  const suites = ofType(events, "suite.ran").filter(({ purpose }) => purpose === "red-on-base");
  const last = suites.at(-1);
  const same = suites.filter(({ tree, command }) => tree === last?.tree && command === last.command);
  const test = reproduction?.files.join(", ") || reproduction?.summary || "a test";
  return {
    question: "Was the issue reproduced?",
    answer: reproduction
      ? `${reproduction.untied ? "Not as far as its words tell, which do not speak of this test" : "Yes"}: ${reproduction.existing ? "the existing" : "the new"} ${test} failed ${plural(same.length, "time")} on the base, without the patch.`
      : "No: no failing test was accepted.",
    evidence: (reproduction ? same : suites).map(executed),
  };
}

const executed = ({
  seq,
  purpose,
  verdict,
  passed,
  failed,
  tree,
  command,
}: Recorded<EventOf<"suite.ran">>): Evidence => ({
  event: seq,
  fact: `${wordsOf(purpose)}: ${verdict}, ${passed} passed, ${failed} failed, tree ${short(tree)}, ${command}`,
});

function whatTestsRan(events: readonly Recorded[]): Answer {
  const suites = ofType(events, "suite.ran");
  const claims = fixFacts(events).proof?.findings ?? [];
  const proof = claims.map(({ claim, holds }) => `${claim} (${holds ? "yes" : "no"})`).join("; ");
  const trees = new Set(suites.map(({ tree }) => tree)).size;
  return {
    question: "What tests ran?",
    answer:
      suites.length === 0
        ? "None."
        : `claw ran tests ${plural(suites.length, "time")} on ${plural(trees, "tree")}.${proof ? ` The proof: ${proof}.` : " No proof was reached."}`,
    evidence: foldEvidence(events).map((row) => {
      const { event, fact } = executed(row.last);
      return { event, fact: row.times > 1 ? `${row.times} times ${fact}` : fact };
    }),
  };
}

function whatBecameOfIt(events: readonly Recorded[], fate: Fate | null): Answer {
  const { end } = foldRun(events);
  const refused = ofType(events, "call.finished").filter(({ tool, ok }) => tool === "finish" && !ok);
  const diffs = ofType(events, "diff.taken");
  const kept = diffs.findLast(({ purpose }) => purpose === "patch");
  const dropped = diffs.filter((diff) => diff !== kept && diff.purpose !== "reproduction");
  const reason = headline(end?.reason ?? "", 200).replace(/[.:]$/, "");
  const how = end?.type === "run.paused" ? "rests" : "ended";
  const ended = end ? `The run ${how} ${end.outcome}: ${reason}.` : "The run has not ended.";
  return {
    question: "What was accepted, rejected or overwritten?",
    answer: [ended, fate ? since(fate) : ""].filter(Boolean).join(" "),
    evidence: [
      ...refused.map(({ seq, session, why }) => ({
        event: seq,
        fact:
          why !== undefined && asksForMore(why)
            ? `a finish of session ${session} passed claw's checks, and one more look was asked for`
            : `a finish of session ${session} was not accepted`,
      })),
      ...dropped.map(({ seq, purpose, files, patch }) => ({
        event: seq,
        fact: `a change of ${plural(files, "file")} was ${purpose === "rejected" ? "rejected" : "replaced by a later one"}, diff ${short(patch)}`,
      })),
      ...(kept
        ? [
            {
              event: kept.seq,
              fact: `a change of ${plural(kept.files, "file")} was accepted, diff ${short(kept.patch)}`,
            },
          ]
        : []),
      ...latestGates(events).map(({ seq, gate, verdict, reasons }) => ({
        event: seq,
        fact: `gate ${gate}: ${verdict}${reasons.length > 0 ? `, ${headline(reasons.join("; "))}` : ""}`,
      })),
      ...ofType(events, "approval.given").map((given) => ({
        event: given.seq,
        fact: `${personOf(given)} approved diff ${short(given.diff)}`,
      })),
      ...ofType(events, "approval.refused").map((refusal) => ({
        event: refusal.seq,
        fact: `${personOf(refusal)} rejected diff ${short(refusal.diff)}: ${headline(refusal.reason)}`,
      })),
      ...ofType(events, "approval.expired").map(({ seq, diff }) => ({
        event: seq,
        fact: `nobody decided in time about diff ${short(diff)}`,
      })),
      ...ofType(events, "effect.done").map(({ seq, effect, result }) => ({ event: seq, fact: `${effect}: ${result}` })),
      ...(end ? [{ event: end.seq, fact: `${end.outcome}: ${headline(end.reason)}` }] : []),
    ].sort((one, other) => one.event - other.event),
  };
}

type Decision = EventOf<"approval.given"> | EventOf<"approval.refused">;

/** Who decided: a name that was typed is only a claim, so what else is on record of that person stands beside it. */
function personOf({ by, identity, account, known }: Decision): string {
  const beside = [identity && identity !== by ? `git: ${identity}` : "", account ?? "", known ? saidBy[known] : ""];
  const told = beside.filter(Boolean);
  return told.length > 0 ? `${by} (${told.join(", ")})` : by;
}

/** Who says that it was they, where it is not they themselves. */
const saidBy = { forge: "says the forge", token: "by their token", typed: "" } as const;

/** What a repository shows today, which the record cannot know. */
function since({ branch, inHead, overwritten }: Fate): string {
  const where = { there: "its branch is still there", moved: "its branch has moved on", gone: "its branch is gone" }[
    branch
  ];
  if (!inHead) return `Since: ${where}; the commit is not part of what is checked out.`;
  const later =
    overwritten.length === 0 ? "nothing of it was changed since" : `changed since: ${overwritten.join(", ")}`;
  return `Since: ${where}; the commit is part of what is checked out; ${later}.`;
}
