import { z } from "zod";
import { event } from "./fact.ts";

const sha = z.string().regex(/^[0-9a-f]{64}$/);

/** Ways in which one task depends on another: it blocks the other, is the same as it, or is a part of it. */
export const linkKinds = ["blocks", "duplicates", "parent"] as const;
const link = z.object({ kind: z.enum(linkKinds), to: z.string() });
/** A dependency of one task on another, `to`: this blocks `to`, this duplicates `to`, `to` is the parent of this. */
export type TaskLink = z.infer<typeof link>;

/** Where wanted work comes from. `ref` is how it is known there: an address, a file's name, an id. */
const source = z.object({
  kind: z.enum(["person", "issue", "file", "text", "ci", "schedule", "import", "run", "review", "report"]),
  ref: z.string(),
});

/** Whose words the body is. All of it is data; none of it grants anything. */
const trust = z.enum(["user", "member", "contributor", "stranger", "tool"]);

const about = {
  title: z.string(),
  /** The wanted work in the source's own words. */
  body: sha.nullable(),
  /** 0 is the most urgent, 4 can wait. */
  priority: z.int().min(0).max(4),
  labels: z.array(z.string()),
  /** How a person will know that it is done. */
  acceptance: z.string().nullable(),
  /** Wanted by then, in milliseconds since the epoch. */
  due: z.int().nullable(),
  /** Nobody starts it for now. */
  held: z.boolean(),
  /** What the workflow is asked besides: base, model, engine, limits. */
  wish: z.record(z.string(), z.json()),
};

/** What can happen to a task, in a stream of its own. Past tense, never changed, only added to. */
export const taskEvents = [
  event("task.added", {
    /** Each of its facts is written together with an anchor; early tasks were not. First, where an audit looks for it. */
    anchored: z.literal(true).optional(),
    ...about,
    source,
    trust,
    /** Root of the user's working tree, or a remote's address. */
    repository: z.string(),
    workflow: z.string(),
    links: z.array(link),
    by: z.string(),
    /** Brought from elsewhere, with its times there; with `closed` it was done there already. */
    imported: z
      .object({
        created: z.int(),
        updated: z.int(),
        closed: z.object({ outcome: z.string(), reason: z.string(), at: z.int() }).nullable(),
      })
      .optional(),
  }),
  /**
   * Somebody asked for it, or about it, on a forge, which told so once: by the id of its delivery it is known when it comes
   * again, and by `digest`, the SHA-256 of its body, where somebody else sends it again: the id is not signed.
   */
  event("task.asked", { delivery: z.string(), digest: sha.optional(), event: z.string(), by: z.string() }),
  /** Only what is there has changed. */
  event("task.changed", { ...z.object(about).partial().shape, by: z.string() }),
  event("task.linked", { link, by: z.string() }),
  event("task.unlinked", { link, by: z.string() }),
  /** A run works on it: begun or continued. */
  event("task.worked", { run: z.string() }),
  /** Its run ended without closing it, or paused; `hint`: what to do next. Without a run none could be begun. */
  event("task.rested", { run: z.string().optional(), outcome: z.string(), reason: z.string(), hint: z.string() }),
  event("task.closed", { outcome: z.string(), reason: z.string(), by: z.string(), run: z.string().optional() }),
  event("task.reopened", { reason: z.string(), by: z.string() }),
  /** No more tries without a person: its job is with the dead ones. */
  event("task.buried", { reason: z.string() }),
] as const;

/** One fact of a task. */
export type TaskEvent = z.infer<(typeof taskEvents)[number]>;
