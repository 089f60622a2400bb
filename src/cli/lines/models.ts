import { z } from "zod";
import { Capabilities } from "../../models/capabilities.ts";
import { count, line, millis, texts } from "./line.ts";

const quarantine = z.strictObject({ at: millis, why: z.string() }).nullable();

/** An endpoint and a model of it. */
export const ModelRow = z.strictObject({
  endpoint: z.string(),
  model: z.string().nullable(),
  baseUrl: z.string(),
  wire: z.string(),
  place: z.enum(["local", "cloud"]),
  key: z
    .strictObject({ name: z.string(), present: z.boolean().nullable() })
    .nullable()
    .meta({ description: "Where the key is looked up; null where none is configured." }),
  priceKnown: z.boolean(),
  usual: z.boolean(),
  probe: z.strictObject({ at: millis, window: count.nullable(), problems: texts }).nullable(),
  fixes: z
    .strictObject({
      tried: count,
      proven: count,
      cost: z.number().nullable(),
      chances: z.strictObject({ bug: z.number(), feature: z.number(), deps: z.number(), docs: z.number() }),
    })
    .nullable(),
  drift: z.strictObject({
    runs: count,
    quarantine,
    canaries: z
      .strictObject({
        at: millis,
        of: count,
        first: count,
        last: count,
        installation: z.string(),
        server: z.string(),
      })
      .nullable(),
    canariesDue: z.string().nullable(),
  }),
});

/** One thing that was looked at. */
export const CheckLine = z.strictObject({
  type: z.literal("check"),
  check: z.string(),
  level: z.enum(["ok", "warning", "problem", "skipped"]),
  text: z.string(),
  remedy: z.string().nullable(),
});

export const ProbeLine = line("probe", {
  endpoint: z.string(),
  model: z.string(),
  ok: z.boolean(),
  capabilities: Capabilities.strict().nullable(),
  record: z.string().nullable().meta({ description: "File that what was learned is kept in." }),
});

export const ServeCheckLine = line("serve-check", {
  endpoint: z.string(),
  ok: z.boolean(),
  server: z
    .strictObject({
      kind: z.string(),
      version: z.string().nullable(),
      window: count.nullable(),
      largestWindow: count.nullable(),
      slots: count.nullable(),
      kvTokens: count.nullable(),
      gauges: z
        .strictObject({
          kind: z.string(),
          running: z.number().nullable(),
          waiting: z.number().nullable(),
          kvUsage: z.number().nullable(),
          preemptions: z.number().nullable(),
          kvTokens: z.number().nullable(),
        })
        .nullable(),
      metricsOff: z.boolean(),
      loaded: z.boolean().nullable(),
      templates: z.string().nullable(),
      settings: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
    })
    .nullable(),
});

export const CanaryLine = line("canary", {
  model: z.string(),
  of: count,
  passed: count,
  installation: z.string(),
  server: z.string(),
  wrong: z.array(count),
  first: count.optional(),
  quarantine,
});

export const LiftLine = line("lift", { model: z.string() });
