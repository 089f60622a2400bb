import { z } from "zod";
import { exitCodes, type Outcome } from "../errors.ts";

/** What a webhook gets: how a run ended, or what it waits for. Fields are only ever added within a version. */
export const Notice = z.strictObject({
  type: z.literal("notification"),
  version: z.literal(1),
  run: z.string(),
  workflow: z.string(),
  status: z.enum(["ended", "waiting"]).meta({ description: "waiting: somebody has to do something first." }),
  outcome: z.enum(Object.keys(exitCodes) as [Outcome, ...Outcome[]]),
  exitCode: z.int(),
  title: z.string().meta({ description: "What the run was about; empty where it did not get so far." }),
  reason: z.string(),
  hint: z.string(),
  repository: z.string().meta({ description: "Name of the folder, without the way to it." }),
  branch: z.string().nullable(),
  pullRequest: z.string().nullable(),
  usd: z.number().nullable().meta({ description: "Null when part of the cost has no known price." }),
  report: z.string().nullable().meta({
    description:
      "Of a night: the morning report as Markdown, its middle left out where it is long; null for other runs.",
  }),
});
export type Notice = z.infer<typeof Notice>;

/** The JSON Schema that is published as schema/notification.schema.json. */
export const noticeSchema = (): unknown => z.toJSONSchema(Notice, { target: "draft-2020-12" });

/** `unknown`: it may have arrived. It is not sent again then: twice is worse than somebody looking. */
export interface Sent {
  readonly state: "sent" | "failed" | "unknown";
  /** One line without any address. */
  readonly detail: string;
}

/** One way to reach people. */
export interface Channel {
  readonly name: "desktop" | "webhook" | "slack" | "discord";
  /** Where it goes to, for the record: never an address. */
  readonly target: string;
  /** Does not throw, and takes no longer than the signal lets it. */
  send(notice: Notice, signal: AbortSignal): Promise<Sent>;
}
