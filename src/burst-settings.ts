import { z } from "zod";

/** `burst` of the user's config.yaml. */
export const BurstSettings = z
  .strictObject({
    to: z.string().min(1).meta({ description: "Where a run goes that would have to wait, as <endpoint>/<model>." }),
    afterSeconds: z.number().positive().default(30).meta({ description: "The longest it waits for its own server." }),
    usdPerHour: z.number().positive().meta({ description: "Most money for such runs in an hour, in US dollars." }),
  })
  .meta({
    description:
      "When a server of your own is busy, new runs without --model may go elsewhere. Never under egress: local-only.",
  });
