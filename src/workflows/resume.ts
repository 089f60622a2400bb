import type { EventOf } from "../ledger/events.ts";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { ClawError, UsageError, WorkspaceError } from "../errors.ts";
import type { RunLog } from "../ledger/ledger.ts";
import type { ConnectedModel } from "../models/model.ts";
import { readManifest } from "../policy/manifest.ts";
import { openRepository, type Repository } from "../repo/repository.ts";
import { foldRun, latest } from "../views/run.ts";
import * as workflows from "./all.ts";
import { grantedBudgets, sharedBudgets } from "./budget.ts";
import { clearAwayRun } from "./clear-away.ts";
import { sweepLeftovers } from "./leftovers.ts";
import { judgePrompts, refusedPrompts } from "./prompt-approval.ts";
import { reopenClone } from "./snapshots.ts";
import { asksModel, connectAllowed, noModel } from "./model-wish.ts";
import {
  type FinishedRun,
  go,
  type House,
  type Parts,
  recordWishes,
  type Waiver,
  type Watch,
  watched,
} from "./start.ts";
import { refuseStopped } from "./stop.ts";
import { hostText, refuseOtherHost } from "./this-host.ts";
import { endWhenExpired } from "./waiting.ts";

/** Continues a run where its ledger ends. */
export async function resumeRun(house: House, run: string, watch: Watch, waiver?: Waiver): Promise<FinishedRun> {
  refuseStopped(house.home);
  const log = await house.ledger.open(run);
  const swept = sweepLeftovers(house);
  try {
    const expired = await endWhenExpired(log, house.clock.now());
    if (expired) {
      await clearAwayRun(house.home, run);
      return { run, ...expired };
    }
    refuseOtherSandbox(log, waiver);
    const parts = await reopened(house, log);
    const { started } = foldRun(log.events);
    const judged = started && asksModel(started) ? await judgePrompts(parts.clone, parts.manifest) : null;
    refuseOtherPrompts(judged);
    watched(log, watch);
    const budgets = sharedBudgets(grantedBudgets(house.budgets, parts.manifest, parts.limits));
    await log.append({ type: "run.resumed", host: hostText(), budgets });
    await recordWishes(log, { waiver });
    if (judged) await log.append(judged);
    return await go(house, watch, parts);
  } finally {
    await swept;
    await log.close();
  }
}

/** What commands left without a sandbox fits no other one, and one person's word does not last. */
function refuseOtherSandbox({ run, events }: RunLog, waiver: Waiver | undefined): void {
  const waived = latest(events, "sandbox.waived") !== undefined;
  if (waived === (waiver !== undefined)) return;
  if (waived)
    throw new UsageError(
      `run ${run} was begun without a sandbox`,
      `say so again at a terminal: claw resume ${run} --no-sandbox`,
    );
  throw new UsageError(`run ${run} was begun in a sandbox`, `it goes on in one: claw resume ${run}`);
}

/** Everything that a run works with, as its record says. What is refused here leaves the run as it is. */
async function reopened(house: House, log: RunLog): Promise<Parts> {
  const { run } = log;
  const state = foldRun(log.events);
  const { started } = state;
  if (!started) throw new UsageError(`there is no run ${run}`, "list them with: claw runs");
  if (state.status === "ended") {
    // Killed between its end and this, it would leave its files behind.
    await clearAwayRun(house.home, run);
    throw new UsageError(`run ${run} has ended (${state.end?.outcome})`, `see it with: claw show ${run}`);
  }
  const workflow = Object.values(workflows).find(({ name }) => name === started.workflow);
  if (!workflow) throw new UsageError(`this claw knows no workflow ${started.workflow}`, "update claw");
  const repository = await repositoryOf(house, run, started.repository);
  const clone = await reopenClone(log, repository, started.base, join(house.home, "runs", run, "clone"));
  const manifest = readManifest(started.manifest === null ? undefined : await log.text(started.manifest));
  refuseOtherHost(house, manifest);
  let model: Promise<ConnectedModel> | undefined;
  const { limits } = started;
  return {
    log,
    repository,
    clone,
    manifest,
    limits,
    workflow,
    model: () => (asksModel(started) ? (model ??= connectAllowed(house, modelOf(started), manifest)) : noModel()),
    refused: null,
  };
}

/** The repository of a run, also on a machine that has it elsewhere, or not at all. */
async function repositoryOf(house: House, run: string, named: string): Promise<Repository> {
  const path = house.here?.(named) ?? named;
  if (!existsSync(path))
    throw new WorkspaceError(
      `the repository of run ${run} is not on this machine: ${path}`,
      `continue where it is, or clone it and say where: fleet.repositories in config.yaml, ${JSON.stringify(named)}: PATH`,
    );
  return openRepository(path, { searchPath: house.path, home: house.userHome });
}

/** A run that waits stays as it is when this release has other prompts than were approved: the release that began it can go on. */
function refuseOtherPrompts(judged: Parameters<typeof refusedPrompts>[0]): void {
  const refused = refusedPrompts(judged);
  if (!refused) return;
  throw new ClawError(refused.reason, {
    outcome: refused.outcome,
    hint: "continue with the claw that began it, or approve the prompts and start a new run",
  });
}

/** A run goes on with the model it began with, also where its start chose among several. */
const modelOf = ({ model }: EventOf<"run.started">): string | undefined =>
  model === null ? undefined : (model.choice ?? `${model.endpoint}/${model.model}`);
