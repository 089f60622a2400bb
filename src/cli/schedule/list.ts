import { z } from "zod";
import { allSchedules } from "../../fleet/schedules.ts";
import { readManifest } from "../../policy/manifest.ts";
import type { Schedule } from "../../policy/schedule.ts";
import { headline, printable } from "../../text.ts";
import type { ScheduleState } from "../../views/schedule.ts";
import type { App } from "../../app.ts";
import { command } from "../command.ts";
import { repositoryHere } from "../prompts/lock.ts";
import { keeperOf } from "./keeper.ts";
import { scheduleLine, scheduleObject } from "./render.ts";

/** A schedule that claw.yaml of a commit proposes. */
interface Proposal {
  readonly name: string;
  readonly says: Schedule;
  readonly repository: string;
  readonly commit: string;
}

/** What claw.yaml of the newest commit of the repository here proposes; nothing outside of a repository. */
export async function proposalsHere(app: App, cwd: string): Promise<readonly Proposal[]> {
  const repository = await repositoryHere(app, cwd).catch(() => null);
  if (!repository) return [];
  const { head: commit, root } = repository;
  const manifest = readManifest((await repository.read(commit, "claw.yaml"))?.toString("utf8"));
  return Object.entries(manifest.schedules).map(([name, says]) => ({ name, says, repository: root, commit }));
}

/** Was it enabled as it is proposed now? Its text is compared by its title: the body is kept by its hash. */
function isTaken({ name, says, repository }: Proposal, schedules: readonly ScheduleState[]): boolean {
  const taken = schedules.find((one) => one.name === name && one.repository === repository);
  const same = ["cron", "rrule", "zone", "missed", "workflow", "title", "priority"] as const;
  return taken !== undefined && same.every((key) => taken.says[key] === says[key]);
}

export const list = command({
  options: [["--json", "print one JSON object a line"]],
  more: `Schedules of every repository, when they come next, and who enabled them; then what claw.yaml of the repository you are in
proposes and nobody has enabled. A proposal does nothing.

Examples:
  claw schedule list
  claw schedule list --json | jq -r 'select(.status == "enabled") | .name'`,
  input: z.object({ json: z.boolean().default(false) }),
  times: true,
  async run({ json }, desk) {
    const app = await desk.app();
    const schedules = await allSchedules(await keeperOf(app));
    const proposals = (await proposalsHere(app, desk.cwd)).filter((one) => !isTaken(one, schedules));
    if (json) {
      for (const state of schedules) desk.out(JSON.stringify(scheduleObject(state)));
      for (const { name, says, repository, commit } of proposals)
        desk.out(
          JSON.stringify({
            type: "schedule",
            version: 1,
            name,
            status: "proposed",
            ...says,
            repository,
            proposed: commit,
          }),
        );
      return;
    }
    for (const state of schedules) desk.out(scheduleLine(state, desk.times));
    for (const { name, says } of proposals)
      desk.out(
        printable(
          `${name}  ${says.cron ?? says.rrule ?? ""} (${says.zone})  proposed by claw.yaml\n  ${says.workflow}: ${headline(says.title)}\n  to let it happen: claw schedule enable ${name}`,
        ),
      );
    if (schedules.length + proposals.length === 0)
      desk.err("there are no schedules; add one with: claw schedule add --help");
  },
});
