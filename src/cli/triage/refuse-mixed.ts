import { UsageError, WorkspaceError } from "../../errors.ts";
import type { Repository } from "../../repo/repository.ts";

/** What was asked for that does not go with everything. */
interface Wishes {
  readonly comment: boolean;
  readonly fix: boolean;
  readonly explain: boolean;
  readonly history: boolean;
  readonly engine?: string | undefined;
  readonly model?: string | undefined;
  readonly budgetUsd?: number | undefined;
  readonly reruns?: number | undefined;
}

/** Flags that need --fix, and --fix where nothing can be fixed. */
export function refuseMixed(
  { comment, fix, explain, engine, model, budgetUsd, history, reruns }: Wishes,
  repository: Repository | null,
): void {
  const lonely =
    engine !== undefined
      ? "--engine"
      : model !== undefined && !explain
        ? "--model"
        : budgetUsd !== undefined
          ? "--budget-usd"
          : null;
  if (comment && repository === null)
    throw new WorkspaceError("this is no git repository, so nothing is recorded or said", "go into the repository");
  if (!fix && lonely !== null)
    throw new UsageError(
      `${lonely} is about fixes${lonely === "--model" ? " and explanations" : ""}`,
      `claw triage --fix ${lonely} …`,
    );
  if (explain && repository === null)
    throw new WorkspaceError(
      "this is no git repository, so nothing is on record, and no model is asked without that",
      "go into the repository, or leave --explain out",
    );
  if (!fix) return;
  if (history) throw new UsageError("--history and --fix exclude each other", "leave one of them out");
  if (reruns === 0)
    throw new UsageError("--fix needs executions: without them nothing is called a regression", "leave --reruns 0 out");
  if (repository === null)
    throw new WorkspaceError("this is no git repository, so nothing can be fixed", "go into the repository");
}
