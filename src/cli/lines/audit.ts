import { z } from "zod";
import { count, line, nano, outcome, texts } from "./line.ts";

const sha = z.string().regex(/^[0-9a-f]{64}$/);
const signed = z
  .strictObject({ keyid: z.string(), trusted: z.boolean(), covers: z.enum(["file", "events"]) })
  .nullable();

export const AuditLine = line("audit", {
  holds: z.boolean(),
  runs: count,
  tasks: count,
  events: count,
  bodies: count,
  anchors: count,
  heads: count,
  findings: z.array(
    z.strictObject({
      kind: z.enum(["event", "run", "body", "anchor", "head", "statement", "signature", "list", "file"]),
      run: z.string().nullable(),
      seq: count.nullable(),
      problem: z.string(),
    }),
  ),
  further: count.meta({ description: "Findings that were left out of the list." }),
  signed,
});

export const AnswersLine = line("answers", {
  run: z.string(),
  outcome: outcome.nullable(),
  base: z.string(),
  commit: z.string().nullable(),
  record: sha,
  signed,
  answers: z.array(
    z.strictObject({
      question: z.string(),
      answer: z.string(),
      evidence: z.array(z.strictObject({ event: count, fact: z.string() })),
    }),
  ),
});

export const ImportedRunLine = line("import", { run: z.string(), new: z.boolean() });

export const EgressLine = line("egress", {
  run: z.string(),
  hosts: z.array(
    z.strictObject({
      host: z.string(),
      port: count,
      purposes: texts,
      allowed: count,
      denied: count,
      rules: texts,
      addresses: texts,
      sent: count,
      received: count,
      cut: texts,
    }),
  ),
  sandboxes: count,
  open: count,
  declared: texts,
  unrecorded: count,
  model: z.strictObject({ endpoint: z.string(), requests: count }).nullable(),
});

export const RedactionLine = z.union([
  line("redaction", {
    sha,
    runs: texts,
    reason: z.string(),
    by: z.string(),
    identity: z.string().nullable().optional(),
    login: z.string().nullable().optional(),
  }),
  line("redaction", {
    sha,
    runs: z.array(z.never()),
    already: z.literal(true),
    at: z.int(),
    by: z.string(),
    reason: z.string(),
  }),
]);

export const SizeLine = line("size", {
  file: count,
  log: count,
  free: count,
  runs: count,
  anchors: count,
  events: z.strictObject({ count, bytes: count }),
  bodies: z.strictObject({ count, redacted: count, plain: count, stored: count }),
});

export const BackupLine = line("backup", {
  file: z.string(),
  bytes: count,
  runs: count,
  events: count,
  verified: z.boolean(),
});

export const CompactLine = line("compact", {
  done: z.boolean(),
  bodies: count,
  bytes: count,
  free: count,
  freed: count,
});

const costs = {
  name: z.string(),
  runs: count,
  replies: count,
  inputTokens: count,
  outputTokens: count,
  nano: z.int().meta({ description: "The priced part, in nano-dollars." }),
  unpriced: z.boolean().meta({ description: "Something in it has no known price: the sum is a lower bound." }),
};
const rows = z.array(z.strictObject(costs));

export const CostLine = line("cost", {
  days: z.number(),
  total: z.strictObject({ ...costs, fixes: count, proven: count, nanoPerProven: nano }),
  day: rows,
  repository: rows,
  model: rows,
  outcome: rows,
  budgets: z.array(
    z.strictObject({
      budget: z.string(),
      scope: z.string(),
      limit: z.int().nullable(),
      spent: z.int(),
      reserved: z.int(),
    }),
  ),
  damaged: texts,
});
