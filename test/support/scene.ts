import { mkdirSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished } from "vitest";
import { type Finished, type Machine, machine, resultOf } from "./claw.ts";
import { type ModelServer, startModelServer } from "./model-server.ts";
import { type Play, playing } from "./plays.ts";
import { patchesSum, reproducesSum, sumIssue, sumRepository } from "./shell-sum.ts";

/** A machine with a repository, and a model that plays its part; both go when the test that asked for them ends. */
export interface Scene {
  readonly used: Machine;
  readonly server: ModelServer;
  readonly cwd: string;
  /** Names the model, and a temporary directory of the scene's own. */
  readonly env: NodeJS.ProcessEnv;
  /** `claw fix` on the sum issue, with JSON as its output. */
  readonly fix: (...flags: readonly string[]) => Promise<Finished>;
  /** What runs have left in the temporary directory, and in claw's home besides the ledger, reports and the sandbox's own. */
  readonly leftovers: () => string[];
}

export const wholePlay: Play = { reproduce: reproducesSum, patch: patchesSum };

export async function scene(
  play: Play = wholePlay,
  files: Readonly<Record<string, string | Buffer>> = sumRepository,
): Promise<Scene> {
  const server = await startModelServer(playing(play));
  const used = machine();
  onTestFinished(async () => {
    await server.close();
    used.remove();
  });
  const cwd = await used.repository("sum", files);
  const tmp = join(used.dir, "tmp");
  mkdirSync(tmp);
  const env = {
    OPENAI_BASE_URL: server.url,
    TMPDIR: tmp,
    NODE_COMPILE_CACHE: join(tmpdir(), "node-compile-cache"),
  };
  return {
    used,
    server,
    cwd,
    env,
    fix: (...flags) => used.claw(["fix", sumIssue, "--json", ...flags], { cwd, env }),
    leftovers: () => [...readdirSync(tmp), ...leftInHome(used.clawHome)],
  };
}

/** A finished run keeps its report, a paused one what it needs to go on. */
function leftInHome(home: string): string[] {
  const inside = (...path: string[]): string[] => {
    try {
      return readdirSync(join(home, ...path)).map((name) => join(...path, name));
    } catch {
      return [];
    }
  };
  const runs = inside("runs").flatMap((run) => inside(run, "checkouts"));
  return [...runs, ...inside("rooms"), ...inside("plans"), ...inside("sandbox", "boxes")];
}

/** Two lines for a person: what happened, what to do. Gives them back. */
export function twoLines({ stderr }: Finished): string {
  expect(stderr).toMatch(/^claw: [^\n]+\n {2}[^\n]+\n$/);
  return stderr;
}

/** Exit code, outcome and reason of a run that was started with --json. */
export function ending(run: Finished): { code: number | null; outcome: string; reason: string; hint: string } {
  const { outcome, reason, hint } = resultOf(run) as unknown as { outcome: string; reason: string; hint: string };
  return { code: run.code, outcome, reason, hint };
}
