import { z } from "zod";
import type { Recorded } from "../ledger/events.ts";
import { plural } from "../text.ts";
import { driftNotes } from "../views/drift.ts";
import { foldRun } from "../views/run.ts";

/** What the stages of a fix handed on, as far as reports tell it. Read leniently: a run of another release is still shown. */
export interface FixFacts {
  readonly task: { readonly title: string; readonly source: string } | null;
  /** Who wrote the issue on a forge, and how near to the project they are: "eve (NONE)". */
  readonly author: string | null;
  /** What a person should know about the issue and the base, one sentence each. */
  readonly notes: readonly string[];
  readonly suite: Suite | null;
  readonly reproduction: Reproduction | null;
  readonly patch: Patch | null;
  readonly proof: Proof | null;
  readonly published: { readonly branch: string | null; readonly commit: string | null };
}

const Task = z.object({
  title: z.string(),
  source: z.string(),
  stripped: z.int().default(0),
  leftOut: z.int().default(0),
});
const Setup = z.object({ notes: z.array(z.string()) });
const Suite = z.object({
  plan: z.object({
    shell: z.string(),
    /** Parts of the repository's test script that are not run, because they are no tests. */
    leftOut: z.array(z.string()).default([]),
  }),
});
type Suite = z.infer<typeof Suite>["plan"];
const Reproduction = z.object({
  files: z.array(z.string()),
  failing: z.array(z.string()),
  failure: z.string(),
  summary: z.string(),
  existing: z.boolean(),
  /** Nobody named it, and nothing in the task's words speaks of it. */
  untied: z.boolean().default(false),
});
type Reproduction = z.infer<typeof Reproduction>;
const Patch = z.object({
  /** Hash of the whole change from the base, reproduction included: what an approval is bound to. */
  diff: z.string().optional(),
  /** The model's words about it. */
  summary: z.string(),
  /** Test files it adds or changes besides the reproduction. */
  tests: z.array(z.string()).default([]),
});
type Patch = z.infer<typeof Patch>;
const Proof = z.object({
  holds: z.boolean(),
  findings: z.array(z.object({ claim: z.string(), holds: z.boolean(), facts: z.array(z.int()) })),
});
type Proof = z.infer<typeof Proof>;
const Published = z.object({ branch: z.string().nullish(), commit: z.string().nullish() });

/** What a person has to know of a proof that was found without their words. */
const untiedNote =
  "nothing in the task's words speaks of the test that was fixed: what is proven is that test, not those words";

const Origin = z.object({
  author: z.string(),
  association: z.string(),
  trust: z.string(),
  hidden: z.int(),
  images: z.int(),
});

/** What a person should know about who wrote the issue, and what of it no model sees. */
const originNotes = ({ author, association, trust, hidden, images }: z.infer<typeof Origin>): string[] => [
  ...(trust === "stranger" ? [`the issue is by ${author}, who is no contributor (${association})`] : []),
  ...(hidden > 0 ? [`${plural(hidden, "hidden comment")} taken out of the issue`] : []),
  ...(images > 0 ? [`${plural(images, "image")} of the issue not looked at`] : []),
];

/** What was done to the text of the issue before a model saw it. */
const issueNotes = ({ stripped, leftOut }: z.infer<typeof Task>): string[] => [
  ...(stripped > 0 ? [`${plural(stripped, "invisible character")} taken out of the issue`] : []),
  ...(leftOut > 0 ? [`the issue is long: ${plural(leftOut, "character")} in its middle were left out`] : []),
];

/** Reads the outputs of the finished stages. */
export function fixFacts(events: readonly Recorded[]): FixFacts {
  const { stages, started } = foldRun(events);
  const output = <Shape extends z.ZodType>(stage: string, shape: Shape): z.infer<Shape> | null => {
    const found = stages.find(({ name, finishedAt }) => name === stage && finishedAt !== null);
    return shape.safeParse(found?.output).data ?? null;
  };
  const published = output("publish", Published);
  const task = output("intake", Task);
  const reproduction = output("reproduce", z.object({ reproduction: Reproduction }))?.reproduction ?? null;
  const origin = z.object({ origin: Origin }).safeParse(started?.input).data?.origin ?? null;
  return {
    task,
    author: origin && `${origin.author} (${origin.association})`,
    notes: [
      ...(origin ? originNotes(origin) : []),
      ...(task ? issueNotes(task) : []),
      ...(output("workspace", Setup)?.notes ?? []),
      ...(reproduction?.untied ? [untiedNote] : []),
      ...driftNotes(events),
    ],
    suite: output("baseline", Suite)?.plan ?? null,
    reproduction,
    patch: output("patch", z.object({ patch: Patch }))?.patch ?? null,
    proof: output("prove", Proof),
    published: { branch: published?.branch ?? null, commit: published?.commit ?? null },
  };
}
