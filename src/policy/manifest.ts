import { z } from "zod";
import { BudgetsInDollars } from "../budgets.ts";
import { SandboxLevel } from "./sandbox-level.ts";
import { Schedule, scheduleName } from "./schedule.ts";
import { policyName } from "./sandbox-file.ts";
import { readStrictYaml } from "../strict-yaml.ts";
import { declaredHost } from "./host-rules.ts";

const glob = z.string().min(1);

/** claw.yaml: what is allowed in this repository. Read from the base commit; it can only narrow what the user grants. */
export const Manifest = z.strictObject({
  test: z
    .strictObject({
      command: z.string().min(1).optional().meta({ description: "Command that runs the whole test suite." }),
      files: z.array(glob).default([]).meta({
        description: "Files that are tests although neither their names nor their folders say test or spec.",
      }),
      timeoutSeconds: z.int().min(1).max(7200).default(600).meta({ description: "Wall-clock limit of one suite run." }),
      idleSeconds: z.int().min(1).max(7200).default(180).meta({
        description: "A suite that neither prints anything nor uses a processor for so long is stopped.",
      }),
    })
    .prefault({}),
  setup: z
    .strictObject({
      installScripts: z.boolean().default(false).meta({ description: "May dependencies run their install scripts?" }),
      hosts: z
        .array(declaredHost)
        .optional()
        .meta({ description: "Hosts that installing packages may reach over TLS. Default: the manager's registry." }),
    })
    .prefault({}),
  network: z
    .strictObject({
      hosts: z.array(declaredHost).default([]).meta({
        description: "Hosts that commands may reach over TLS, as host, host:port or *.suffix. Default: none.",
      }),
    })
    .prefault({}),
  sandbox: z
    .strictObject({
      level: SandboxLevel.default("standard").meta({
        description: "complete: nothing runs where the sandbox lacks anything that `claw doctor sandbox` names.",
      }),
      policy: policyName.optional().meta({
        description: "A sandbox policy of the user's that is offered to repositories: what commands may use and see.",
      }),
      mask: z.array(glob).default([]).meta({
        description:
          "Committed files that commands find empty; git then knows one commit alone, in which they are empty. The last that fits decides, !glob shows again. Usual places of credentials (.env, .npmrc, *.pem, …) are hidden when they hold one; !glob shows those only where sandbox.show of the user's config.yaml grants it.",
      }),
    })
    .prefault({}),
  scope: z
    .strictObject({
      allow: z.array(glob).default([]).meta({ description: "Only these paths may change; empty: every path." }),
      deny: z.array(glob).default([]).meta({ description: "These paths may never change." }),
    })
    .prefault({}),
  roles: z
    .strictObject({
      propose: glob.optional().meta({ description: "Role file of the session that finds out how tests are run." }),
      reproduce: glob.optional().meta({ description: "Role file of the session that writes a failing test." }),
      patch: glob.optional().meta({ description: "Role file of the session that changes the code." }),
      chat: glob.optional().meta({ description: "Role file of sessions with a person." }),
      explain: glob
        .optional()
        .meta({ description: "Role file of the session that explains failures: claw triage --explain." }),
    })
    .default({})
    .meta({
      description: "Role files that narrow sessions: tools, calls, time, context, network. Paths from the root.",
    }),
  protect: z
    .array(glob)
    .default([])
    .meta({ description: "Paths whose change needs a person's approval, besides the built-in ones." }),
  require_different_approver: z
    .boolean()
    .default(false)
    .meta({ description: "Who started a run cannot approve its change." }),
  require_approved_prompts: z
    .boolean()
    .default(false)
    .meta({ description: "Only prompts that claw.lock approves are given to a model." }),
  limits: z
    .strictObject({
      files: z.int().min(1).default(20).meta({ description: "Most files a fix may change." }),
      diffLines: z.int().min(1).default(600).meta({ description: "Most lines a fix may add and delete." }),
      usd: z.number().positive().optional().meta({ description: "Most money for one run, in US dollars." }),
      turns: z.int().min(1).optional().meta({ description: "Most model turns for one run." }),
    })
    .prefault({}),
  host: z.string().min(1).max(100).optional().meta({
    description:
      "Work here is done only on hosts with this label among work.labels of their config.yaml. Default: any.",
  }),
  schedules: z.record(scheduleName, Schedule).default({}).meta({
    description:
      "Proposed work that comes again and again. Nothing of it happens before a person enables it: claw schedule.",
  }),
  egress: z.enum(["any", "local-only"]).optional().meta({
    description: "local-only: nothing of this repository is ever sent to a model server in the cloud.",
  }),
  budgets: BudgetsInDollars.prefault({}).meta({
    description: "Most money for work in this repository, in US dollars; the smaller of this and the user's own holds.",
  }),
});
export type Manifest = z.infer<typeof Manifest>;

/** The JSON Schema that is published as schema/claw.schema.json. */
export const manifestSchema = (): unknown => z.toJSONSchema(Manifest, { io: "input", target: "draft-2020-12" });

/** Reads claw.yaml; undefined gives the defaults. Throws UsageError naming the line and a suggestion. */
export function readManifest(text: string | undefined): Manifest {
  return readStrictYaml(text ?? "", { file: "claw.yaml", schema: Manifest, published: manifestSchema });
}
