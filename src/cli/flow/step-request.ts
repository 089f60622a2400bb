import { z } from "zod";
import type { App } from "../../app.ts";
import { ClawError, UsageError } from "../../errors.ts";
import { LOCAL, readIssueName } from "../../forge/place.ts";
import { utcTimes } from "../../times.ts";
import type { ChildPlace, ChildWork } from "../../workflows/flow/children.ts";
import type { StartRequest, Watch } from "../../workflows/start.ts";
import { FixFlags, fixWork, type ForgeIssueText, type WorkPlace } from "../fix-work.ts";
import { type Issue, readIssue } from "../issue.ts";
import { localiseWork } from "../localise-work.ts";
import { triageWork } from "../triage/triage-work.ts";
import { FlowRegression } from "./step-outputs.ts";

type Request = Omit<StartRequest, keyof Watch>;

const text = z.string().optional();
const Triage = z.object({
  ci_run: text,
  against: text,
  test_command: text,
  reruns: z.int().optional(),
  bisect: z.int().optional(),
});
const Localise = z.object({ test: text, base: text, test_command: text });
const Fix = z.object({
  issue: text,
  file: text,
  text,
  regression: FlowRegression.optional(),
  repro: text,
  base: text,
  test_command: text,
  attempts: z.int().optional(),
  deep: z.boolean().optional(),
  pr: z.boolean().optional(),
});
type Fix = z.infer<typeof Fix>;

/** The run that a step asks for: everything but who watches. Throws ClawError where it cannot begin. */
export async function stepRequest(
  app: App,
  place: ChildPlace,
  { kind, values, ...wanted }: ChildWork,
): Promise<Request> {
  const { cwd, base } = place;
  const { most } = wanted;
  switch (kind) {
    case "triage": {
      const { test_command: testCommand, ci_run: ciRun, ...wish } = Triage.parse(values);
      const work = await triageWork(placeOf(app, place), { ...wish, ciRun, testCommand });
      return { ...work, baseRef: work.baseRef ?? base, limits: { ...work.limits, wallMs: most.wallMs } };
    }
    case "localise": {
      const { test_command: testCommand, test, base: own = base } = Localise.parse(values);
      const work = await localiseWork({ test, base: own, testCommand }, cwd);
      return { ...work, limits: { ...work.limits, wallMs: Math.min(work.limits.wallMs, most.wallMs) } };
    }
    case "fix":
      return fixRequest(app, place, { fix: Fix.parse(values), ...wanted });
    case "approval":
      throw new UsageError("an approval is no run", "it is asked for by the flow itself");
  }
}

type FixWanted = Omit<ChildWork, "kind" | "values"> & { readonly fix: Fix };

/** What is said besides is on the record of the run. */
const placeOf = (app: App, { cwd, watch }: ChildPlace): WorkPlace => ({
  app,
  cwd,
  signal: watch.signal,
  err: () => {},
  times: utcTimes,
});

async function fixRequest(app: App, place: ChildPlace, wanted: FixWanted): Promise<Request> {
  const { run, base } = place;
  const { fix, model, engine, most, step } = wanted;
  const { regression } = fix;
  if (regression && regression.hopeless !== null)
    throw new ClawError(regression.hopeless, {
      outcome: "no-patch",
      hint: 'mend it with: claw fix "…" --repro <command>',
    });
  const workPlace = placeOf(app, place);
  const source = `step ${step} of claw flow ${run}`;
  const { text: words } = fix;
  const issue: Issue | ForgeIssueText =
    regression !== undefined
      ? { source, text: regression.text }
      : words !== undefined
        ? { source, text: words }
        : await namedIssue(fix, workPlace);
  const repro = regression ? (regression.repro ?? undefined) : fix.repro;
  const { test_command: testCommand, base: own = base, attempts, pr } = fix;
  const flags = {
    ...FixFlags.parse({}),
    base: own,
    attempts,
    testCommand,
    repro,
    model,
    engine,
    deep: fix.deep ?? false,
    pr,
  };
  const work = await fixWork(flags, issue, workPlace);
  if (work.model === undefined || typeof work.model === "string") refuseSpent(most);
  const isWords = regression !== undefined || words !== undefined;
  return {
    ...work,
    limits: { ...work.limits, ...most },
    wanted: work.wanted && isWords ? { ...work.wanted, source: { kind: "text", ref: source } } : work.wanted,
    input: (put) => ({ ...(work.input(put) as object), only: regression?.only ?? [] }),
  };
}

/** An issue on a forge, or a file that the flow itself names. What a step or an item says is neither a file nor a path. */
async function namedIssue({ issue, file }: Fix, place: WorkPlace): Promise<Issue | ForgeIssueText> {
  if (issue === undefined) return fileOf(file ?? "", place);
  const name = readIssueName(issue);
  if (!name || name.place?.host === LOCAL)
    throw new UsageError(
      `${JSON.stringify(issue.slice(0, 80))} is no issue on a forge`,
      "give its number or address; words go into text, a file's name into file",
    );
  const { readForgeIssue } = await import("../forge-issue.ts");
  return readForgeIssue({ ...place, app: () => Promise.resolve(place.app) }, name, false);
}

async function fileOf(file: string, { cwd }: WorkPlace): Promise<Issue> {
  const missing = new UsageError(`there is no file ${file}`, "name one from the root of the repository");
  if (file === "-") throw missing;
  const issue = await readIssue([file], { cwd, stdin: () => Promise.reject(missing) });
  if (issue.source !== file) throw missing;
  return issue;
}

/** Nothing is begun that could not ask one question: less than a cent asks none. */
function refuseSpent({ usdNano, tokens }: ChildWork["most"]): void {
  if ((usdNano === null || usdNano >= 10_000_000) && tokens >= 1) return;
  throw new ClawError("what the flow may spend is used up", {
    outcome: "over-budget",
    hint: "allow more: claw flow run --budget-usd",
  });
}
