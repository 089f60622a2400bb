import { z } from "zod";
import { count, line, millis, texts } from "./line.ts";

export const FleetInitLine = line("fleet.init", { place: z.string(), inClear: z.boolean(), runs: count });

const became = ["new", "further", "there", "ahead", "held", "busy", "differs"] as const;
export const PushedLine = line("fleet.pushed", { id: z.string(), became: z.enum(became) });
/** The last line: how many runs and tasks became what. */
export const PushResultLine = line("result", {
  place: z.string(),
  new: count.optional(),
  further: count.optional(),
  there: count.optional(),
  ahead: count.optional(),
  held: count.optional(),
  busy: count.optional(),
  differs: count.optional(),
});

export const FleetStatusLine = line("fleet.status", {
  place: z.string(),
  hosts: z.array(
    z.strictObject({
      name: z.string(),
      processes: count,
      jobs: count,
      runs: texts,
      until: millis,
      gone: z.boolean(),
    }),
  ),
  waiting: z.array(z.strictObject({ label: z.string(), ready: count, deferred: count, running: count, dead: count })),
});

export const ServingLine = line("serving", { url: z.url(), repositories: texts });
