import { z } from "zod";
import { exitCodes, type Outcome } from "../../errors.ts";
import { Sha } from "../../ledger/events.ts";
import { PullRequestWish } from "../pull-request.ts";

/** How long and how far the search engine looks. */
const SearchOptions = z.object({
  candidates: z.int().default(3000),
  seconds: z.number().default(600),
  /** Also operators that seldom find anything. */
  deep: z.boolean().default(false),
  /** Workspaces used at once; by default as many as there are processors. */
  workers: z.int().optional(),
});
export type SearchOptions = z.infer<typeof SearchOptions>;

/** Who wrote an issue on a forge, and what of it was left out. Recorded; it grants nothing. */
export const IssueOrigin = z.object({
  author: z.string(),
  /** As the forge calls it: "OWNER", "NONE", … */
  association: z.string(),
  trust: z.enum(["member", "contributor", "stranger"]),
  /** Comments of HTML that a page does not show, images, and characters that nobody can see. */
  hidden: z.int(),
  images: z.int(),
  invisible: z.int(),
  commentsLeftOut: z.int(),
  /** Numbers of the pull requests and CI runs that its text goes with. */
  linked: z.array(z.int()),
  ciRuns: z.array(z.int()),
});
export type IssueOrigin = z.infer<typeof IssueOrigin>;

/** What `claw fix` is asked. The text itself is a blob. */
export const FixInput = z.object({
  /** Where the issue came from: a file name, "standard input", "the command line". */
  source: z.string(),
  text: Sha,
  testCommand: z.string().nullable(),
  /** A failing test that exists already: a test file, or a command. */
  repro: z.string().nullable(),
  /** Of the tests in that file, those that show the bug; all that fail there when empty. */
  only: z.array(z.object({ kind: z.enum(["test", "file"]), titles: z.array(z.string()) })).default([]),
  /** Who writes the patch. */
  engine: z.enum(["native", "search"]).default("native"),
  search: SearchOptions.prefault({}),
  /** Where a proven change goes as a draft pull request; without it, it stays on a local branch. */
  pullRequest: PullRequestWish.nullable().default(null),
  origin: IssueOrigin.nullable().default(null),
});
export type FixInput = z.infer<typeof FixInput>;

/** The issue as a session is told about it. */
export const Task = z.object({
  title: z.string(),
  slug: z.string(),
  source: z.string(),
  body: Sha,
  /** Characters a person cannot see that were taken out. */
  stripped: z.int(),
  /** Characters left out of the middle of a text that is too long. */
  leftOut: z.int(),
  /** Files of the base that the text names. */
  files: z.array(z.string()).default([]),
});
export type Task = z.infer<typeof Task>;

const SuitePlan = z.object({
  runner: z.enum(["vitest", "jest", "mocha", "node-test", "pytest", "go", "cargo", "rspec", "maven", "generic"]),
  shell: z.string(),
  source: z.string(),
  cwd: z.literal("."),
  script: z.string(),
  leftOut: z.array(z.string()),
  flags: z.array(z.string()),
  hangs: z.boolean().optional(),
});

/** The suite at the base: how it is run, and what it says there. */
export const Baseline = z.object({ plan: SuitePlan, verdict: z.enum(["green", "red"]), ran: z.int() });
export type Baseline = z.infer<typeof Baseline>;

/** A test that fails on the base. */
export const Reproduction = z.object({
  /** The base plus the test. */
  tree: z.string(),
  /** Its files, frozen from here on. */
  files: z.array(z.string()),
  plan: SuitePlan,
  /** Ids of the tests that show the bug. */
  failing: z.array(z.string()),
  failure: z.string(),
  summary: z.string(),
  /** It was there before the run, instead of being written by a session. */
  existing: z.boolean(),
  /** Nobody named it, and nothing in the task's words speaks of it: what is proven is the test, not the words. */
  untied: z.boolean().optional(),
});
export type Reproduction = z.infer<typeof Reproduction>;

/** A change that passed claw's checks. */
export const Patch = z.object({
  tree: z.string(),
  diff: Sha,
  summary: z.string(),
  /** Test files it adds or changes besides the reproduction: nobody has seen them fail. */
  tests: z.array(z.string()).default([]),
});
export type Patch = z.infer<typeof Patch>;

/** A stage that ends the run instead of handing something on. */
const outcome = z.enum(Object.keys(exitCodes) as [Outcome, ...Outcome[]]);
export const Ended = z.object({ end: z.object({ outcome, reason: z.string(), hint: z.string() }) });
