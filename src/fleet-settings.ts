import { z } from "zod";

/** This machine among others that work on one ledger. */
export const FleetSettings = z
  .strictObject({
    repositories: z.record(z.string().min(1), z.string().min(1)).default({}).meta({
      description:
        "Where repositories lie on this machine that tasks and runs of other machines name by a path of theirs: their path, then the one here.",
    }),
  })
  .prefault({});
