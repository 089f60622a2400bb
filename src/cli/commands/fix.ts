import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { z } from "zod";
import { LOCAL, readIssueName } from "../../forge/place.ts";
import { UsageError } from "../../errors.ts";
import type { Waiver } from "../../workflows/start.ts";
import { command, type CommandDesk } from "../command.ts";
import { chooseEngine, engineOption } from "../engine-choice.ts";
import { fixLimits } from "../fix-limits.ts";
import { type Issue, readIssue } from "../issue.ts";
import type { readForgeIssue } from "../forge-issue.ts";
import { notifyOptions } from "../notify-options.ts";
import { numberOption } from "../number-option.ts";
import { renderPlan } from "../render-plan.ts";
import { tiersFor } from "../tiers.ts";
import { watchRun } from "../watch-run.ts";

const given = z.string().trim().min(1, "must not be empty").optional();

const Input = z.object({
  issue: z.array(z.string()).default([]),
  base: given,
  attempts: numberOption({ min: 1, max: 20, whole: true }),
  budgetUsd: numberOption({ min: 0.01, max: 10_000 }),
  maxTokens: numberOption({ min: 1, max: 1_000_000_000, whole: true }),
  maxTurns: numberOption({ min: 1, max: 100_000, whole: true }),
  timeout: numberOption({ min: 0.1, max: 10_080 }),
  model: given,
  testCommand: given,
  repro: given,
  engine: engineOption,
  deep: z.boolean().default(false),
  candidates: numberOption({ min: 1, max: 1_000_000, whole: true }),
  workers: numberOption({ min: 1, max: 4, whole: true }),
  dryRun: z.boolean().default(false),
  json: z.boolean().default(false),
  yes: z.boolean().default(false),
  pr: z.boolean().optional(),
  again: z.boolean().default(false),
  event: given,
  label: given,
  sandbox: z.boolean().default(true),
  notify: z.boolean().optional(),
});
type Input = z.infer<typeof Input>;
type ForgeIssueText = Awaited<ReturnType<typeof readForgeIssue>>;

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
    const limits = fixLimits(input, app.config.user);
    const wanted = { flag: input.model, variable: app.config.model, models: app.config.user.models };
    const task = { cwd: desk.cwd, text: issue.text };
    const tiers =
      input.engine === "search" ? null : await tiersFor(wanted, task, { ledger: () => app.ledger(), err: desk.err });
    const named = tiers ? { ...input, model: tiers.tiers[0]?.model } : input;
    const { engine, model, because } = chooseEngine(named, app.config);
    if (because !== null) desk.err(because);
    if (input.dryRun) {
      const { planFix } = await import("../../workflows/plan-fix.ts");
      const { base: baseRef, testCommand = null } = input;
      const plan = await planFix(await app.house(desk.cwd), { cwd: desk.cwd, baseRef, model, limits, testCommand });
      desk.out(input.json ? JSON.stringify({ type: "plan", version: 1, ...plan }) : renderPlan(plan, issue));
      return;
    }
    const waiver = await waiverFor(input, desk);
    const pullRequest = waiver ? null : await pullRequestWish(input, issue, desk);
    const { fix: workflow } = await import("../../workflows/fix/fix.ts");
    // Who gave the issue on standard input has no line left to answer on.
    const yes = input.yes || issue.source === "standard input";
    return watchRun(desk, { json: input.json, yes, notify: input.notify }, (_, watch) =>
      app.start({
        ...watch,
        workflow,
        cwd: desk.cwd,
        baseRef: input.base,
        model,
        ...(tiers && { tiers }),
        limits,
        waiver,
        tokenCap: (input.maxTokens ?? app.config.user.budget.tokens) !== undefined,
        input: (put) => ({
          ...fixInput(input, issue, put),
          engine,
          pullRequest,
          search: searchOptions(input),
        }),
      }),
    );
  },
});

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

/** A file wins over an issue on a forge that has the same name. */
async function readIssueOf(input: Input, desk: CommandDesk): Promise<Issue | ForgeIssueText> {
  const { again } = input;
  const issue = await askedFor(input, desk);
  const [word] = issue;
  const name = issue.length === 1 && word !== undefined ? readIssueName(word) : null;
  const isFile = name?.place?.host !== LOCAL && existsSync(resolve(desk.cwd, word ?? ""));
  if (!name || isFile) return readIssue(issue, desk);
  const { readForgeIssue } = await import("../forge-issue.ts");
  return readForgeIssue(desk, name, again);
}

/** The words that name the issue; in GitHub Actions an event can. */
async function askedFor({ issue, event, label = "claw" }: Input, desk: CommandDesk): Promise<readonly string[]> {
  const name = (await desk.app()).config.variable("GITHUB_EVENT_NAME");
  if (name === undefined && event === undefined) return issue;
  const { issueOfEvent, refuseEvent } = await import("../event-issue.ts");
  await refuseEvent(desk);
  return event === undefined ? issue : issueOfEvent(desk, { file: event, label, given: issue });
}

/** An issue from a forge goes back there unless --no-pr says otherwise; other work only with --pr, to where origin leads. */
async function pullRequestWish({ pr, again }: Input, issue: Issue | ForgeIssueText, desk: CommandDesk) {
  if (pr === false || (pr !== true && !("at" in issue))) return null;
  const { forgeFor, placeOfOrigin } = await import("../forge-issue.ts");
  const app = await desk.app();
  const wish = "at" in issue ? issue.at : { ...(await placeOfOrigin(app, desk.cwd)), issue: null };
  // What cannot be published at the end is said before anything is paid for.
  const forge = "forge" in issue ? Promise.resolve(issue.forge) : forgeFor(app, desk, wish);
  if (app.config.user.forge.publish) await (await forge).checkPublish();
  return { ...wish, again };
}

const fixInput = (
  { testCommand, repro }: Input,
  { source, text, ...issue }: Issue | ForgeIssueText,
  put: (body: string) => string,
) => ({
  source,
  ...("origin" in issue && { origin: issue.origin }),
  text: put(text),
  testCommand: testCommand ?? null,
  repro: repro ?? null,
});

/** How far the search engine looks; who says how long a run may take, says how long it may search. */
const searchOptions = ({ deep, candidates, workers, timeout }: z.infer<typeof Input>) => ({
  deep,
  ...(candidates !== undefined && { candidates }),
  ...(timeout !== undefined && { seconds: timeout * 60 }),
  ...(workers !== undefined && { workers }),
});
