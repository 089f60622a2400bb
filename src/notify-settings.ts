import { z } from "zod";
import { KeyReference } from "./key-reference.ts";

const address = KeyReference.meta({
  description: "Where the address is found: whoever has it can write there, so it is a secret.",
});

/** Who is told when a run ends or waits. Only the user's own file says so; addresses are named, never written out. */
export const NotifySettings = z
  .strictObject({
    always: z.boolean().default(false).meta({
      description: "Tell of every run; by default only of those started with --notify.",
    }),
    on: z
      .array(z.enum(["ended", "waiting"]))
      .min(1)
      .default(["ended", "waiting"])
      .meta({ description: "ended: a run that is over; waiting: one that cannot go on without somebody." }),
    desktop: z.boolean().default(false).meta({
      description:
        "A notification of this desktop, or of the terminal. What --notify does where nothing else is named.",
    }),
    webhook: z
      .strictObject({
        url: address,
        secret: KeyReference.optional().meta({
          description: "Signs the body: X-Claw-Signature is sha256= and its HMAC with this, in hex.",
        }),
      })
      .optional()
      .meta({ description: "Gets one JSON object by POST (schema/notification.schema.json)." }),
    slack: z.strictObject({ url: address }).optional().meta({ description: "An incoming webhook of Slack's." }),
    discord: z.strictObject({ url: address }).optional().meta({ description: "A webhook of a Discord channel." }),
  })
  .prefault({});
export type NotifySettings = z.infer<typeof NotifySettings>;
