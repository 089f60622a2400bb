import { z } from "zod";

const most = z.int().min(1).max(10_000);

/** What workers may do at once: claw work. */
export const WorkSettings = z
  .strictObject({
    jobs: most.optional().meta({ description: "Most sessions at once in one claw work (default: one per processor)." }),
    warm: z.int().min(0).max(1000).default(1).meta({
      description: "Sessions that are begun at once when there is work, before it is known how long work takes.",
    }),
    most: most.optional().meta({ description: "Most sessions at once over all processes on this ledger." }),
    perRepository: most.optional().meta({ description: "The same for one repository." }),
    models: z
      .record(z.string().min(1), most)
      .default({})
      .meta({ description: "The same for one model, by <endpoint>/<model>." }),
    roles: z
      .record(z.string().min(1), most)
      .default({})
      .meta({ description: "The same for one workflow, by its name." }),
    labels: z.array(z.string().min(1)).default([]).meta({
      description:
        "Labels of this host: tasks labelled host:<label>, and repositories with host: <label> in claw.yaml, are worked on only where it is.",
    }),
    idleSeconds: z.int().min(1).default(120).meta({
      description: "After so long without work a process that has worked begins anew, with nothing of its memory.",
    }),
    memoryMb: z.int().min(64).default(1024).meta({
      description:
        "Memory in MB of a claw work itself, its sessions' commands not counted: above it, what runs is done, and then it begins anew.",
    }),
    sessionMb: z
      .int()
      .min(16)
      .default(512)
      .meta({ description: "Memory in MB that must be free for one session more to begin." }),
  })
  .prefault({});
