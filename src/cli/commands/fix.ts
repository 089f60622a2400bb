import { z } from "zod";
import { UsageError } from "../../errors.ts";
import type { Waiver } from "../../workflows/start.ts";
import { command, type CommandDesk } from "../command.ts";
import { FixFlags, fixPlan, fixWork, type ForgeIssueText, given, readWanted } from "../fix-work.ts";
import type { Issue } from "../issue.ts";
import { notifyOptions } from "../notify-options.ts";
import { renderPlan } from "../render-plan.ts";
import { watchRun } from "../watch-run.ts";

const Input = FixFlags.extend({
  issue: z.array(z.string()).default([]),
  dryRun: z.boolean().default(false),
  json: z.boolean().default(false),
  yes: z.boolean().default(false),
  event: given,
  label: given,
  sandbox: z.boolean().default(true),
  notify: z.boolean().optional(),
});
type Input = z.infer<typeof Input>;

const more = `Examples:
  claw fix ISSUE.md
  claw fix 123
  claw fix https://github.com/owner/repo/issues/123 --no-pr
  claw fix "parseDate drops the timezone" --model openai/gpt-5.6-terra
  cat issue.txt | claw fix - --json
  claw fix ISSUE.md --repro test/date.test.ts --budget-usd 0.50
  claw fix ISSUE.md --engine search --repro "npm test -- slug"
  claw fix ISSUE.md --dry-run
  claw fix --event "$GITHUB_EVENT_PATH" --no-pr

At a terminal, and not in CI, it asks one thing: whether packages that the tests need may be installed from their registry.

Exit codes:
   0 proven                  12 unproven            20 model unavailable
   1 a bug of claw           13 blocked by a gate   21 sandbox unavailable
   2 wrong usage             14 waiting for people  22 forge unavailable
  10 not reproduced          15 over budget         23 workspace: no repository, no tests
  11 no patch                16 stuck               24 infrastructure: disk, ledger
 130, 143 interrupted: claw resume <run> continues`;

export const fix = command({
  arguments: "[issue...]",
  options: [
    ["--base <ref>", "commit, branch or tag to start from (default: HEAD)"],
    ["--model <name>", "<endpoint>/<model>, a model, scripted:<file>, or auto (models: in config.yaml)"],
    ["--attempts <n>", "changes that may fail claw's check (default: 3)"],
    ["--budget-usd <n>", "most money in US dollars (default: from config.yaml, 2)"],
    ["--max-tokens <n>", "most tokens (default: from config.yaml, 5000000); lets a model without a known price work"],
    ["--max-turns <n>", "most replies of the model (default: from config.yaml, 100)"],
    ["--timeout <minutes>", "most time (default: from config.yaml, 60)"],
    ["--test-command <command>", "how the whole test suite is run"],
    ["--repro <test>", "a failing test that exists: a test file, or a command"],
    ["--engine <name>", "who writes the patch: native (a model) or search (small changes, tried one by one)"],
    ["--deep", "search: also try changes that seldom help"],
    [
      "--candidates <n>",
      "search: most changes that are tried (default: 3000, in at most 10 minutes unless --timeout is given)",
    ],
    ["--workers <n>", "search: workspaces used at once (default: one per processor, at most 4)"],
    ["--pr", "open a draft pull request when the fix is proven (default for an issue on a forge)"],
    ["--no-pr", "leave it on a local branch"],
    ["--again", "work on an issue although claw has a pull request for it"],
    ["--event <file>", "in GitHub Actions: the issue that $GITHUB_EVENT_PATH asks for, by somebody who may write"],
    ["--label <name>", "the label that asks for work in such an event (default: claw)"],
    ["--no-sandbox", "run commands as yourself: asks at a terminal first, marks the run, publishes nothing"],
    ...notifyOptions,
    ["--dry-run", "print the plan and the price ceiling, then stop"],
    ["--json", "print events and, last, the result as lines of JSON"],
    ["--yes", "ask nothing: install packages from their registry when they are needed"],
  ],
  more,
  times: true,
  input: Input,
  async run(input, desk) {
    const app = await desk.app();
    const issue = await readIssueOf(input, desk);
    if (input.dryRun) {
      const { planFix } = await import("../../workflows/plan-fix.ts");
      const { model, limits } = await fixPlan(input, issue, { ...desk, app });
      const { base: baseRef, testCommand = null } = input;
      const plan = await planFix(await app.house(desk.cwd), { cwd: desk.cwd, baseRef, model, limits, testCommand });
      desk.out(input.json ? JSON.stringify({ type: "plan", version: 1, ...plan }) : renderPlan(plan, issue));
      return;
    }
    const waiver = await waiverFor(input, desk);
    const request = await fixWork(waiver ? { ...input, pr: false } : input, issue, { ...desk, app });
    // Who gave the issue on standard input has no line left to answer on.
    const yes = input.yes || issue.source === "standard input";
    return watchRun(desk, { json: input.json, yes, notify: input.notify }, (_, watch) =>
      app.start({ ...watch, ...request, waiver, onLeft: (run) => desk.err(leftWords(run)) }),
    );
  },
});

const leftWords = (run: string): string =>
  `run ${run} of the same work has not ended, and this one begins afresh; to go on with that one instead: Ctrl-C, and claw resume ${run}`;

/** A flag alone turns no sandbox off: a person at a terminal does. */
async function waiverFor({ sandbox, pr }: Input, desk: CommandDesk): Promise<Waiver | undefined> {
  if (sandbox) return undefined;
  if (pr === true)
    throw new UsageError(
      "--no-sandbox and --pr exclude each other: such a run publishes nothing",
      "leave one of them out",
    );
  const { askForWaiver } = await import("../no-sandbox.ts");
  return askForWaiver(desk);
}

/** The issue that is meant; in GitHub Actions an event can name it. */
const readIssueOf = async (input: Input, desk: CommandDesk): Promise<Issue | ForgeIssueText> =>
  readWanted(await askedFor(input, desk), desk, input.again);

/** The words that name the issue; in GitHub Actions an event can. */
async function askedFor({ issue, event, label = "claw" }: Input, desk: CommandDesk): Promise<readonly string[]> {
  const name = (await desk.app()).config.variable("GITHUB_EVENT_NAME");
  if (name === undefined && event === undefined) return issue;
  const { issueOfEvent, refuseEvent } = await import("../event-issue.ts");
  await refuseEvent(desk);
  return event === undefined ? issue : issueOfEvent(desk, { file: event, label, given: issue });
}
