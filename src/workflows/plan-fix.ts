import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { ownedName } from "../ledger/owned-name.ts";
import { readGranted } from "../policy/network.ts";
import { createClone } from "../repo/clone.ts";
import { openFor } from "./open-for.ts";
import { detectSuite, planFromCommand } from "../suite/detect.ts";
import type { SuitePlan } from "../suite/suite.ts";
import type { RunLimits } from "../views/spend.ts";
import { planDependencies, reusable } from "./dependencies.ts";
import { suiteTree } from "./fix/baseline.ts";
import { baseNotes } from "./fix/setup.ts";
import { narrowed } from "./budget.ts";
import { type ModelWish, wishedModel } from "./model-wish.ts";
import type { House } from "./start.ts";
import { refuseOtherHost } from "./this-host.ts";

export interface PlanRequest {
  readonly cwd: string;
  readonly baseRef: string | undefined;
  readonly model: ModelWish;
  readonly limits: RunLimits;
  readonly testCommand: string | null;
}

/** What a fix would begin with. */
export interface FixPlan {
  readonly repository: string;
  readonly base: string;
  readonly notes: readonly string[];
  readonly model: string;
  /** False when the price is not known: then the money limit cannot hold, and the other limits do. */
  readonly priced: boolean;
  /** Null when a model would be asked how the tests are run. */
  readonly tests: Pick<SuitePlan, "runner" | "shell" | "source"> | null;
  /** Where the packages that tests need would come from, in words. */
  readonly dependencies: string;
  readonly limits: RunLimits;
}

/** Finds out what a fix would do, without starting a run and without asking a model. Leaves nothing behind. */
export async function planFix(house: House, request: PlanRequest): Promise<FixPlan> {
  const repository = await openFor(house, request.cwd);
  const base = request.baseRef ? await repository.resolve(request.baseRef) : repository.head;
  const dir = join(house.home, "plans", ownedName("") + house.clock.newId());
  await mkdir(dir, { recursive: true, mode: 0o700 });
  try {
    const clone = await createClone(repository, base, dir);
    const manifest = readGranted((await clone.read(clone.base.tree, "claw.yaml"))?.toString("utf8"), house.network);
    refuseOtherHost(house, manifest);
    const model = await wishedModel(house, request.model, manifest);
    const tree = await suiteTree({ clone });
    const said = request.testCommand ?? manifest.test.command;
    const source = request.testCommand === null ? "claw.yaml" : "--test-command";
    const tests = said === undefined ? (detectSuite(tree)[0] ?? null) : planFromCommand(said, source, tree);
    return {
      repository: repository.root,
      base,
      notes: await baseNotes({ repository, clone }),
      model: model?.info.label ?? (typeof request.model === "object" ? request.model.label : null) ?? "none",
      priced: !model || model.ceiling(1, 1, house.clock.now()) !== null,
      tests: tests && { runner: tests.runner, shell: tests.shell, source: tests.source },
      dependencies: await sourceOfPackages({ repository, clone }),
      limits: narrowed(request.limits, manifest),
    };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

async function sourceOfPackages(parts: Parameters<typeof reusable>[0]): Promise<string> {
  const plan = await planDependencies(parts);
  if (plan.manager === null || !plan.needsInstall) return "none are needed";
  const own = await reusable(parts, plan);
  return "sources" in own ? `those of the working tree (${own.why})` : `${plan.install.join(" ")} (${own.why})`;
}
