import { z } from "zod";
import { converse } from "../../agent/converse.ts";
import { ClawError } from "../../errors.ts";
import { roles } from "../../policy/roles.ts";
import { triageQuestion } from "../../reports/triage-question.ts";
import { JudgedFailure, triageGroups } from "../../reports/triage-rows.ts";
import type { Sandbox } from "../../sandbox/sandbox.ts";
import { finish } from "../../tools/finish.ts";
import { describe } from "../fix/agent-for.ts";
import { roleFor } from "../role-for.ts";
import type { WorkDesk } from "../workflow.ts";

/** What a model says of the failures; null with why, where none does. It decides nothing. */
export const Explained = z.object({
  text: z.string().nullable(),
  model: z.string().nullable(),
  why: z.string(),
});
export type Explained = z.infer<typeof Explained>;

/** The most that is shown of it, in characters. */
const MOST = 4000;

const none = (why: string): Explained => ({ text: null, model: null, why });
const never = (): Promise<never> => Promise.reject(new Error("a session that explains runs nothing"));

/** It has nothing to run: its only tool ends it. */
const nothing: Sandbox = {
  exec: never,
  handOver: never,
  collect: never,
  close: () => Promise.resolve(),
  backend: "none",
  policyHash: "",
  degraded: [],
};

/** Has a model explain what was judged, in one session that can do nothing else. That it fails leaves the verdicts as they are. */
export async function explain(desk: WorkDesk, verdicts: string): Promise<Explained> {
  const failures = z.array(JudgedFailure).parse(JSON.parse(await desk.log.text(verdicts)));
  if (failures.length === 0) return none("");
  if (!desk.hasModel) return none("not explained: no model is configured");
  try {
    const model = await desk.model();
    await describe(desk.log, model);
    const { log, clock, limits, deadline, screen } = desk;
    const agent = {
      log,
      clock,
      limits,
      deadline,
      ...screen,
      model,
      sandbox: nothing,
      outageMs: 30_000,
      role: await roleFor(desk, roles.explain),
      tools: [finish],
      finish: ({ summary }: { readonly summary: string }) =>
        Promise.resolve({ accepted: true as const, detail: summary }),
    };
    const slots = { failures: triageQuestion(triageGroups(failures)) };
    const { reason, detail } = await converse({ id: "explain", slots }, agent, desk.signal);
    if (reason !== "finished") return none(`not explained: ${detail}`);
    return { text: detail.trim().slice(0, MOST) || null, model: model.info.label, why: "" };
  } catch (error) {
    if (desk.signal.aborted || !(error instanceof ClawError)) throw error;
    if (!["model-unavailable", "over-budget", "blocked", "usage", "stuck"].includes(error.outcome)) throw error;
    return none(`not explained: ${error.message}`);
  }
}
