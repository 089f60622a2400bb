import { z } from "zod";
import { KeyReference } from "./key-reference.ts";

/** What `claw serve --webhook` takes from GitHub. The secret is named, never written out. */
export const WebhookSettings = z
  .strictObject({
    secret: KeyReference.optional().meta({
      description: "Where the secret is found that the webhook was given on GitHub: every delivery is signed with it.",
    }),
    label: z.string().trim().min(1).max(50).default("claw").meta({
      description: "An issue that gets this label, from somebody who may write, is worked on.",
    }),
    repositories: z
      .array(z.string().startsWith("/", { error: "give the absolute path of a working tree" }))
      .default([])
      .meta({ description: "Working trees that tasks may be for; each is known by where its origin leads." }),
  })
  .prefault({});
export type WebhookSettings = z.infer<typeof WebhookSettings>;
