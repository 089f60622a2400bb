import { keepEnds, withoutClosing } from "../text.ts";
import { foldRun } from "../views/run.ts";
import { evidenceLevel } from "../views/evidence-level.ts";
import { changes, gates, proof, record, whatFailed, why, type FixReportInput } from "./fix-report.ts";
import { fixFacts } from "./fix-facts.ts";
import { code } from "./markdown.ts";
import { onTheWaySection } from "./on-the-way.ts";

export interface PullRequestInput extends FixReportInput {
  /** The number of the issue it answers there. */
  readonly issue: number | null;
  /** The commit that the branch to merge into is at by now; null when that is not known. */
  readonly baseNow?: string | null;
  /** Invisible on the page; the body's last line. */
  readonly mark: string;
}

/** GitHub takes 65,536 characters; a page that long is read by nobody. */
const MAX_BODY = 40_000;

/**
 * Title and Markdown body of the draft pull request of a proven run: what failed, why, and what was shown, on one screen;
 * the rest folded away. Ends with the mark.
 */
export function pullRequestText(input: PullRequestInput): { readonly title: string; readonly body: string } {
  const { run, events, issue, baseNow, mark } = input;
  const level = evidenceLevel(events)?.level;
  const { started } = foldRun(events);
  const facts = [
    "**proven**: a test fails on the base, passes with this change, and fails again without it",
    ...(level === undefined ? [] : [`evidence ${level}`]),
    `base ${code(started?.base.slice(0, 12) ?? "")}`,
  ];
  const body = [
    // What was not shown to be what the issue speaks of does not close it.
    ...(issue === null ? [] : [`${fixFacts(events).reproduction?.untied ? "Refs" : "Fixes"} #${issue}`]),
    facts.join(" · "),
    ...(started && baseNow && baseNow !== started.base
      ? [
          `The branch to merge into has moved since: it is at ${code(baseNow.slice(0, 12))}. The proof is of the base above.`,
        ]
      : []),
    smaller(whatFailed(events)),
    smaller(why(events)),
    folded("The proof, run by claw in a sandbox", proof(events)),
    folded("The change and the gates", [changes(input), gates(events)].filter(Boolean).join("\n\n")),
    folded("Refusals on the way", onTheWaySection(events)),
    folded("Cost and record", record(input)),
    `A person decides: claw opens drafts only. In the repository it was made in, ${code(`claw show ${run}`)} tells everything.`,
  ].filter(Boolean);
  return {
    title: titleOf(fixFacts(events).task?.title ?? "a failing test"),
    body: `${keepEnds(body.join("\n\n"), MAX_BODY)}\n\n${mark}\n`,
  };
}

/** A title is no Markdown, and may become the subject of a commit. */
const titleOf = (issue: string): string => withoutClosing(`Fix: ${issue.replace(/\s+/g, " ")}`).slice(0, 200);

/** What the check beside the commit says: the proof, and on each test of it what was seen. */
export function checkText(events: FixReportInput["events"]): {
  readonly name: string;
  readonly title: string;
  readonly summary: string;
  readonly remarks: readonly { readonly path: string; readonly line: number; readonly text: string }[];
} {
  const seen = "fails on the base, passes with this change, and fails again without it";
  return {
    name: "claw proof",
    title: `proven: a test ${seen}`,
    summary: keepEnds(proof(events), MAX_BODY),
    remarks: (fixFacts(events).reproduction?.files ?? []).map((path) => ({
      path,
      line: 1,
      text: `This test ${seen}.`,
    })),
  };
}

/** Sections of the report, one step down: the page has a title already. */
const smaller = (section: string): string => section.replace(/^## /gm, "### ");

const folded = (title: string, section: string): string => {
  const text = section.replace(/^## .*\n+/m, "").trim();
  return text === "" ? "" : `<details>\n<summary>${title}</summary>\n\n${smaller(text)}\n\n</details>`;
};
