import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { z } from "zod";
import type { App } from "../app.ts";
import { LOCAL, readIssueName } from "../forge/place.ts";
import type { StartRequest, WantedWork, Watch } from "../workflows/start.ts";
import type { CommandDesk } from "./command.ts";
import { chooseEngine, engineOption } from "./engine-choice.ts";
import { fixLimits } from "./fix-limits.ts";
import type { readForgeIssue } from "./forge-issue.ts";
import { type Issue, readIssue } from "./issue.ts";
import { numberOption } from "./number-option.ts";
import { tiersFor } from "./tiers.ts";

/** The value of an option that is a text. */
export const given = z.string().trim().min(1, "must not be empty").optional();

/** How a fix is to be worked on: flags of `claw fix`, and what a task keeps of them until a worker has time. */
export const FixFlags = z.object({
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
  pr: z.boolean().optional(),
  again: z.boolean().default(false),
});
export type FixFlags = z.infer<typeof FixFlags>;

/** An issue on a forge, as it was read there. */
export type ForgeIssueText = Awaited<ReturnType<typeof readForgeIssue>>;

/** Where it is worked on, and who hears of it. */
export interface WorkPlace extends Pick<CommandDesk, "cwd" | "err" | "signal" | "times"> {
  readonly app: App;
}

/** What the words of a command mean: an issue on a forge, a file, standard input or the text itself. A file wins over an issue of the same name. */
export async function readWanted(
  words: readonly string[],
  desk: CommandDesk,
  again: boolean,
): Promise<Issue | ForgeIssueText> {
  const [word] = words;
  const name = words.length === 1 && word !== undefined ? readIssueName(word) : null;
  const isFile = name?.place?.host !== LOCAL && existsSync(resolve(desk.cwd, word ?? ""));
  if (!name || isFile) return readIssue(words, desk);
  const { readForgeIssue } = await import("./forge-issue.ts");
  return readForgeIssue(desk, name, again);
}

/** Who patches, with which models, and how much that may take. */
export async function fixPlan(flags: FixFlags, { text }: Pick<Issue, "text">, { app, cwd, err }: WorkPlace) {
  const { config } = app;
  const limits = fixLimits(flags, config.user);
  const wanted = { flag: flags.model, variable: config.model, models: config.user.models };
  const tiers =
    flags.engine === "search" ? null : await tiersFor(wanted, { cwd, text }, { ledger: () => app.ledger(), err });
  const { engine, model, because } = chooseEngine(tiers ? { ...flags, model: tiers.tiers[0]?.model } : flags, config);
  if (because !== null) err(because);
  return { engine, model, limits, tiers };
}

/** A fix as it is started: everything but who watches. */
export async function fixWork(
  flags: FixFlags,
  issue: Issue | ForgeIssueText,
  place: WorkPlace,
): Promise<Omit<StartRequest, keyof Watch>> {
  const { app, cwd } = place;
  const { engine, model, limits, tiers } = await fixPlan(flags, issue, place);
  const pullRequest = await pullRequestWish(flags, issue, place);
  const { fix: workflow } = await import("../workflows/fix/fix.ts");
  return {
    workflow,
    cwd,
    baseRef: flags.base,
    model,
    ...(tiers && { tiers }),
    limits,
    wanted: wantedOf(flags, issue),
    tokenCap: (flags.maxTokens ?? app.config.user.budget.tokens) !== undefined,
    input: (put) => ({ ...fixInput(flags, issue, put), engine, pullRequest, search: searchOptions(flags) }),
  };
}

/** What a task keeps of an issue, and of how it is to be worked on. */
export function wantedOf(flags: FixFlags, issue: Issue | ForgeIssueText): WantedWork {
  const { text, source: ref } = issue;
  const wish = wishOf(flags, issue);
  if ("at" in issue) {
    const { host, owner, repo, issue: number } = issue.at;
    const known = ["issue", host, owner, repo, String(number)];
    return { known, text, source: { kind: "issue", ref }, trust: issue.origin.trust, wish };
  }
  const kind = ref === "the command line" || ref === "standard input" ? "text" : "file";
  return { known: null, text, source: { kind, ref }, trust: "user", wish };
}

/** Flags as they are typed, and where on a forge the issue is. */
function wishOf(flags: FixFlags, issue: Issue | ForgeIssueText): WantedWork["wish"] {
  const kept = Object.entries(flags).flatMap(([name, value]) =>
    value === undefined || value === false || !(name in FixFlags.shape)
      ? []
      : [[name, typeof value === "boolean" ? value : String(value)] as const],
  );
  // A wish for no pull request is one, unlike a switch that nobody set.
  const wish = { flags: { ...Object.fromEntries(kept), ...(flags.pr === false && { pr: false }) } };
  return "at" in issue ? { ...wish, at: { ...issue.at }, origin: issue.origin } : wish;
}

/** An issue from a forge goes back there unless --no-pr says otherwise; other work only with --pr, to where origin leads. */
async function pullRequestWish({ base, pr, again }: FixFlags, issue: Issue | ForgeIssueText, place: WorkPlace) {
  if (pr === false || (pr !== true && !("at" in issue))) return null;
  const { forgeFor, placeOfOrigin, refuseUnpublishable } = await import("./forge-issue.ts");
  const { app, cwd } = place;
  const wish = "at" in issue ? issue.at : { ...(await placeOfOrigin(app, cwd)), issue: null };
  // What cannot be published at the end is said before anything is paid for.
  const forge = "forge" in issue ? Promise.resolve(issue.forge) : forgeFor(app, place, wish);
  const { publish } = app.config.user.forge;
  if (publish) await refuseUnpublishable(app, await forge, { cwd, place: wish, base });
  return { ...wish, again, baseSeen: publish };
}

const fixInput = (
  { testCommand, repro }: FixFlags,
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
const searchOptions = ({ deep, candidates, workers, timeout }: FixFlags) => ({
  deep,
  ...(candidates !== undefined && { candidates }),
  ...(timeout !== undefined && { seconds: timeout * 60 }),
  ...(workers !== undefined && { workers }),
});
