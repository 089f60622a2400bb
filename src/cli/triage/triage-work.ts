import type { App } from "../../app.ts";
import { openRepository } from "../../repo/repository.ts";
import type { StartRequest, Watch } from "../../workflows/start.ts";
import { findBase } from "./find-base.ts";

const MINUTES = 30;

/** A triage as a worker starts it: the suite is run here, what fails is executed again, and no model is asked. */
export async function triageWork({ config }: App, cwd: string): Promise<Omit<StartRequest, keyof Watch>> {
  const repository = await openRepository(cwd, { searchPath: config.path, home: config.userHome });
  const base = await findBase(repository, undefined, config);
  const { triage: workflow } = await import("../../workflows/triage/triage.ts");
  return {
    workflow,
    cwd,
    baseRef: undefined,
    model: { label: null },
    limits: { usdNano: null, turns: 0, tokens: 0, wallMs: MINUTES * 60_000, attempts: 1 },
    input: () => ({
      reports: [],
      testCommand: null,
      base: base.commit,
      baseBecause: base.because,
      reruns: 10,
      confidence: 0.95,
      bisect: 20,
    }),
  };
}
