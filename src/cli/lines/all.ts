import { z } from "zod";
import { Result } from "../../reports/result.ts";
import * as audit from "./audit.ts";
import { Fact } from "./line.ts";
import * as fleet from "./fleet.ts";
import * as machine from "./machine.ts";
import * as models from "./models.ts";
import * as policy from "./policy.ts";
import * as queue from "./queue.ts";
import * as run from "./run.ts";
import * as schedule from "./schedule.ts";
import * as task from "./task.ts";
import * as triage from "./triage.ts";

const whole = [run.EventLine, run.ResultLine, run.ErrorLine] as const;

/** What each command prints with --json: every line is one of these, and nothing else. */
export const linesOf: Readonly<Record<string, readonly z.ZodType[]>> = {
  fix: [...whole, run.PlanLine],
  chat: whole,
  triage: [...whole, triage.TriageLine, triage.TriageCommentLine, triage.TriageHistoryLine, triage.TriageFixesLine],
  "task add": [task.AddedTaskLine],
  "task list": [task.TaskLine],
  "task ready": [task.TaskLine],
  "task show": [task.ShownTaskLine, run.TaskEventLine],
  "task change": [task.TaskLine],
  "task close": [task.TaskLine],
  "task reopen": [task.TaskLine],
  "task link": [task.TaskLine],
  "task import": [task.ImportedTasksLine],
  enqueue: [task.EnqueuedLine],
  work: [queue.WorkLine, queue.WorkResultLine],
  "queue stats": [queue.QueueLine],
  "queue pause": [queue.GateLine],
  "queue resume": [queue.GateLine],
  "queue drain": [queue.GateLine],
  "dlq list": [queue.DeadLine],
  "dlq show": [queue.DeadLine],
  "dlq retry": [queue.RetryLine],
  "dlq drop": [queue.DropLine],
  "dlq prune": [queue.PruneLine],
  serve: [fleet.ServingLine],
  nightly: [queue.NightPlanLine, queue.NightNewsLine, queue.NightLine],
  "schedule add": [schedule.ScheduleLine],
  "schedule list": [schedule.ListedScheduleLine],
  "schedule enable": [schedule.ScheduleLine],
  "schedule disable": [schedule.ScheduleLine],
  "schedule run": [schedule.ScheduleRunLine],
  "schedule remove": [schedule.ScheduleLine],
  "flow run": whole,
  "flow check": [policy.FlowLine],
  "fleet init": [fleet.FleetInitLine],
  "fleet push": [fleet.PushedLine, fleet.PushResultLine],
  "fleet status": [fleet.FleetStatusLine],
  resume: whole,
  runs: [Result],
  show: [Result, ...whole],
  why: [run.WhyLine],
  tree: [run.TreeLine],
  log: [run.EventLine, run.PromptLine],
  publish: [run.PublishedLine],
  outcomes: [run.FollowedLine, run.OutcomesLine],
  approve: [run.ApprovalLine],
  reject: [run.RejectionLine],
  replay: [run.ReplayLine],
  "prompts list": [policy.PromptsLine],
  "prompts diff": [policy.PromptDiffLine],
  "prompts approve": [policy.PromptsApprovedLine],
  "diff-prompts": [policy.ToldDiffLine],
  "audit verify": [audit.AuditLine],
  "audit answer": [audit.AnswersLine],
  "audit import": [audit.ImportedRunLine],
  "audit egress": [audit.EgressLine],
  "audit redact": [audit.RedactionLine],
  "audit size": [audit.SizeLine],
  "audit backup": [audit.BackupLine],
  "audit compact": [audit.CompactLine],
  localise: whole,
  "models list": [models.ModelRow],
  "models probe": [models.CheckLine, models.ProbeLine],
  "models serve-check": [models.CheckLine, models.ServeCheckLine],
  "models canary": [models.CanaryLine],
  "models lift": [models.LiftLine],
  cost: [audit.CostLine],
  stop: [run.StopLine],
  "policy explain": [policy.PolicyLine],
  "policy test": [policy.PolicyTestLine],
  "roles check": [policy.RoleLine],
  init: [machine.InitLine],
  doctor: [machine.DoctorLine],
  "doctor sandbox": [machine.SandboxLine],
  "doctor forge": [machine.ForgeLine],
  "doctor notify": [machine.NotifyLine],
  version: [machine.VersionLine],
};

/** Every schema once, under the name of what it is of: "TaskLine". */
const named: Readonly<Record<string, z.ZodType>> = {
  Result,
  ...run,
  ...triage,
  ...task,
  ...queue,
  ...schedule,
  ...fleet,
  ...audit,
  ...models,
  ...policy,
  ...machine,
};

/**
 * Every line of every command's `--json`, published as schema/lines.schema.json: each under its name in `$defs`, and by
 * command in `commands`. Types are looked at to tell lines apart; what is not known yet is to be passed over, as fields are
 * only ever added within a version.
 */
export function linesSchema(): unknown {
  const ids = z.registry<{ id: string }>();
  const sorted = Object.entries(named).toSorted(([a], [b]) => (a < b ? -1 : 1));
  for (const [id, schema] of [["Fact", Fact] as const, ...sorted]) ids.add(schema, { id });
  const whatever = z.union(sorted.map(([, schema]) => schema));
  const commands = Object.entries(linesOf).map(([command, schemas]) => [
    `claw ${command} --json`,
    schemas.map((schema) => ({ $ref: `#/$defs/${ids.get(schema)?.id}` })),
  ]);
  return {
    ...z.toJSONSchema(whatever, { target: "draft-2020-12", io: "input", metadata: ids, override: described }),
    commands: Object.fromEntries(commands),
  };
}

/** With a registry of its own, what is said about a schema elsewhere is not looked up. */
function described({
  zodSchema,
  jsonSchema,
}: {
  zodSchema: z.core.$ZodType;
  jsonSchema: z.core.JSONSchema.BaseSchema;
}) {
  const description = z.globalRegistry.get(zodSchema)?.description;
  if (description !== undefined) jsonSchema.description ??= description;
}
